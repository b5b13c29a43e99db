// SPDX-License-Identifier: Apache-2.0
#include "auth/events/feed.h"

#include <algorithm>
#include <utility>

#include "auth/base/timestamp.h"

namespace auth {
namespace {

using std::chrono::microseconds;

std::string query_of(bool ascending, std::size_t limit, std::optional<WallMicroseconds> from) {
  std::string query = ascending ? R"({"asc":true)" : R"({"asc":false)";
  query += ",\"limit\":" + std::to_string(limit);
  if (from) query += ",\"from\":\"" + to_timestamp(*from) + '"';
  return query + ",\"eventTypes\":" + event_types() + '}';
}

// Returns the id that stands, among the events seen, for all events of one time if they do not fit
// into one page.
std::uint64_t id_of_crowd(WallMicroseconds time) {
  const auto number = static_cast<std::uint64_t>(time.time_since_epoch().count());
  return Digest().add("crowd").add(number).value();
}

// Whether a smaller page may avoid the error.
bool is_too_much(Reason reason) {
  return reason == Reason::kAnswerTooLarge || reason == Reason::kTimedOut ||
         reason == Reason::kAnswerStalled || reason == Reason::kAnswerTruncated;
}

// Adds the page's size, and what is done next, to the error of an answer that is too large.
Error of_page(Error error, std::size_t events) {
  if (error.reason != Reason::kAnswerTooLarge) return error;
  error.detail += " for a page of " + std::to_string(events) +
                  (events > 1 ? " events: half as many are asked for next" : " event");
  return error;
}

std::string_view remedy_for(int status) {
  if (status == 401) {
    return ": the token of ZITADEL_EVENTS_TOKEN_FILE is not good (any more): write another into "
           "that file";
  }
  if (status == 403) {
    return ": whose token ZITADEL_EVENTS_TOKEN_FILE holds may not read events: make it an "
           "IAM_OWNER_VIEWER of the instance in ZITADEL";
  }
  return "";
}

// Whether an event happened after an answer was made. Date has whole seconds: an event of that
// second may have happened before.
bool is_later(WallMicroseconds event, const std::optional<WallTime>& date) {
  return date && *date + std::chrono::seconds(1) <= event;
}

// Removes duplicates. "everything" includes all other scopes, except that the keys have changed.
void reduce(std::vector<Scope>& ends) {
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  const Scope everything = scope_of(Ends::kEverything);
  if (!std::binary_search(ends.begin(), ends.end(), everything)) return;
  std::erase_if(ends,
                [&](Scope scope) { return scope != everything && kind_of(scope) != Ends::kKeys; });
}

std::uint64_t seconds_of(WallMicroseconds time) {
  const auto since = std::chrono::floor<std::chrono::seconds>(time).time_since_epoch().count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(since, 0));
}

// Keeps of each scope the ending with the latest issued_until.
void reduce(Endings& endings) {
  const auto before = [](const Ending& a, const Ending& b) {
    return std::make_pair(a.scope, b.issued_until) < std::make_pair(b.scope, a.issued_until);
  };
  std::sort(endings.begin(), endings.end(), before);
  const auto same = [](const Ending& a, const Ending& b) { return a.scope == b.scope; };
  endings.erase(std::unique(endings.begin(), endings.end(), same), endings.end());
  // In the order of events: what happened first is forgotten first.
  std::stable_sort(endings.begin(), endings.end(), [](const Ending& a, const Ending& b) {
    return a.issued_until < b.issued_until;
  });
}

}  // namespace

void Feed::go_on_at(std::optional<WallMicroseconds> position) {
  position_ = position;
  begun_ = position.value_or(WallMicroseconds());
  seen_.clear();
  newest_read_ = WallMicroseconds();
  settled_ = {};
}

Feed::Poll Feed::poll(const WhileWaiting& while_waiting, const Tell& tell) {
  Poll found;
  found.sent = clock_.steady();
  users_.begin();
  const bool begins = !position_;
  Result<void> done = begins ? begin(found, while_waiting) : Result<void>();
  if (done && (!begins || reads_past())) done = read_on(found, while_waiting, tell);
  reduce(found.ends);
  reduce(found.jwts);
  if (done) {
    page_ = std::min(2 * page_, kEventsPage);
  } else {
    const Reason reason = done.error().reason;
    const std::size_t least = reason == Reason::kAnswerTooLarge ? 1 : std::min(page_, kSmallPage);
    if (is_too_much(reason)) page_ = std::max(page_ / 2, least);
    if (found.jwts_anew) {
      found = {.sent = found.sent};
      go_on_at(std::nullopt);
    }
    found.failed = std::move(done).error();
  }
  return found;
}

// Begins at the newest event, whatever this machine's clock says, or earlier by the maximum
// lifetime of a JWT.
Result<void> Feed::begin(Poll& found, const WhileWaiting& while_waiting) {
  auto newest = ask(query_of(false, 1, std::nullopt), while_waiting);
  if (!newest) return std::move(newest).error();
  begun_ = newest->events.empty() ? WallMicroseconds() : newest->events.front().time;
  const WallMicroseconds now = newest->date ? WallMicroseconds(*newest->date) : begun_;
  found.ends.push_back(scope_of(Ends::kEverything));
  found.jwts_anew = true;
  if (reads_past()) {
    position_ = now - jwts_live_;
    return {};
  }
  settle(begun_, newest->date, found);
  if (is_too_much_) end_everything(found, std::max(begun_, now));
  is_too_much_ = false;
  return {};
}

// If all JWT endings are read again (jwts_anew), nothing is reported before all of them are known.
Result<void> Feed::read_on(Poll& found, const WhileWaiting& while_waiting, const Tell& tell) {
  WallMicroseconds newest = *position_;
  WallMicroseconds from = std::max(newest - kLateCommit, WallMicroseconds());
  std::optional<WallTime> begun;  // the Date of the first page
  for (int pages = 0;; ++pages) {
    if (pages == kMostPages || seen_.size() > kMostSeen) {
      end_everything(found, newest);
      is_too_much_ = true;
      go_on_at(std::nullopt);
      return Error{Reason::kAnswerTooLarge,
                   "more has happened than can be read: all is asked anew"};
    }
    auto page = ask(query_of(true, page_, from), while_waiting);
    if (!page) return of_page(std::move(page).error(), page_);
    if (pages == 0) begun = page->date;
    const std::size_t news = take(page->events, found, while_waiting);
    if (tell && !found.jwts_anew && !(found.ends.empty() && found.losses.empty())) {
      reduce(found.ends);
      reduce(found.jwts);
      tell(found);
    }
    const bool is_full = page->events.size() >= page_;
    const WallMicroseconds last = page->events.empty() ? newest : page->events.back().time;
    newest = std::max(newest, last);
    // Other events of the same time may follow.
    const WallMicroseconds next = last - microseconds(1);
    // A server may make pages smaller than asked, also one of known events.
    const bool brings_more = news > 0 || (last < newest_read_ && next > from);
    newest_read_ = std::max(newest_read_, last);
    if (!is_full && (!brings_more || is_later(newest, begun))) {
      settle(newest, begun, found);
      return {};
    }
    if (is_full) settle(last, begun, found);
    if (is_full && next <= from) {
      // There are more events of one time than a page holds. A failure may have made the page
      // small, or a single event so large that no other fits in. Events beyond the largest page
      // cannot be read.
      if (page_ > 1 && page_ < kEventsPage) {
        page_ = kEventsPage;
        continue;
      }
      if (seen_.emplace(id_of_crowd(last), last).second) end_everything(found, last);
      from = last;
    } else {
      from = std::max(from, next);
    }
  }
}

std::size_t Feed::take(const std::vector<Event>& events, Poll& found,
                       const WhileWaiting& while_waiting) {
  std::size_t news = 0;
  std::vector<Event> unnamed;
  for (const Event& event : events) {
    if (!seen_.emplace(event.id, event.time).second) continue;
    ++news;
    if (event.lost && event.time > begun_) found.losses.push_back(event);
    if (!event.ends) continue;
    if (event.whose.empty()) {
      end(event, {*event.ends}, found);
    } else {
      unnamed.push_back(event);
    }
  }
  end_of_unnamed(unnamed, found, while_waiting);
  return news;
}

// If the users are not found, everything that may be theirs is ended.
void Feed::end_of_unnamed(const std::vector<Event>& events, Poll& found,
                          const WhileWaiting& while_waiting) {
  std::vector<std::string> histories;
  histories.reserve(events.size());
  for (const Event& event : events) histories.push_back(event.whose);
  const auto users = users_.of(histories, while_waiting);
  for (std::size_t i = 0; i < events.size(); ++i) {
    end(events[i], users[i].empty() ? std::vector<Scope>{*events[i].ends} : users[i], found);
  }
}

void Feed::end(const Event& event, const std::vector<Scope>& scopes, Poll& found) {
  for (const Scope scope : scopes) {
    found.ends.push_back(scope);
    if (event.ends_jwts) found.jwts.emplace_back(scope, seconds_of(event.time));
  }
}

void Feed::end_everything(Poll& found, WallMicroseconds until) {
  const Scope everything = scope_of(Ends::kEverything);
  found.ends.push_back(everything);
  found.jwts.emplace_back(everything, seconds_of(until));
}

// date: of the first answer of this poll. The next poll begins kLateCommit before it at the latest:
// a transaction that was not visible then may become visible while this poll reads on.
//
// Events dated in ZITADEL's own future must not hide what happens until then: neither a single one,
// nor all of them after its clock was set back. If there was no poll meanwhile, something may be
// hidden already.
void Feed::settle(WallMicroseconds newest, const std::optional<WallTime>& date, Poll& found) {
  const SteadyTime now = clock_.steady();
  if (is_later(newest, date)) {
    const bool was_away = position_ && now - settled_ > kLateCommit;
    if (was_away && *date < *position_ - kLateCommit) end_everything(found, *position_);
    newest = *date;
  }
  position_ = newest;
  settled_ = now;
  std::erase_if(seen_, [&](const auto& each) { return each.second <= newest - kRemembered; });
}

Result<Feed::Page> Feed::ask(const std::string& query, const WhileWaiting& while_waiting) {
  if (while_waiting) while_waiting();
  auto authorization = access_.authorization(while_waiting);
  if (!authorization) return std::move(authorization).error();
  HttpRequest request{url_, Secret(query), *std::move(authorization)};
  request.headers = {"Content-Type: application/json"};
  request.max_answer_bytes = kMostEventBytes;
  const auto answer = await_answer(http_, std::move(request), while_waiting);
  if (!answer) return answer.error();
  if (answer->status != 200) {
    if (answer->status == 401) access_.refused();
    Error error = status_error(*answer, "the event search");
    error.detail += remedy_for(answer->status);
    return error;
  }
  auto events = read_events(answer->body);
  if (!events) return std::move(events).error();
  return Page{*std::move(events), answer->date};
}

}  // namespace auth
