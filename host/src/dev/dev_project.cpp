// SPDX-License-Identifier: Apache-2.0
#include "dev_project.hpp"

#include <system_error>

namespace shunt::host {

namespace {

namespace fs = std::filesystem;

Error nothing(const std::string& text) { return {ErrorKind::Operation, "E331", text}; }

fs::path given_or(const std::string& given, const fs::path& usual) {
  std::error_code ignored;
  return given.empty() ? usual : fs::absolute(given, ignored);
}

void build_with_cmake(DevProject& project, const fs::path& sdk) {
  std::vector<std::string> configure{
      "cmake", "-S", ".", "-B", project.output.string(), "-DBUILD_TESTING=OFF", "-DCMAKE_BUILD_TYPE=Release"};
  if (!sdk.empty()) configure.push_back("-Dshunt_DIR=" + sdk.string());
  project.configure.push_back(std::move(configure));
  project.build = {"cmake", "--build", project.output.string()};
}

void build_with_cargo(DevProject& project) {
  const fs::path target = project.output / "target";
  project.build = {"cargo", "build", "--release", "--offline", "--target-dir", target.string()};
  project.cargo_output = target / "release";
}

}  // namespace

Result<DevProject> find_dev_project(const PluginDevArguments& arguments, const fs::path& sdk) {
  DevProject project;
  std::error_code failure;
  project.folder = fs::canonical(arguments.folder.empty() ? "." : arguments.folder, failure);
  if (failure || !fs::is_directory(project.folder, failure)) {
    return nothing("\"" + arguments.folder + "\" is no folder; make one with: shunt plugin new scorer my-scorer");
  }
  project.output = project.folder / "build/dev";
  if (!arguments.build.empty()) {
    project.build = {"sh", "-c", arguments.build};
    project.output = given_or(arguments.output, project.folder / "build");
  } else if (fs::exists(project.folder / "CMakeLists.txt")) {
    build_with_cmake(project, sdk);
  } else if (fs::exists(project.folder / "Cargo.toml")) {
    build_with_cargo(project);
  } else {
    return nothing(project.folder.string() +
                   " has neither CMakeLists.txt nor Cargo.toml; say how it is built with --build COMMAND");
  }
  const fs::path sample = project.folder / "sample";
  project.config = given_or(arguments.config, sample / "shunt.jsonc");
  project.endpoints = given_or(arguments.endpoints, sample / "pool.jsonc");
  project.requests = given_or(arguments.requests, sample / "requests.jsonl");
  if (!fs::exists(project.config)) {
    return nothing("there is no " + project.config.string() + " to try the plugin with; name a config with -c");
  }
  const bool decides = fs::exists(project.endpoints) && fs::exists(project.requests);
  if (!decides && (!arguments.endpoints.empty() || !arguments.requests.empty() || fs::exists(project.endpoints))) {
    return nothing("decisions need both " + project.endpoints.string() + " and " + project.requests.string());
  }
  if (!decides) project.endpoints.clear();
  project.environment = {{"SHUNT_PLUGIN_PATH", project.output.string()}, {"NO_COLOR", "1"}};
  return project;
}

}  // namespace shunt::host
