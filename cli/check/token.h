// SPDX-License-Identifier: Apache-2.0
// Access tokens: what each is, what ZITADEL says of it, and what each rule or endpoint does.
#pragma once

#include <string>
#include <vector>

#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "cli/check/chain.h"
#include "cli/check/findings.h"
#include "cli/check/token_access.h"
#include "fcgi/command/judge.h"
#include "fcgi/guard/router.h"

namespace cli {

struct NamedToken {
  std::string name;  // where it is from
  auth::Secret token;
  bool is_new = false;  // got just now, for this API
};

// One that the program lets in.
struct KnownToken {
  std::string name;
  KnownClaims claims;
};

// Nothing that is reported is a token or a part of one. A ZITADEL that fails inside calls every
// token inactive: that is said where a new one is, or several are and nothing else tells why.
// Each is asked about once as it is, and once as the program does it where it is active. Returns
// those that the program lets in.
std::vector<KnownToken> check_tokens(const auth::Settings& settings,
                                     const std::vector<NamedToken>& tokens,
                                     const Instance& instance, const fcgi::Router& router,
                                     fcgi::Judge& judge, Findings& findings);

}  // namespace cli
