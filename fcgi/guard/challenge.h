// SPDX-License-Identifier: Apache-2.0
// Challenge: the one place where an auth::Error becomes what the caller sees (RFC 6750 §3).
//
// Says nothing of the token, the claims or the configuration; the error's detail stays in the log.
#pragma once

#include <string>

#include "auth/base/result.h"
#include "auth/token/requirement.h"
#include "fcgi/http/response.h"

namespace fcgi {

// The name of this API in a challenge.
struct ProtectedResource {
  std::string realm;
  std::string metadata_url{};  // of RFC 9728 §5.1; empty: there is none
};

// Fault::kRequest    400 invalid_request
// Fault::kToken      401 invalid_token; for kNoToken without an error attribute (RFC 6750 §3.1)
// Fault::kPermission 403 insufficient_scope, with what was missing; for kWrongNetwork and
// kCrossSite
//                    access_denied without a challenge: another token would not help
// Fault::kLoad       429 with Retry-After (RFC 6585 §4)
// Fault::kUpstream   503 with Retry-After, no challenge: the caller's token is not at fault
// Fault::kOwn        503 with Retry-After
// All carry Cache-Control: no-store.
[[nodiscard]] Response challenge(const auth::Error& error, const auth::Requirement& requirement,
                                 const ProtectedResource& resource);

}  // namespace fcgi
