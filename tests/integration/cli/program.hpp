// SPDX-License-Identifier: Apache-2.0
// program.hpp: runs the program in a folder of its own and looks at what comes out.
//
//   Folder folder;
//   folder.write("pool.jsonc", R"({"endpoints": []})");
//   Ran ran = folder.run({"schedule", "--endpoints", "pool.jsonc", "--requests", "-"}, "{\"id\":\"r1\"}\n");
#pragma once

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace shunt::testing {

struct Ran {
  int code = -1;
  std::string out;
  std::string err;
};

class Folder {
 public:
  Folder();
  ~Folder();
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;

  const std::filesystem::path& path() const { return path_; }
  void write(const std::string& name, const std::string& text) const;
  std::string read(const std::string& name) const;

  // Runs the program with this folder as its working directory. `output`: a file or device instead of a capture.
  Ran run(const std::vector<std::string>& arguments, const std::string& input = "",
          const std::map<std::string, std::string>& environment = {}, const std::string& output = "") const;
  // The same with another executable than the one that was built.
  Ran run_program(const std::string& program, const std::vector<std::string>& arguments, const std::string& input = "",
                  const std::map<std::string, std::string>& environment = {}, const std::string& output = "") const;

  // The same in two steps, with something done to the process between them.
  pid_t start(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment) const;
  Ran finish(pid_t child) const;

 private:
  pid_t start_program(const std::string& program, const std::vector<std::string>& arguments, const std::string& input,
                      const std::map<std::string, std::string>& environment, const std::string& output) const;

  std::filesystem::path path_;
};

// A library with a planted defect, of tests/conformance/mutants.
std::string mutant(const std::string& name);

// Lines without their ends.
std::vector<std::string> lines(const std::string& text);

}  // namespace shunt::testing
