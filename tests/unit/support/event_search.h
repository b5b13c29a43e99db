// SPDX-License-Identifier: Apache-2.0
// ZITADEL's event search, as it was recorded: an exclusive `from`, equal times, late commits,
// pages. It answers before send returns. For one thread.
#pragma once

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/json.h"
#include "auth/base/timestamp.h"
#include "auth/zitadel/http_client.h"

namespace support {

class EventSearch final : public auth::HttpClient {
 public:
  // An event whose history is the id; `at` in milliseconds of ZITADEL's time.
  void write(std::string type, std::string id, long at, std::string payload = "{}") {
    const auto time = auth::WallMicroseconds(std::chrono::milliseconds(kEpoch + at));
    const std::string text = R"({"sequence":")" + std::to_string(++sequences_[id]) +
                             R"(","creationDate":")" + auth::to_timestamp(time) +
                             R"(","type":{"type":")" + type + R"("},"aggregate":{"id":")" + id +
                             R"("},"payload":)" + payload + "}";
    events_.insert(first_after(time), {time, text, std::move(type), std::move(id)});
  }
  void lock_user(const std::string& id, long at) { write("user.locked", id, at); }

  // The next answers instead of its own.
  void fail_next(auth::Result<auth::HttpResponse> answer) { faults_.push_back(std::move(answer)); }
  // Whoever shows that is refused.
  void refuse(std::string authorization) { refused_ = std::move(authorization); }
  // Before these it gives so many of its own.
  void answer_next(std::size_t count) { faults_.resize(faults_.size() + count); }
  // What happens while it answers.
  void answer_after(std::function<void()> wait) { wait_ = std::move(wait); }
  // A page has so many events at most, whatever is asked for.
  void cap_pages(std::size_t events) { cap_ = events; }
  // An answer with more events is too large.
  void fit(std::size_t events) { fit_ = events; }
  // ZITADEL's clock, in the same milliseconds; nullopt: answers tell no time.
  void set_date(std::optional<long> at) { date_ = at; }

  [[nodiscard]] const std::vector<std::string>& bodies() const noexcept { return bodies_; }
  [[nodiscard]] const std::vector<std::string>& authorizations() const noexcept {
    return authorizations_;
  }

  void send(auth::HttpRequest request, Done done) override {
    bodies_.emplace_back(request.form.reveal());
    authorizations_.emplace_back(request.authorization.reveal());
    if (wait_) wait_();
    if (authorizations_.back() == refused_) return done(auth::HttpResponse{401, ""});
    if (!faults_.empty()) {
      auto fault = std::move(faults_.front());
      faults_.pop_front();
      if (fault) return done(*std::move(fault));
    }
    const auto [body, events] = search(*auth::Json::parse(bodies_.back()));
    auth::HttpResponse answer{200, body};
    if (events > fit_ || answer.body.size() > request.max_answer_bytes) {
      return done(auth::Error{auth::Reason::kAnswerTooLarge});
    }
    if (date_) answer.date = auth::WallTime(std::chrono::seconds((kEpoch + *date_) / 1000));
    done(std::move(answer));
  }

 private:
  static constexpr long kEpoch = 1'700'000'000'000;

  struct Written {
    auth::WallMicroseconds time;
    std::string text;
    std::string type;
    std::string id;
  };

  [[nodiscard]] std::vector<Written>::const_iterator first_after(
      auth::WallMicroseconds time) const {
    return std::upper_bound(events_.begin(), events_.end(), time,
                            [](auto left, const Written& right) { return left < right.time; });
  }

  // Returns the body of the answer, and its number of events.
  [[nodiscard]] std::pair<std::string, std::size_t> search(const auth::Json& query) const {
    const auto from = auth::parse_microseconds(query.text_of("from").value_or(""));
    const auto asked = static_cast<std::size_t>(query.integer_of("limit").value_or(1000));
    const std::size_t limit = std::min(asked, cap_);
    const bool ascending = query.member("asc")->boolean().value_or(false);
    const auto begin = from ? first_after(*from) : events_.begin();
    const auto size = static_cast<std::size_t>(events_.end() - begin);
    std::string found;
    std::size_t count = 0;
    const std::string history = query.text_of("aggregateId").value_or("");
    const std::string types = query.member("eventTypes")->serialise();
    for (std::size_t i = 0; i < size && count < limit; ++i) {
      const auto place = static_cast<std::ptrdiff_t>(ascending ? i : size - 1 - i);
      const auto& [time, text, type, id] = *(begin + place);
      if (types.find('"' + type + '"') == types.npos) continue;
      if (!history.empty() && history != id) continue;
      found.append(count++ == 0 ? "" : ",").append(text);
    }
    return {count == 0 ? "{}" : "{\"events\":[" + found + "]}", count};
  }

  std::vector<Written> events_;  // by time
  std::map<std::string, int> sequences_;
  std::deque<std::optional<auth::Result<auth::HttpResponse>>> faults_;
  std::function<void()> wait_;
  std::size_t cap_ = SIZE_MAX;
  std::size_t fit_ = SIZE_MAX;
  std::optional<long> date_;
  std::string refused_;
  std::vector<std::string> bodies_;
  std::vector<std::string> authorizations_;
};

}  // namespace support
