// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/curl_questions.h"

#include <algorithm>
#include <utility>

namespace auth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMaxSpareTransfers = 512;
// Pause after no descriptor was left, before another one is asked for.
constexpr std::chrono::milliseconds kNoneLeft{20};

Error own_fault() {
  return {Reason::kInternal,
          "no descriptor is left for a connection to ZITADEL: raise LimitNOFILE"};
}

}  // namespace

CurlQuestions::CurlQuestions(const HttpOptions& options)
    : options_(options), capacity_(std::min(options.max_in_flight, options.max_connections)) {}

bool CurlQuestions::open(const CurlLibrary& curl, int epoll) {
  curl_ = &curl;
  epoll_ = epoll;
  return open_multi();
}

bool CurlQuestions::open_multi() {
  current_ = CurlMulti::make(*curl_, options_, descriptors_, epoll_, ++last_number_);
  last_active_ = SteadyClock::now();
  descriptors_.keep_back(std::min(options_.max_connections, kKeptBack / options_.clients));
  return current_ != nullptr;
}

template <typename Use>
void CurlQuestions::with_each(Use use) const {
  if (current_) use(*current_);
  for (const std::unique_ptr<CurlMulti>& multi : leaving_) use(*multi);
}

void CurlQuestions::renew() {
  const auto now = SteadyClock::now();
  if (current_ && current_->is_over(now)) {
    current_->leave();
    leaving_.push_back(std::move(current_));
  }
  std::erase_if(leaving_,
                [](const std::unique_ptr<CurlMulti>& multi) { return multi->is_empty(); });
  if (under_way_ > 0) last_active_ = now;
  if (under_way_ == 0 && now - last_active_ >= kIdleConnection) {
    current_ = nullptr;
    descriptors_.keep_back(0);
    spare_.clear();
  }
}

bool CurlQuestions::start_queued(Time until) {
  while (!queue_.empty()) {
    const auto now = SteadyClock::now();
    if (now >= until) return false;
    const bool late = queue_.front().deadline <= now;
    if (!late && (under_way_ >= capacity_ || now < none_left_ + kNoneLeft)) return true;
    if (!late && current_ && !current_->may_start()) return true;
    Question question = std::move(queue_.front());
    queue_.pop_front();
    if (late && none_left_ + options_.timeout >= question.deadline) {
      question.done(own_fault());
    } else if (late) {
      question.done(Error{Reason::kTimedOut, "while waiting for its turn"});
    } else {
      start(std::move(question));
    }
  }
  return true;
}

void CurlQuestions::start(Question question) {
  if (!current_ && !open_multi()) {
    question.done(Error{Reason::kInternal, "libcurl has no memory"});
    return;
  }
  std::unique_ptr<CurlTransfer> transfer = spare_transfer();
  if (transfer) transfer->has_waited = question.has_waited;
  if (transfer == nullptr ||
      !current_->start(transfer, std::move(question.request), question.done, question.deadline)) {
    question.done(Error{Reason::kInternal, "libcurl refuses the request"});
    return;
  }
  ++under_way_;
}

std::unique_ptr<CurlTransfer> CurlQuestions::spare_transfer() {
  if (spare_.empty()) return CurlTransfer::make(*curl_, options_, descriptors_);
  std::unique_ptr<CurlTransfer> transfer = std::move(spare_.back());
  spare_.pop_back();
  return transfer;
}

bool CurlQuestions::finish(Time until) {
  bool all = true;
  with_each([&](CurlMulti& multi) {
    all = multi.finish(until, [this](std::unique_ptr<CurlTransfer> transfer, CURLcode code) {
      retire(std::move(transfer), code);
    }) && all;
  });
  return all;
}

bool CurlQuestions::is_due(Time now) const {
  bool due = false;
  with_each([&](const CurlMulti& multi) { due = due || multi.is_due(now); });
  return due;
}

void CurlQuestions::expire(Time now) {
  with_each([&](CurlMulti& multi) {
    multi.expire(now, [this](std::unique_ptr<CurlTransfer> transfer, CURLcode code) {
      retire(std::move(transfer), code);
    });
  });
}

void CurlQuestions::act(std::uint32_t number, int socket, std::uint32_t events) {
  with_each([&](CurlMulti& multi) {
    if (multi.number() == number) multi.act(socket, events);
  });
}

void CurlQuestions::run_timers() {
  with_each([](CurlMulti& multi) { multi.run_timers(); });
}

void CurlQuestions::retire(std::unique_ptr<CurlTransfer> transfer, CURLcode code) {
  --under_way_;
  if (transfer->lacked_descriptor(code)) {
    ask_again(*transfer);
    return keep(std::move(transfer));
  }
  const bool came_late = transfer->has_waited && code == CURLE_OPERATION_TIMEDOUT;
  Result<HttpResponse> outcome = came_late ? own_fault() : transfer->outcome(code);
  if (transfer->was_http2()) {
    capacity_ = options_.max_in_flight;
  } else if (capacity_ < std::min(options_.max_in_flight, options_.max_connections)) {
    ++capacity_;
  }
  const HttpClient::Done done = std::move(transfer->done);
  keep(std::move(transfer));
  done(std::move(outcome));
}

// Lets no more than the other transfers under way run until one of them has its answer.
void CurlQuestions::ask_again(CurlTransfer& transfer) {
  none_left_ = SteadyClock::now();
  capacity_ = std::max<std::size_t>(1, under_way_);
  queue_.push_front({transfer.take_request(), std::move(transfer.done), transfer.deadline, true});
}

void CurlQuestions::keep(std::unique_ptr<CurlTransfer> transfer) {
  transfer->clear();
  if (spare_.size() < kMaxSpareTransfers) spare_.push_back(std::move(transfer));
}

CurlQuestions::Time CurlQuestions::next(Time now) const {
  auto until = Time::max();
  if (current_) until = current_->next(!queue_.empty(), now);
  for (const std::unique_ptr<CurlMulti>& multi : leaving_) {
    until = std::min(until, multi->next_timer());
  }
  if (current_ && under_way_ == 0) until = std::min(until, last_active_ + kIdleConnection);
  if (!queue_.empty()) until = std::min(until, queue_.front().deadline);
  if (!queue_.empty() && now < none_left_ + kNoneLeft) {
    until = std::min(until, none_left_ + kNoneLeft);
  }
  return until;
}

void CurlQuestions::abandon_all() {
  for (Question& question : queue_) question.done(Reason::kShuttingDown);
  queue_.clear();
  with_each([](CurlMulti& multi) { multi.abandon(); });
  current_ = nullptr;
  leaving_.clear();
  spare_.clear();
}

}  // namespace auth
