// SPDX-License-Identifier: Apache-2.0
// The URLs an operator configures and a discovery document names: which of them may be called.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/result.h"

namespace auth {

constexpr std::size_t kMaxUrlBytes = 2048;

struct Url {
  bool https = false;
  std::string host{};     // in lower case, an IPv6 address without its brackets
  bool loopback = false;  // 127.0.0.0/8 in four decimal parts, ::1, or localhost
};

// Reads http://HOST[:PORT][/PATH] or https://… (RFC 3986), of visible ASCII characters only.
// Returns nullopt for any other text: with credentials, a query or a fragment, or with anything
// that libcurl could read differently.
[[nodiscard]] std::optional<Url> parse_url(std::string_view text);

// Returns the URL as its owner spells it in an issuer: scheme and host in lower case, without the
// scheme's own port and without slashes at its end. Two URLs for the same are equal then. REQUIRES:
// parse_url reads it.
[[nodiscard]] std::string plain_url(std::string_view url);

// Returns scheme://HOST[:PORT] of the URL, spelt in the same way.
[[nodiscard]] std::string origin_of(std::string_view url);

// Returns a URL that a peer names, for a log or a terminal, or "what is no URL".
[[nodiscard]] std::string shown_url(std::string_view text);

// Checks whether the URL may be called: https, or http to a loopback address or if the operator
// allowed it. The mistake follows the URL's name, "holds a query (…)", and contains no more of the
// URL than HOST:PORT, and no user name.
[[nodiscard]] Result<void, Mistake> check_url(std::string_view text, bool allow_http);

// The same for the URL of a ZITADEL instance, which has no path but "/". Says what to write.
[[nodiscard]] Result<void, Mistake> check_issuer_url(std::string_view text, bool allow_http);

}  // namespace auth
