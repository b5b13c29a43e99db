// SPDX-License-Identifier: Apache-2.0
// The feed: asks ZITADEL's event search what has happened since the last poll, and loses nothing.
//
// `from` of the search is exclusive, events of one transaction have the same time, and a
// transaction may become visible after a younger one: so each poll begins some time before the
// newest event seen, and drops events that are known. All times are ZITADEL's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/events/access.h"
#include "auth/events/event_reader.h"
#include "auth/events/user_search.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Maximum delay with which a transaction becomes visible after a younger one.
constexpr std::chrono::seconds kLateCommit{10};
// Time for which events that were read are recognised: after an answer whose clock is behind, older
// events are read once more.
constexpr std::chrono::seconds kRemembered{60};
constexpr std::size_t kEventsPage = 1000;
// Minimum page after an answer that did not come in time. A smaller one does not help: ZITADEL
// gives four times as many events in a fifth of a second.
constexpr std::size_t kSmallPage = 250;
// Maximum number of pages in a poll, and of events remembered. If there is more to read, everything
// has ended, and the feed starts again.
constexpr int kMostPages = 500;
constexpr std::size_t kMostSeen = 200'000;

// One thread at a time. All arguments of the constructor must outlive it.
class Feed {
 public:
  // url: the event search. jwts_live: maximum lifetime of a JWT, if the feed reports which JWTs
  // have ended; else 0.
  Feed(std::string url, std::chrono::seconds jwts_live, EventsAccess& access, HttpClient& http,
       const Clock& clock)
      : url_(std::move(url)),
        jwts_live_(jwts_live),
        access_(access),
        http_(http),
        clock_(clock),
        users_(url_, access, http) {}

  // Sets where the next poll begins. Without a position, the poll ends everything that was known
  // before, and begins with the events from now on; if the feed reports which JWTs have ended, it
  // begins with the first event that can have ended one.
  void go_on_at(std::optional<WallMicroseconds> position);
  [[nodiscard]] std::optional<WallMicroseconds> position() const noexcept { return position_; }

  struct Poll {
    std::vector<Scope> ends{};      // each once; valid also if the poll failed
    Endings jwts{};                 // each once; valid also if the poll failed
    bool jwts_anew = false;         // jwts replaces all that was known before
    std::vector<Event> losses{};    // those that have happened since this feed began
    SteadyTime sent{};              // if the poll is complete, all events up to then are known
    std::optional<Error> failed{};  // why the poll is not complete; nullopt if it is
  };
  // Takes what a poll that is under way has found so far, out of that poll.
  using Tell = std::function<void(Poll&)>;
  // Waits for the answers. Calls while_waiting meanwhile and before each question, and tell after
  // each page. If jwts_anew would replace half of what has ended, nothing is returned but the
  // failure, and the next poll begins anew. Errors: those of EventsAccess, HttpClient::send,
  // status_error and read_events.
  [[nodiscard]] Poll poll(const WhileWaiting& while_waiting, const Tell& tell = {});

 private:
  struct Page {
    std::vector<Event> events;
    std::optional<WallTime> date;  // of the answer, by ZITADEL's clock
  };

  [[nodiscard]] Result<void> begin(Poll& found, const WhileWaiting& while_waiting);
  [[nodiscard]] Result<void> read_on(Poll& found, const WhileWaiting& while_waiting,
                                     const Tell& tell);
  [[nodiscard]] Result<Page> ask(const std::string& query, const WhileWaiting& while_waiting);
  [[nodiscard]] std::size_t take(const std::vector<Event>& events, Poll& found,
                                 const WhileWaiting& while_waiting);
  void end_of_unnamed(const std::vector<Event>& events, Poll& found,
                      const WhileWaiting& while_waiting);
  static void end(const Event& event, const std::vector<Scope>& scopes, Poll& found);
  [[nodiscard]] bool reads_past() const noexcept { return jwts_live_.count() > 0 && !is_too_much_; }
  static void end_everything(Poll& found, WallMicroseconds until);
  void settle(WallMicroseconds newest, const std::optional<WallTime>& date, Poll& found);

  const std::string url_;
  const std::chrono::seconds jwts_live_;
  EventsAccess& access_;
  HttpClient& http_;
  const Clock& clock_;
  UserSearch users_;
  std::size_t page_ = kEventsPage;
  std::optional<WallMicroseconds> position_{};                  // the newest event seen
  SteadyTime settled_{};                                        // when position_ was found last
  std::unordered_map<std::uint64_t, WallMicroseconds> seen_{};  // events not older than kRemembered
  WallMicroseconds newest_read_{};  // time of the newest event read; position_ may be before it
  WallMicroseconds begun_{};        // events up to this time were read as the past
  bool is_too_much_ = false;        // the past is too long to be read
};

}  // namespace auth
