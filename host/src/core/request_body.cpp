// SPDX-License-Identifier: Apache-2.0
#include "request_body.hpp"

#include <string>
#include <utility>

#include "body_walk.hpp"

namespace shunt::host {

namespace {

// To the file that the body stands in.
class FileComplaints final : public BodyComplaints {
 public:
  explicit FileComplaints(const FieldReader& body) : body_(body) {}

  void complain(const BodyPlace& place, std::string_view code, std::string message) override {
    body_.file().error(pointer_to(place), At::Value, code, std::move(message));
  }

 private:
  std::string pointer_to(const BodyPlace& place) const {
    if (place.parent == nullptr) return body_.pointer();
    const std::string parent = pointer_to(*place.parent);
    return place.in_list ? child_pointer(parent, place.index) : child_pointer(parent, place.key);
  }

  const FieldReader& body_;
};

}  // namespace

void read_body(const FieldReader& body, Request& request) {
  FileComplaints complaints(body);
  walk_body(body.object(), complaints, request);
}

std::string_view type_of_path(std::string_view path) {
  path = path.substr(0, path.find('?'));
  while (path.ends_with('/')) path.remove_suffix(1);
  if (path.ends_with("/chat/completions") || path.ends_with("/responses") || path.ends_with("/messages")) return "chat";
  if (path.ends_with("/completions")) return "generate";
  if (path.ends_with("/embeddings")) return "embedding";
  return {};
}

}  // namespace shunt::host
