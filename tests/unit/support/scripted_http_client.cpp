#include "tests/unit/support/scripted_http_client.h"

#include <stdexcept>
#include <utility>

namespace support {

void ScriptedHttpClient::send(auth::HttpRequest request, Done done) {
  std::optional<auth::Error> failing;
  {
    const std::lock_guard lock(mutex_);
    ++asked_;
    failing = failing_;
    if (!failing) {
      waiting_.push_back({request.url, std::string(request.form.reveal()),
                          std::string(request.authorization.reveal()), std::move(done)});
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
