// SPDX-License-Identifier: Apache-2.0
// Checks the feed of ZITADEL's events, which end remembered answers: whether events may be read,
// how far the feed is, and what events would end.
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

// The id of a user and of an authorization whose events are asked about. Each may be empty.
struct EventsQuestion {
  std::string user;
  std::string grant;
};

// shared: what the processes share; null if they share nothing. Shows only the type, the time and
// the ids of events: some events hold secrets.
void check_events(const auth::Settings& settings, const EventsQuestion& question,
                  const Instance& instance, const std::vector<KnownToken>& tokens,
                  auth::SharedCache* shared, fcgi::Judge& judge, Findings& findings);

}  // namespace cli
