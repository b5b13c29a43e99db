// One access token: what it is, what ZITADEL says of it, and what each rule or endpoint does.
#pragma once

#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "cli/check/chain.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"
#include "fcgi/guard/router.h"

namespace cli {

// Nothing that is reported is the token or a part of it.
void check_token(const auth::Settings& settings, auth::SecretView token, const Instance& instance,
                 const fcgi::Router& router, fcgi::Judge& judge, Findings& findings);

}  // namespace cli
