// SPDX-License-Identifier: Apache-2.0
#include "live/reload/rehearsal_material.hpp"

#include <sys/mman.h>
#include <unistd.h>

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>

#include <cstddef>
#include <fstream>
#include <stdexcept>

#include "process/descriptor_io.hpp"

namespace shunt::host {

namespace json = boost::json;

namespace {

// One text behind the other; each is told by where it begins and how long it is.
class Writer {
 public:
  explicit Writer(int descriptor) : descriptor_(descriptor), good_(descriptor >= 0) {}
  json::value add(std::string_view text) {
    const std::size_t begin = size_;
    good_ = good_ && process::write_whole(descriptor_, text);
    size_ += text.size();
    return json::array{begin, text.size()};
  }
  bool good() const { return good_; }

 private:
  int descriptor_;
  bool good_;
  std::size_t size_ = 0;
};

class Reader {
 public:
  explicit Reader(const std::string& file) {
    std::ifstream from(file, std::ios::binary | std::ios::ate);
    const auto size = from ? static_cast<std::streamoff>(from.tellg()) : 0;
    bytes_.resize(static_cast<std::size_t>(size));
    from.seekg(0);
    if (!from.read(bytes_.data(), size)) throw std::out_of_range("the material cannot be read");
  }
  std::string text(const json::object& of, std::string_view key) const {
    const json::array& place = of.at(key).as_array();
    const auto begin = json::value_to<std::size_t>(place.at(0));
    const auto size = json::value_to<std::size_t>(place.at(1));
    if (begin > bytes_.size() || size > bytes_.size() - begin) throw std::out_of_range("the material is shorter");
    return bytes_.substr(begin, size);
  }

 private:
  std::string bytes_;
};

}  // namespace

SharedMaterial::SharedMaterial(const RehearsalMaterial& material)
    : descriptor_(memfd_create("shunt-rehearsal-material", MFD_CLOEXEC)) {
  Writer writer(descriptor_);
  json::array states;
  for (const SavedState& state : material.states) {
    states.push_back(json::object{{"instance", writer.add(state.instance)},
                                  {"type", writer.add(state.type)},
                                  {"version", writer.add(state.version)},
                                  {"bytes", writer.add(state.bytes)}});
  }
  json::array pages;
  for (const SampledPage& page : material.pages) {
    pages.push_back(json::object{{"endpoint", writer.add(page.endpoint)},
                                 {"path", writer.add(page.path)},
                                 {"accept", writer.add(page.accept)},
                                 {"contentType", writer.add(page.content_type)},
                                 {"body", writer.add(page.body)},
                                 {"status", page.http_status},
                                 {"port", page.port},
                                 {"fetchedNs", page.fetched_ns}});
  }
  if (!writer.good()) {
    states.clear();
    pages.clear();
  }
  told_ = {{"file", "/proc/" + std::to_string(getpid()) + "/fd/" + std::to_string(descriptor_)},
           {"states", std::move(states)},
           {"pages", std::move(pages)}};
}

SharedMaterial::~SharedMaterial() {
  if (descriptor_ >= 0) close(descriptor_);
}

json::parse_options any_bytes() {
  json::parse_options options;
  options.allow_invalid_utf8 = true;
  return options;
}

std::uint64_t resident_kib() {
  std::ifstream file("/proc/self/statm");
  std::uint64_t total = 0, resident = 0;
  file >> total >> resident;
  return resident * static_cast<std::uint64_t>(sysconf(_SC_PAGESIZE)) / 1024;
}

RehearsalMaterial read_material(const json::object& told) {
  RehearsalMaterial material;
  const Reader reader(json::value_to<std::string>(told.at("file")));
  for (const json::value& one : told.at("states").as_array()) {
    const json::object& state = one.as_object();
    material.states.push_back({reader.text(state, "instance"), reader.text(state, "type"),
                               reader.text(state, "version"), reader.text(state, "bytes")});
  }
  for (const json::value& one : told.at("pages").as_array()) {
    const json::object& page = one.as_object();
    material.pages.push_back(
        {reader.text(page, "endpoint"), reader.text(page, "path"), reader.text(page, "accept"),
         reader.text(page, "contentType"), reader.text(page, "body"), json::value_to<std::uint32_t>(page.at("status")),
         json::value_to<std::uint32_t>(page.at("port")), json::value_to<std::int64_t>(page.at("fetchedNs"))});
  }
  return material;
}

}  // namespace shunt::host
