// SPDX-License-Identifier: Apache-2.0
#include "auth/token/network.h"

#include <optional>
#include <string>

namespace auth {
namespace {

constexpr unsigned kMappedBits = 96;  // in front of an IPv4 address

// Returns the network of the address, with the length in the spelling that was used.
std::string network_around(const IpPrefix& prefix, bool is_spelt_as_ipv4) {
  return prefix.network.first_bits(prefix.bits).text() + "/" +
         std::to_string(is_spelt_as_ipv4 ? prefix.bits - kMappedBits : prefix.bits);
}

Mistake wrong_length(bool is_spelt_as_ipv4) {
  return {std::string("has a length that is no number from 0 to ") +
          (is_spelt_as_ipv4 ? "32" : "128") +
          ": write net:192.0.2.0/24, net:2001:db8::/32, or the address alone"};
}

}  // namespace

Result<IpPrefix, Mistake> parse_network(std::string_view text) {
  constexpr std::string_view kRemedy =
      ": write a network in numbers, net:192.0.2.0/24 or net:2001:db8::/32, or an address alone";
  if (text.empty()) return Mistake{"lacks a network" + std::string(kRemedy)};
  if (text.find('%') != text.npos) {
    return Mistake{"holds a '%', and a zone says nothing here: write the address without it"};
  }
  const std::size_t slash = text.find('/');
  const std::optional<IpAddress> address = IpAddress::parse(text.substr(0, slash));
  if (!address) return Mistake{"does not begin with an IP address" + std::string(kRemedy)};
  const bool is_spelt_as_ipv4 = text.find(':') == text.npos;
  if (slash == text.npos) return *IpPrefix::parse(text);
  const std::optional<unsigned> bits =
      IpPrefix::parse_length(text.substr(slash + 1), is_spelt_as_ipv4);
  if (!bits) return wrong_length(is_spelt_as_ipv4);
  const IpPrefix prefix{*address, *bits};
  if (prefix.holds(*address)) return prefix;
  // "::ffff:192.0.2.0/24" is meant as the IPv4 network; as an IPv6 network it is another one.
  if (address->is_ipv4() && prefix.bits < kMappedBits) {
    return Mistake{"has the length of an IPv4 network behind an IPv6 address: write net:" +
                   address->text() + '/' + std::string(text.substr(slash + 1))};
  }
  return Mistake{
      "has bits set behind its length: write net:" + network_around(prefix, is_spelt_as_ipv4) +
      " for the network, or net:" + address->text() + " for the address alone"};
}

bool is_in_network(std::string_view client, const IpPrefix& network) noexcept {
  const std::optional<IpAddress> address = IpAddress::parse(client);
  if (!address || (address->is_ipv4() && network.bits < kMappedBits)) return false;
  return network.holds(*address);
}

}  // namespace auth
