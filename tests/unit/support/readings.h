// SPDX-License-Identifier: Apache-2.0
// Readings of a path, as a text: "/a/* /b" is something in /a, and /b.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/http/request_path.h"

namespace support {

inline std::string readings_of(std::string_view path, fcgi::Case letters = fcgi::Case::kMatters) {
  const auto readings = fcgi::request_paths(path, letters);
  if (!readings) return "(refused)";
  std::string text;
  for (const auto& [each, is_inside] : *readings) {
    text.append(text.empty() ? "" : " ").append(each);
    if (is_inside) text.append(each == "/" ? "*" : "/*");
  }
  return text;
}

}  // namespace support
