// SPDX-License-Identifier: Apache-2.0
#include "zitadel_fcgi/test_call.h"

#include <condition_variable>
#include <memory>
#include <string_view>
#include <utility>

#include "auth/base/mutex.h"
#include "fcgi/guard/challenge.h"
#include "fcgi/guard/endpoint_call.h"
#include "fcgi/http/exchange.h"

namespace fcgi {
namespace {

// The answer so far. Thread-safe.
class Recorded {
 public:
  void start(const Response& head) {
    const auth::MutexLock lock(mutex_);
    response_ = head;
  }
  void append(std::string_view piece) {
    const auth::MutexLock lock(mutex_);
    response_.body.append(piece);
  }
  void end(bool whole) {
    const auth::MutexLock lock(mutex_);
    over_ = true;
    whole_ = whole;
    changed_.notify_all();
  }

  std::optional<Response> wait(std::chrono::milliseconds most) {
    const auto until = std::chrono::steady_clock::now() + most;
    const auth::MutexLock lock(mutex_);
    while (!over_) {
      if (changed_.wait_until(mutex_, until) == std::cv_status::timeout) break;
    }
    return over_ && whole_ ? std::optional<Response>(response_) : std::nullopt;
  }

 private:
  auth::Mutex mutex_{};
  std::condition_variable_any changed_{};
  Response response_ GUARDED_BY(mutex_){};
  bool over_ GUARDED_BY(mutex_) = false;
  bool whole_ GUARDED_BY(mutex_) = false;
};

class RecordedStream final : public AnswerStream {
 public:
  RecordedStream(std::shared_ptr<Recorded> record, bool has_body)
      : record_(std::move(record)), has_body_(has_body) {}
  ~RecordedStream() override {
    if (!ended_) record_->end(false);
  }

  std::size_t write(std::string_view piece) override {
    if (ended_) return 0;
    piece = piece.substr(0, kRoom);
    if (has_body_) record_->append(piece);
    return piece.size();
  }
  bool wait_for_room(std::chrono::milliseconds) override { return !ended_; }
  bool is_open() const noexcept override { return !ended_; }
  void end() override {
    if (!std::exchange(ended_, true)) record_->end(true);
  }

 private:
  const std::shared_ptr<Recorded> record_;
  const bool has_body_;
  bool ended_ = false;
};

// Owns the request's variables and body, as the endpoint may outlive the test's call.
class RecordedExchange final : public Exchange {
 public:
  RecordedExchange(const zitadel_fcgi::TestRequest& request, std::shared_ptr<Recorded> record)
      : variables_(request.variables), body_(request.body), record_(std::move(record)) {
    variables_.push_back("REQUEST_METHOD=" + request.method);
    variables_.push_back("PATH_INFO=" + request.path);
    for (const std::string& variable : variables_) pointers_.push_back(variable.c_str());
    pointers_.push_back(nullptr);
    const bool is_kept = body_.size() <= zitadel_fcgi::kMaxBody;
    request_.emplace(pointers_.data(),
                     is_kept ? std::optional<std::string_view>(body_) : std::nullopt);
  }
  ~RecordedExchange() override {
    if (!finished_) record_->end(false);
  }

  const Request& request() const noexcept override { return *request_; }
  void when_body(std::function<void()> then) override { then(); }
  void finish(const Response& response) override {
    finished_ = true;
    const bool is_whole = has_body(response, request_->method() == "HEAD");
    record_->start(is_whole ? response : without_body(response));
    record_->end(true);
  }
  std::unique_ptr<AnswerStream> begin(const Response& head) override {
    finished_ = true;
    record_->start(without_body(head));
    return std::make_unique<RecordedStream>(record_, has_body(head, request_->method() == "HEAD"));
  }

 private:
  static Response without_body(Response response) {
    response.body.clear();
    return response;
  }

  std::vector<std::string> variables_;
  const std::string body_;
  std::vector<const char*> pointers_{};
  std::optional<Request> request_{};
  const std::shared_ptr<Recorded> record_;
  bool finished_ = false;
};

// Returns the response to a request that does not get to its endpoint.
std::optional<Response> refusal(const Endpoint& endpoint, const auth::Claims* claims) {
  const auth::Requirement& requirement = endpoint.requirement;
  if (requirement.is_public()) return std::nullopt;
  const auto met =
      claims != nullptr ? requirement.check(*claims) : auth::Result<void>(auth::Reason::kNoToken);
  if (met) return std::nullopt;
  return challenge(met.error(), requirement, {.realm = "zitadel"});
}

}  // namespace
}  // namespace fcgi

namespace zitadel_fcgi {

std::optional<Response> test_call(const Router& router, const TestRequest& request,
                                  const zitadel_auth::Claims* claims,
                                  std::chrono::milliseconds most) {
  const auto record = std::make_shared<fcgi::Recorded>();
  auto exchange = std::make_unique<fcgi::RecordedExchange>(request, record);
  const auto found = router.find(exchange->request());
  if (!found) return found.error();
  const Endpoint& endpoint = **found;
  if (auto refused = fcgi::refusal(endpoint, claims)) return refused;
  const bool is_known = claims != nullptr && !endpoint.requirement.is_public();
  fcgi::call_endpoint(
      endpoint, std::move(exchange),
      std::make_shared<const zitadel_auth::Claims>(is_known ? *claims : zitadel_auth::Claims()),
      std::make_shared<const fcgi::Cors>(std::vector<std::string>()));
  return record->wait(most);
}

}  // namespace zitadel_fcgi
