// SPDX-License-Identifier: Apache-2.0
// IP addresses and prefixes: who a client is, and which proxies are trusted.
#pragma once

#include <array>
#include <compare>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace auth {

// An IPv4 address is kept as IPv4-mapped IPv6 (RFC 4291 §2.5.5.2): both spellings are one address.
struct IpAddress {
  std::array<unsigned char, 16> bytes{};

  // Returns nullopt if the text is no address. A zone ("fe80::1%eth0") is left out.
  [[nodiscard]] static std::optional<IpAddress> parse(std::string_view text) noexcept;

  [[nodiscard]] bool is_ipv4() const noexcept;
  // "192.0.2.1", "2001:db8::1" (RFC 5952).
  [[nodiscard]] std::string text() const;
  // Returns it with all but the first bits, of 128, set to zero.
  [[nodiscard]] IpAddress first_bits(unsigned bits) const noexcept;

  friend auto operator<=>(const IpAddress&, const IpAddress&) = default;
};

// "10.0.0.0/8", "2001:db8::/32", or an address, which is a prefix of its own.
struct IpPrefix {
  IpAddress network;
  unsigned bits;  // of 128

  // Returns nullopt if the text is no prefix, or has bits set after its length.
  [[nodiscard]] static std::optional<IpPrefix> parse(std::string_view text) noexcept;
  // Returns the number of bits, of 128, that the length after a slash means; nullopt if the text is
  // no length.
  [[nodiscard]] static std::optional<unsigned> parse_length(std::string_view text,
                                                            bool is_of_ipv4) noexcept;

  [[nodiscard]] bool holds(const IpAddress& address) const noexcept {
    return address.first_bits(bits) == network;
  }
};

}  // namespace auth
