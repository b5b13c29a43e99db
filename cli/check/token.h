// SPDX-License-Identifier: Apache-2.0
// Checks access tokens: what each is, what ZITADEL says of it, and what each rule or endpoint does.
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
  std::string name;  // where it comes from: "in FILE"
  auth::Secret token;
  bool is_new = false;  // got just now, for this API
};

// A token that the program accepts.
struct KnownToken {
  std::string name;
  KnownClaims claims;
};

// Reports no token and no part of one. A ZITADEL that fails inside calls every token inactive: this
// is reported if all tokens are inactive without a known reason, and there are several or one of
// them is new. Asks about each token once directly, and, if it is active, once more as the program
// does. Returns the tokens that the program accepts.
std::vector<KnownToken> check_tokens(const auth::Settings& settings,
                                     const std::vector<NamedToken>& tokens,
                                     const Instance& instance, const fcgi::Router& router,
                                     fcgi::Judge& judge, Findings& findings);

}  // namespace cli
