// SPDX-License-Identifier: Apache-2.0
// TokenSources: the places in a request where its access token may stand. Never two at once (RFC
// 6750 §2), so that nobody behind the guard takes another token than the one that was checked;
// never in the URL.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/token/bearer_token.h"
#include "fcgi/guard/site_origin.h"
#include "fcgi/http/request.h"

namespace fcgi {

// Immutable after construction, so any thread may use it.
class TokenSources {
 public:
  // Takes the Authorization header alone.
  TokenSources(std::size_t max_bytes = auth::kUsualAuthorizationBytes) : max_bytes_(max_bytes) {}
  // origins: of sites that may do what this site may, in the name of the user who brings a cookie.
  struct Others {
    std::string cookie{};    // its name; empty: none
    bool websocket = false;  // whether Sec-WebSocket-Protocol is read
    std::vector<std::string> origins{};
  };
  TokenSources(std::size_t max_bytes, Others others)
      : max_bytes_(max_bytes),
        cookie_(std::move(others.cookie)),
        websocket_(others.websocket),
        site_(std::move(others.origins)) {}

  // The token is a view into the request. Errors: those of bearer_token; kMalformedCookie,
  // kMalformedSubprotocol, kSeveralTokens; kCrossSite: a cookie's token in a request that is not
  // safe (RFC 9110 §9.2.1) and not seen to come from this site. kNoToken: it is nowhere.
  [[nodiscard]] auth::Result<auth::SecretView> find(const Request& request) const;

  // Returns the subprotocols of a WebSocket's handshake without the token, for the protected
  // program: "chat, superchat". Empty if there are none, if they are longer than 1 KiB, if one is
  // not a name, or if nobody can know which are the token's.
  [[nodiscard]] std::string other_subprotocols(const Request& request) const;

  [[nodiscard]] bool takes_subprotocols() const noexcept { return websocket_; }

 private:
  [[nodiscard]] auth::Result<auth::SecretView> in_cookie(const Request& request) const;
  [[nodiscard]] auth::Result<auth::SecretView> in_subprotocol(const Request& request) const;

  std::size_t max_bytes_;
  std::string cookie_{};
  bool websocket_ = false;
  SiteOrigin site_{};
};

}  // namespace fcgi
