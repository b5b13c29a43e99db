// print_settings: writes .env.example, and the README's table of settings, from
// auth/settings/rows.cpp. Run by `make settings`, in the folder of the sources.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "auth/settings/describe.h"

namespace {

bool write(const char* name, const std::string& text) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::cerr << "print_settings: " << name << " cannot be written\n";
  return !file.fail();
}

}  // namespace

int main() {
  std::ifstream file("README.md", std::ios::binary);
  const std::string readme{std::istreambuf_iterator<char>(file), {}};
  const std::string changed = auth::readme_with_settings(readme);
  if (changed.empty()) {
    std::cerr << "print_settings: README.md has no place for the settings\n";
    return EXIT_FAILURE;
  }
  return write(".env.example", auth::env_example()) && write("README.md", changed) ? EXIT_SUCCESS
                                                                                   : EXIT_FAILURE;
}
