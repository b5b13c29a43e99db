// SPDX-License-Identifier: Apache-2.0
// What the fuzz targets share.
//
// A target is a file that defines LLVMFuzzerTestOneInput. libFuzzer calls it with inputs that it
// makes up (`make fuzz`), replay.cpp with those of its corpus (`make check`).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size);

namespace fuzz {

inline std::string_view text_of(const std::uint8_t* data, std::size_t size) {
  return {reinterpret_cast<const char*>(data), size};
}

// Ends the process where a promise is broken, so that libFuzzer keeps the input.
inline void require(bool kept, int line = __builtin_LINE()) {
  if (kept) return;
  std::fprintf(stderr, "fuzz: the promise in line %d is broken\n", line);
  std::abort();
}

}  // namespace fuzz
