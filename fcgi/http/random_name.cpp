// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/random_name.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>

#include "auth/base/clock.h"

namespace fcgi {
namespace {

void write(std::uint64_t number, char* to) noexcept {
  for (int shift = 60; shift >= 0; shift -= 4) *to++ = "0123456789abcdef"[(number >> shift) & 0xf];
}

// Each thread counts from a random start, and puts the digits of its own random number in front.
struct Source {
  std::array<char, 16> own{};
  std::uint64_t next = 0;

  Source() noexcept {
    std::uint64_t random[2] = {};
    if (::getrandom(random, sizeof random, 0) != sizeof random) {
      // A kernel without getrandom: the time, the process and the thread are hardly ever the same
      // twice.
      random[0] = static_cast<std::uint64_t>(auth::BootClock::now().time_since_epoch().count());
      random[1] = (std::uint64_t{static_cast<std::uint32_t>(::getpid())} << 32) ^
                  reinterpret_cast<std::uintptr_t>(this);
    }
    write(random[0], own.data());
    next = random[1];
  }
};

// SplitMix64: maps each number to another one; no two numbers have the same result.
std::uint64_t mixed(std::uint64_t number) noexcept {
  number = (number ^ (number >> 30)) * 0xbf58476d1ce4e5b9U;
  number = (number ^ (number >> 27)) * 0x94d049bb133111ebU;
  return number ^ (number >> 31);
}

}  // namespace

void make_random_name(std::array<char, 32>& name) noexcept {
  static thread_local Source source;
  std::copy(source.own.begin(), source.own.end(), name.begin());
  write(mixed(source.next), name.data() + source.own.size());
  source.next += 0x9e3779b97f4a7c15U;
}

}  // namespace fcgi
