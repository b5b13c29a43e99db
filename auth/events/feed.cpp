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

// Answers that a smaller page may mend.
bool is_too_much(Reason reason) {
  return reason == Reason::kAnswerTooLarge || reason == Reason::kTimedOut ||
         reason == Reason::kAnswerStalled || reason == Reason::kAnswerTruncated;
}

std::string_view remedy_for(int status) {
  if (status == 401) {
    return ": the token of ZITADEL_EVENTS_TOKEN_FILE is not good (any more): write another into "
           "that file, and start this program again";
  }
  if (status == 403) {
    return ": whose token ZITADEL_EVENTS_TOKEN_FILE holds may not read events: make it an "
           "IAM_OWNER_VIEWER of the instance in ZITADEL";
  }
  return "";
}

// "everything" says all that others say, but not that the keys have changed.
void reduce(std::vector<Scope>& ends) {
  std::sort(ends.begin(), ends.end());
  ends.erase(std::unique(ends.begin(), ends.end()), ends.end());
  const Scope everything = scope_of(Ends::kEverything);
  if (!std::binary_search(ends.begin(), ends.end(), everything)) return;
  std::erase_if(ends,
                [&](Scope scope) { return scope != everything && kind_of(scope) != Ends::kKeys; });
}

}  // namespace

void Feed::go_on_at(std::optional<WallMicroseconds> position) {
  position_ = position;
  seen_.clear();
}

Feed::Poll Feed::poll(const WhileWaiting& while_waiting) {
  Poll found;
  found.sent = clock_.steady();
  auto done = position_ ? read_on(found, while_waiting) : begin(found, while_waiting);
  const auto ends = owners_.ends_of(std::exchange(owned_, {}), while_waiting);
  found.ends.insert(found.ends.end(), ends.begin(), ends.end());
  reduce(found.ends);
  if (done) {
    page_ = std::min(2 * page_, kEventsPage);
  } else {
    if (is_too_much(done.error().reason)) page_ = std::max<std::size_t>(page_ / 2, 1);
    found.failed = std::move(done).error();
  }
  return found;
}

// From the newest event on, whatever this machine's clock says.
Result<void> Feed::begin(Poll& found, const WhileWaiting& while_waiting) {
  auto newest = ask(query_of(false, 1, std::nullopt), while_waiting);
  if (!newest) return std::move(newest).error();
  end_everything(found);
  settle(newest->events.empty() ? WallMicroseconds() : newest->events.front().time, newest->date);
  return {};
}

Result<void> Feed::read_on(Poll& found, const WhileWaiting& while_waiting) {
  WallMicroseconds newest = *position_;
  WallMicroseconds from = std::max(newest - kLateCommit, WallMicroseconds());
  for (int pages = 0;; ++pages) {
    if (pages == kMostPages || seen_.size() > kMostSeen) {
      end_everything(found);
      go_on_at(std::nullopt);
      return Error{Reason::kAnswerTooLarge,
                   "more has happened than can be read: all is asked anew"};
    }
    auto page = ask(query_of(true, page_, from), while_waiting);
    if (!page) return std::move(page).error();
    const std::size_t news = take(page->events, found);
    const bool is_full = page->events.size() >= page_;
    if (!is_full && news == 0) {
      settle(newest, page->date);
      return {};
    }
    const WallMicroseconds last = page->events.back().time;
    newest = std::max(newest, last);
    // Others of the same time may follow.
    const WallMicroseconds next = last - microseconds(1);
    if (is_full && next <= from) {
      // More of one time than a page holds, behind which nobody can look.
      end_everything(found);
      from = last;
    } else {
      from = std::max(from, next);
    }
  }
}

std::size_t Feed::take(const std::vector<Event>& events, Poll& found) {
  std::size_t news = 0;
  for (const Event& event : events) {
    if (!seen_.emplace(event.id, event.time).second) continue;
    ++news;
    if (!event.ends) continue;
    if (event.owned.empty()) {
      found.ends.push_back(*event.ends);
    } else {
      owned_.push_back({event.owned, *event.ends});
    }
  }
  found.events += news;
  return news;
}

void Feed::end_everything(Poll& found) { found.ends.push_back(scope_of(Ends::kEverything)); }

// An event that ZITADEL has dated into its own future must not hide those until then.
void Feed::settle(WallMicroseconds newest, const std::optional<WallTime>& date) {
  if (date) newest = std::min<WallMicroseconds>(newest, *date);
  position_ = std::max(position_.value_or(WallMicroseconds()), newest);
  std::erase_if(seen_, [&](const auto& each) { return each.second <= *position_ - kLateCommit; });
}

Result<Feed::Page> Feed::ask(const std::string& query, const WhileWaiting& while_waiting) {
  auto authorization = access_.authorization(while_waiting);
  if (!authorization) return std::move(authorization).error();
  HttpRequest request{url_, Secret(query), *std::move(authorization)};
  request.headers = {"Content-Type: application/json"};
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
