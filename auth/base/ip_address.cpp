// SPDX-License-Identifier: Apache-2.0
#include "auth/base/ip_address.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>

namespace auth {
namespace {

constexpr std::array<unsigned char, 12> kMapped = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
constexpr unsigned kBits = 128;
constexpr unsigned kIpv4Bits = 32;

bool parse_as(int family, std::string_view text, unsigned char* out) noexcept {
  std::array<char, INET6_ADDRSTRLEN> terminated{};
  if (text.size() >= terminated.size() || text.find('\0') != text.npos) return false;
  std::copy(text.begin(), text.end(), terminated.begin());
  return ::inet_pton(family, terminated.data(), out) == 1;
}

}  // namespace

std::optional<IpAddress> IpAddress::parse(std::string_view text) noexcept {
  IpAddress address;
  if (parse_as(AF_INET, text, address.bytes.data() + kMapped.size())) {
    std::copy(kMapped.begin(), kMapped.end(), address.bytes.begin());
    return address;
  }
  const std::string_view without_zone = text.substr(0, text.find('%'));
  if (!parse_as(AF_INET6, without_zone, address.bytes.data())) return std::nullopt;
  return address;
}

bool IpAddress::is_ipv4() const noexcept {
  return std::equal(kMapped.begin(), kMapped.end(), bytes.begin());
}

IpAddress IpAddress::first_bits(unsigned bits) const noexcept {
  IpAddress cut;
  for (unsigned i = 0; i < bytes.size(); ++i) {
    const unsigned kept = bits > i * 8 ? std::min(bits - i * 8, 8U) : 0;
    cut.bytes[i] = static_cast<unsigned char>(bytes[i] & (0xff00U >> kept));
  }
  return cut;
}

std::string IpAddress::text() const {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const int family = is_ipv4() ? AF_INET : AF_INET6;
  const unsigned char* const from = bytes.data() + (is_ipv4() ? kMapped.size() : 0);
  const char* const written = ::inet_ntop(family, from, text.data(), text.size());
  return written == nullptr ? "" : written;
}

std::optional<IpPrefix> IpPrefix::parse(std::string_view text) noexcept {
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> network = IpAddress::parse(text.substr(0, slash));
  if (!network) return std::nullopt;
  if (slash == text.npos) return IpPrefix{*network, kBits};
  const std::optional<unsigned> bits =
      parse_length(text.substr(slash + 1), text.find(':') == text.npos);
  if (!bits) return std::nullopt;
  const IpPrefix prefix{*network, *bits};
  if (!prefix.holds(*network)) return std::nullopt;
  return prefix;
}

std::optional<unsigned> IpPrefix::parse_length(std::string_view text, bool is_of_ipv4) noexcept {
  unsigned bits = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), bits);
  if (code != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  if (bits > (is_of_ipv4 ? kIpv4Bits : kBits)) return std::nullopt;
  return is_of_ipv4 ? bits + kBits - kIpv4Bits : bits;
}

}  // namespace auth
