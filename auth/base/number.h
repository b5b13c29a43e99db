// SPDX-License-Identifier: Apache-2.0
// Numbers in records of this program's own: eight bytes, little endian.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace auth {

constexpr std::size_t kNumberBytes = 8;

inline void put_number(std::string& out, std::uint64_t number) {
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    out.push_back(static_cast<char>(number >> (8 * i)));
  }
}

// REQUIRES: kNumberBytes of text.
[[nodiscard]] inline std::uint64_t get_number(std::string_view in) noexcept {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < kNumberBytes; ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  }
  return number;
}

}  // namespace auth
