// The feed: asks ZITADEL's event search what has happened since the last poll, and loses nothing.
//
// `from` of the search is exclusive, events of one transaction have the same time, and a
// transaction may become visible after a younger one: so each poll begins some time before the
// newest event seen, and what is known is dropped. All times are ZITADEL's own.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/events/access.h"
#include "auth/events/event_reader.h"
#include "auth/events/owner_search.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// So much later than a younger one a transaction may become visible.
constexpr std::chrono::seconds kLateCommit{10};
constexpr std::size_t kEventsPage = 1000;
// What would take more is not read: all has ended, and the feed begins anew.
constexpr int kMostPages = 500;
constexpr std::size_t kMostSeen = 200'000;

// One thread. All that it is given must outlive it.
class Feed {
 public:
  // url: of the search.
  Feed(std::string url, EventsAccess& access, HttpClient& http, const Clock& clock)
      : url_(std::move(url)),
        access_(access),
        http_(http),
        clock_(clock),
        owners_(url_, access, http) {}

  // Where the next poll begins. Without a position it begins with what happens from now on, and
  // ends everything that was known before.
  void go_on_at(std::optional<WallMicroseconds> position);
  [[nodiscard]] std::optional<WallMicroseconds> position() const noexcept { return position_; }

  struct Poll {
    std::vector<Scope> ends{};      // each once; counts also where the poll failed
    SteadyTime sent{};              // the poll is complete: all is known up to then
    std::size_t events = 0;         // that were new
    std::optional<Error> failed{};  // it is not
  };
  // Waits for the answers. Errors: those of EventsAccess, HttpClient::send, status_error and
  // read_events.
  [[nodiscard]] Poll poll(const WhileWaiting& while_waiting);

 private:
  struct Page {
    std::vector<Event> events;
    std::optional<WallTime> date;  // of the answer, by ZITADEL's clock
  };

  [[nodiscard]] Result<void> begin(Poll& found, const WhileWaiting& while_waiting);
  [[nodiscard]] Result<void> read_on(Poll& found, const WhileWaiting& while_waiting);
  [[nodiscard]] Result<Page> ask(const std::string& query, const WhileWaiting& while_waiting);
  [[nodiscard]] std::size_t take(const std::vector<Event>& events, Poll& found);
  void end_everything(Poll& found);
  void settle(WallMicroseconds newest, const std::optional<WallTime>& date);

  const std::string url_;
  EventsAccess& access_;
  HttpClient& http_;
  const Clock& clock_;
  OwnerSearch owners_;
  std::size_t page_ = kEventsPage;
  std::optional<WallMicroseconds> position_{};                  // the newest event seen
  std::unordered_map<std::uint64_t, WallMicroseconds> seen_{};  // events not older than the overlap
  std::vector<OwnerSearch::Owned> owned_{};  // that have ended, in the poll under way
};

}  // namespace auth
