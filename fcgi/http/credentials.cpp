// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/credentials.h"

namespace fcgi {
namespace {

// Maximum number of bytes that are looked through, over all credentials: some milliseconds. A
// caller chooses how many there are, and how long the text is.
constexpr std::size_t kMostLooked = 1 << 20;

}  // namespace

std::string_view without_quotes(std::string_view value) noexcept {
  const bool quoted = value.size() >= 2 && value.starts_with('"') && value.ends_with('"');
  return quoted ? value.substr(1, value.size() - 2) : value;
}

bool contains_credential(const Request& request, std::string_view text) {
  bool found = false;
  std::size_t looked = 0;
  const auto look = [&](std::string_view credential) {
    if (found || credential.size() < kLeastCredential) return;
    looked += text.size();
    found = looked > kMostLooked || text.find(credential) != text.npos;
  };
  for_each_piece(request, kCookies, ';', [&](std::string_view cookie) {
    look(without_quotes(auth::trimmed(cookie.substr(cookie.find('=') + 1))));
  });
  for_each_piece(request, kSubprotocols, ',', look);
  return found;
}

}  // namespace fcgi
