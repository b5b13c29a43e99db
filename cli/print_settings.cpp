// SPDX-License-Identifier: Apache-2.0
// print_settings: writes .env.example, and the table of docs/settings.md, from
// auth/settings/rows.cpp. Run by `make settings`, in the folder of the sources.
#include <cstdlib>
#include <fstream>
#include <iostream>
#include <iterator>
#include <string>

#include "auth/settings/describe.h"

namespace {

constexpr const char* kDocument = "docs/settings.md";

bool write(const char* name, const std::string& text) {
  std::ofstream file(name, std::ios::binary | std::ios::trunc);
  file << text;
  file.close();
  if (!file) std::cerr << "print_settings: " << name << " cannot be written\n";
  return !file.fail();
}

}  // namespace

int main() {
  std::ifstream file(kDocument, std::ios::binary);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const std::string changed = auth::document_with_settings(text);
  if (changed.empty()) {
    std::cerr << "print_settings: " << kDocument << " has no place for the settings\n";
    return EXIT_FAILURE;
  }
  return write(".env.example", auth::env_example()) && write(kDocument, changed) ? EXIT_SUCCESS
                                                                                 : EXIT_FAILURE;
}
