// SPDX-License-Identifier: Apache-2.0
// WipedBytes: a buffer for bytes that may hold a token. Wipes memory before it frees it, also when
// it grows.
#pragma once

#include <cstddef>
#include <memory>
#include <vector>

#include "auth/base/secret.h"

namespace fcgi {

template <typename T>
struct WipingAllocator {
  using value_type = T;

  WipingAllocator() = default;
  template <typename Other>
  explicit WipingAllocator(const WipingAllocator<Other>&) noexcept {}

  [[nodiscard]] T* allocate(std::size_t count) { return std::allocator<T>().allocate(count); }
  void deallocate(T* memory, std::size_t count) noexcept {
    auth::wipe(memory, count * sizeof(T));
    std::allocator<T>().deallocate(memory, count);
  }
  bool operator==(const WipingAllocator&) const noexcept { return true; }
};

using WipedBytes = std::vector<char, WipingAllocator<char>>;

}  // namespace fcgi
