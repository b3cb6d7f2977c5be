// SPDX-License-Identifier: Apache-2.0
#include "program.hpp"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <iterator>
#include <sstream>

namespace shunt::testing {

namespace {

constexpr int kNotStarted = 127;

// Between fork and exec: nothing here allocates.
[[noreturn]] void become(const char* folder, const char* in, const char* out, const char* err, char** words,
                         char** environment) {
  const int input = open(in, O_RDONLY);
  const int output = open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  const int errors = open(err, O_WRONLY | O_CREAT | O_TRUNC, 0600);
  if (input < 0 || output < 0 || errors < 0 || dup2(input, 0) < 0 || dup2(output, 1) < 0 || dup2(errors, 2) < 0 ||
      chdir(folder) != 0) {
    _exit(kNotStarted);
  }
  execve(words[0], words, environment);
  _exit(kNotStarted);
}

std::vector<char*> pointers(std::vector<std::string>& words) {
  std::vector<char*> out;
  for (std::string& word : words) out.push_back(word.data());
  out.push_back(nullptr);
  return out;
}

std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

}  // namespace

Folder::Folder() {
  std::string name = (std::filesystem::temp_directory_path() / "shunt-cli-XXXXXX").string();
  path_ = mkdtemp(name.data());
  std::filesystem::create_directory(path_ / ".run");
}

Folder::~Folder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

void Folder::write(const std::string& name, const std::string& text) const {
  std::filesystem::create_directories((path_ / name).parent_path());
  std::ofstream(path_ / name, std::ios::binary) << text;
}

std::string Folder::read(const std::string& name) const { return contents(path_ / name); }

Ran Folder::run(const std::vector<std::string>& arguments, const std::string& input,
                const std::map<std::string, std::string>& environment, const std::string& output) const {
  return run_program(SHUNT_PROGRAM, arguments, input, environment, output);
}

Ran Folder::run_program(const std::string& program, const std::vector<std::string>& arguments, const std::string& input,
                        const std::map<std::string, std::string>& environment, const std::string& output) const {
  return finish(start_program(program, arguments, input, environment, output));
}

pid_t Folder::start(const std::vector<std::string>& arguments,
                    const std::map<std::string, std::string>& environment) const {
  return start_program(SHUNT_PROGRAM, arguments, "", environment, "");
}

pid_t Folder::start_program(const std::string& program, const std::vector<std::string>& arguments,
                            const std::string& input, const std::map<std::string, std::string>& environment,
                            const std::string& output) const {
  write(".run/in", input);
  write(".run/out", "");
  const std::string in = path_ / ".run/in";
  const std::string out = output.empty() ? (path_ / ".run/out").string() : output;
  const std::string err = path_ / ".run/err";
  std::vector<std::string> words = {program};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> settings = {"PATH=/usr/bin:/bin", "HOME=/nonexistent"};
  for (const auto& [name, value] : environment) settings.push_back(name + "=" + value);
  for (const char* kept : {"ASAN_OPTIONS", "TSAN_OPTIONS", "UBSAN_OPTIONS", "LD_LIBRARY_PATH"}) {
    if (const char* value = std::getenv(kept)) settings.push_back(std::string(kept) + "=" + value);
  }
  std::vector<char*> argv = pointers(words);
  std::vector<char*> envp = pointers(settings);
  const pid_t child = fork();
  if (child == 0) become(path_.c_str(), in.c_str(), out.c_str(), err.c_str(), argv.data(), envp.data());
  return child;
}

Ran Folder::finish(pid_t child) const {
  int status = 0;
  EXPECT_EQ(waitpid(child, &status, 0), child);
  Ran ran;
  ran.code = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  ran.out = contents(path_ / ".run/out");
  ran.err = contents(path_ / ".run/err");
  return ran;
}

std::string mutant(const std::string& name) {
  return (std::filesystem::path(SHUNT_MUTANT_DIRECTORY) / name).replace_extension(".so").string();
}

std::vector<std::string> lines(const std::string& text) {
  std::vector<std::string> out;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) out.push_back(line);
  return out;
}

}  // namespace shunt::testing
