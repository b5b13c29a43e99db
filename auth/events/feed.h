// SPDX-License-Identifier: Apache-2.0
// The feed: asks ZITADEL's event search what has happened since the last poll, and loses nothing.
//
// `from` of the search is exclusive, events of one transaction have the same time, and a
// transaction may become visible after a younger one: so each poll begins some time before the
// newest event seen, and what is known is dropped. All times are ZITADEL's own.
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

// So much later than a younger one a transaction may become visible.
constexpr std::chrono::seconds kLateCommit{10};
// What was read is known again for so long: an answer whose clock is behind has older events read
// once more.
constexpr std::chrono::seconds kRemembered{60};
constexpr std::size_t kEventsPage = 1000;
// A smaller page than this mends no answer that did not come in time: ZITADEL gives four times as
// many in a fifth of a second.
constexpr std::size_t kSmallPage = 250;
// What would take more is not read: all has ended, and the feed begins anew.
constexpr int kMostPages = 500;
constexpr std::size_t kMostSeen = 200'000;

// One thread. All that it is given must outlive it.
class Feed {
 public:
  // url: of the search. jwts_live: where it is to tell which JWTs have ended, how long one can
  // live.
  Feed(std::string url, std::chrono::seconds jwts_live, EventsAccess& access, HttpClient& http,
       const Clock& clock)
      : url_(std::move(url)),
        jwts_live_(jwts_live),
        access_(access),
        http_(http),
        clock_(clock),
        users_(url_, access, http) {}

  // Where the next poll begins. Without a position it begins with what happens from now on, and
  // ends everything that was known before; but where JWTs can have ended before, with the first of
  // what can have ended one.
  void go_on_at(std::optional<WallMicroseconds> position);
  [[nodiscard]] std::optional<WallMicroseconds> position() const noexcept { return position_; }

  struct Poll {
    std::vector<Scope> ends{};      // each once; counts also where the poll failed
    Endings jwts{};                 // each once, too; counts likewise
    bool jwts_anew = false;         // they are all that is known from here on
    std::vector<Event> losses{};    // that have happened since this feed began
    SteadyTime sent{};              // the poll is complete: all is known up to then
    std::optional<Error> failed{};  // it is not
  };
  // Takes out of a poll that is under way what it has found so far.
  using Tell = std::function<void(Poll&)>;
  // Waits for the answers, and calls while_waiting before each question too, and tell after each
  // page. Errors: those of EventsAccess, HttpClient::send, status_error and read_events.
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
  SteadyTime settled_{};                                        // when it was found last
  std::unordered_map<std::uint64_t, WallMicroseconds> seen_{};  // events not older than kRemembered
  WallMicroseconds begun_{};  // what happened before was read as the past
  bool is_too_much_ = false;  // the past is not to be read
};

}  // namespace auth
