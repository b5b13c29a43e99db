// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/scripted_http_client.h"

#include <memory>
#include <stdexcept>
#include <utility>

namespace support {
namespace {

// Adds to an answer what the real client adds.
auth::HttpClient::Done with_sent(auth::HttpRequest request, auth::HttpClient::Done done) {
  const auto sent = std::make_shared<const auth::HttpRequest>(std::move(request));
  return [sent, done = std::move(done)](auth::Result<auth::HttpResponse> answer) {
    if (answer && answer->status != 200) answer->sent = sent;
    done(std::move(answer));
  };
}

}  // namespace

void ScriptedHttpClient::send(auth::HttpRequest request, Done done) {
  std::optional<auth::Error> failing;
  {
    const std::lock_guard lock(mutex_);
    ++asked_;
    failing = failing_;
    if (!failing) {
      Question question{request.url,
                        std::string(request.form.reveal()),
                        std::string(request.authorization.reveal()),
                        {}};
      question.done = with_sent(std::move(request), std::move(done));
      waiting_.push_back(std::move(question));
      return;
    }
  }
  done(*failing);
}

std::size_t ScriptedHttpClient::asked() const {
  const std::lock_guard lock(mutex_);
  return asked_;
}

std::size_t ScriptedHttpClient::waiting() const {
  const std::lock_guard lock(mutex_);
  return waiting_.size();
}

ScriptedHttpClient::Question ScriptedHttpClient::take() {
  const std::lock_guard lock(mutex_);
  if (waiting_.empty()) throw std::logic_error("nothing was asked");
  Question question = std::move(waiting_.front());
  waiting_.pop_front();
  return question;
}

void ScriptedHttpClient::fail_at_once(std::optional<auth::Error> error) {
  const std::lock_guard lock(mutex_);
  failing_ = std::move(error);
}

void ScriptedHttpClient::shut_down() {
  fail_at_once(auth::Error{auth::Reason::kShuttingDown});
  while (waiting() > 0) answer(auth::Error{auth::Reason::kShuttingDown});
}

}  // namespace support
