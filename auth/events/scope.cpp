// SPDX-License-Identifier: Apache-2.0
#include "auth/events/scope.h"

namespace auth {
namespace {

constexpr std::uint64_t kPrime = 0x100000001b3;

}  // namespace

// The length marks where a text ends.
Digest& Digest::add(std::string_view text) noexcept {
  for (const char byte : text) state_ = (state_ ^ static_cast<unsigned char>(byte)) * kPrime;
  return add(std::uint64_t{text.size()});
}

Digest& Digest::add(std::uint64_t number) noexcept {
  for (int i = 0; i < 8; ++i, number >>= 8) state_ = (state_ ^ (number & 0xff)) * kPrime;
  return *this;
}

// The last bytes have hardly reached the low bits yet (the finish of SplitMix64).
std::uint64_t Digest::value() const noexcept {
  std::uint64_t mixed = state_;
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111eb;
  return mixed ^ (mixed >> 31);
}

Scope scope_of(Ends what, std::string_view name, std::string_view second) noexcept {
  const std::uint64_t kind = static_cast<std::uint8_t>(what);
  return (Digest().add(name).add(second).value() << 3) | kind;
}

}  // namespace auth
