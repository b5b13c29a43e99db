// SPDX-License-Identifier: Apache-2.0
#include "cli/check/events_feed.h"

#include <sys/stat.h>

#include <array>
#include <chrono>
#include <cstdio>
#include <optional>
#include <string>

#include "auth/base/private_folder.h"
#include "auth/base/timestamp.h"
#include "auth/events/denials.h"
#include "auth/events/journal.h"
#include "auth/events/purges.h"
#include "auth/feeding.h"
#include "auth/parts.h"

namespace cli {
namespace {

constexpr const char* kNobody = "no process has polled yet";

// "1.204 seconds".
std::string seconds_of(auth::SteadyTime::duration time) {
  std::array<char, 32> text{};
  const double seconds = std::chrono::duration<double>(time).count();
  static_cast<void>(std::snprintf(text.data(), text.size(), "%.3f seconds", seconds));
  return text.data();
}

// Whether this user can read what the processes share. Makes nothing.
bool sees_store(const auth::Settings& settings, Findings& findings) {
  if (settings.cache_server) return true;
  const std::string folder = auth::cache_folder(settings);
  struct stat status {};
  if (::lstat(folder.c_str(), &status) != 0) {
    findings.note("feed", std::string(kNobody) + ": " + folder + " is not there");
    return false;
  }
  const auto opened = auth::open_private_folder(folder);
  if (opened) return true;
  findings.note("feed", "cannot be seen: " + folder + ' ' + opened.error().sentence +
                            "; run this as the user that api.fcgi runs as (sudo -u www-data)");
  return false;
}

void tell_delay(const auth::JournalHead& head, const auth::Clock& clock, Findings& findings) {
  const auto beat = head.beat.age(clock);
  const auto complete = head.complete.age(clock);
  const bool is_polled = beat && *beat < auth::kPollerSilence;
  const std::string delay =
      complete ? seconds_of(*complete) + " since the last complete poll" : "no poll was complete";
  if (!is_polled) {
    return findings.note("feed", "no process polls now; " + delay);
  }
  findings.good("feed", "a process polls");
  if (complete && *complete < auth::kFeedBehind) return findings.good("delay", delay);
  findings.bad(Trouble::kZitadel, "delay",
               delay +
                   ": the feed is behind, and answers serve 30 seconds at most until it is back; "
                   "the log of api.fcgi says why");
}

}  // namespace

void check_feed(const auth::Settings& settings, auth::SharedCache* shared, const auth::Clock& clock,
                Findings& findings) {
  if (shared == nullptr || !sees_store(settings, findings)) return;
  auth::Purges purges(settings.project_id, auth::passes_roles(settings));
  auth::Denials denials(settings.project_id, auth::passes_roles(settings));
  auth::Denials* const jwts = auth::follows_jwts(settings) ? &denials : nullptr;
  const auto head = auth::Journal(shared, purges, jwts, clock).read();
  if (!head) return findings.note("feed", kNobody);
  tell_delay(*head, clock, findings);
  if (head->position) findings.good("position", auth::to_timestamp(*head->position));
}

}  // namespace cli
