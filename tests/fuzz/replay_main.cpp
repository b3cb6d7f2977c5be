// SPDX-License-Identifier: Apache-2.0
// Runs the entry function of a fuzz target over stored inputs, where there is no libFuzzer:
//
//   fuzz_config corpus/config crash-0123abcd
#include <algorithm>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "properties.hpp"

namespace {

namespace fs = std::filesystem;

// Sorted, so that two runs do the same.
std::vector<fs::path> inputs_of(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> inputs;
  for (const fs::directory_entry& entry : fs::directory_iterator(path)) {
    if (entry.is_regular_file()) inputs.push_back(entry.path());
  }
  std::sort(inputs.begin(), inputs.end());
  return inputs;
}

bool replay(const fs::path& path) {
  std::ifstream stream(path, std::ios::binary);
  const std::string content{std::istreambuf_iterator<char>(stream), std::istreambuf_iterator<char>()};
  if (!stream) {
    std::fprintf(stderr, "cannot read %s\n", path.c_str());
    return false;
  }
  // Named before it runs: the last name on the screen is the one that did it.
  std::printf("%s, %zu bytes\n", path.filename().c_str(), content.size());
  std::fflush(stdout);
  // Exactly as large as the input, so that a sanitizer sees the first byte read beyond it.
  const auto bytes = std::make_unique<std::uint8_t[]>(content.size());
  std::memcpy(bytes.get(), content.data(), content.size());
  LLVMFuzzerTestOneInput(bytes.get(), content.size());
  return true;
}

}  // namespace

int main(int argc, char** argv) {
  std::size_t replayed = 0;
  for (int i = 1; i < argc; ++i) {
    for (const fs::path& input : inputs_of(argv[i])) {
      if (!replay(input)) return 1;
      ++replayed;
    }
  }
  std::printf("%zu inputs\n", replayed);
  return replayed == 0 ? 1 : 0;
}
