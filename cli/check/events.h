// SPDX-License-Identifier: Apache-2.0
// The feed of ZITADEL's events, which end remembered answers: whether it may be had, how far it is,
// and what events would end.
#pragma once

#include <string>
#include <vector>

#include "auth/settings/settings.h"
#include "auth/store/shared_cache.h"
#include "cli/check/chain.h"
#include "cli/check/findings.h"
#include "cli/check/token.h"
#include "fcgi/command/judge.h"

namespace cli {

// What events are asked about: of a user, of an authorization. Each may be empty.
struct EventsQuestion {
  std::string user;
  std::string grant;
};

// shared: what the processes share; null where nothing is. Of events, only type and time are ever
// shown, and ids: some tell secrets.
void check_events(const auth::Settings& settings, const EventsQuestion& question,
                  const Instance& instance, const std::vector<KnownToken>& tokens,
                  auth::SharedCache* shared, fcgi::Judge& judge, Findings& findings);

}  // namespace cli
