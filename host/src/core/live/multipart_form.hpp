// SPDX-License-Identifier: Apache-2.0
// multipart_form.hpp: fields of a multipart/form-data body (RFC 7578), where they lie.
//
//   MultipartForm form(content_type, body);
//   while (const auto field = form.next()) if (field->name == "model") use(field->value);
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace shunt::host {

class MultipartForm {
 public:
  struct Field {
    std::string_view name;
    std::string_view value;
    bool file = false;
  };

  static bool is(std::string_view content_type);
  MultipartForm(std::string_view content_type, std::string_view body);

  // Empty at the end, and where the rest is no form.
  std::optional<Field> next();

 private:
  std::string delimiter_;  // with the line end and the dashes in front
  std::string_view rest_;
  bool first_ = true;
};

}  // namespace shunt::host
