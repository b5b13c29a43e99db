// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/later_answer.h"

#include <functional>
#include <utility>

#include "auth/base/mutex.h"

namespace fcgi {
namespace {

// Calls the function that waits for the client to go, unless the request was answered before.
// Thread-safe; no lock is held while it calls.
class GoneCall {
 public:
  void set(std::function<void()> then) {
    {
      const auth::MutexLock lock(mutex_);
      if (!gone_) {
        then_.swap(then);
        return;
      }
    }
    then();
  }

  void forget() {
    const auth::MutexLock lock(mutex_);
    then_ = nullptr;
  }

  void call() {
    std::function<void()> then;
    {
      const auth::MutexLock lock(mutex_);
      gone_ = true;
      then.swap(then_);
    }
    if (then) then();
  }

 private:
  auth::Mutex mutex_{};
  bool gone_ GUARDED_BY(mutex_) = false;
  std::function<void()> then_ GUARDED_BY(mutex_){};
};

}  // namespace

void Completion::operator()(const Request& request, Response& response) const {
  if (forbids_storing && response.header("cache-control") == nullptr) {
    response.headers.emplace_back("Cache-Control", "no-store");
  }
  cors->expose(request, response);
}

}  // namespace fcgi

namespace zitadel_fcgi {

struct Responder::Impl {
  std::unique_ptr<fcgi::Exchange> exchange;
  std::shared_ptr<const zitadel_auth::Claims> claims;
  fcgi::Completion complete;
  std::shared_ptr<fcgi::GoneCall> gone{};
};

Responder::Responder(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}

Responder::Responder(Responder&& other) noexcept = default;

Responder& Responder::operator=(Responder&& other) noexcept {
  std::unique_ptr<Impl> taken = std::move(other.impl_);
  const Responder dropped(std::move(impl_));
  impl_ = std::move(taken);
  return *this;
}

Responder::~Responder() {
  if (impl_) answer(error_response(500, "server_error", "The request was not answered."));
}

const Request& Responder::request() const noexcept { return impl_->exchange->request(); }

const zitadel_auth::Claims& Responder::claims() const noexcept { return *impl_->claims; }

bool Responder::client_has_gone() const noexcept {
  return impl_ && impl_->exchange->client_has_gone();
}

void Responder::when_client_gone(std::function<void()> then) {
  if (!impl_ || !then) return;
  const bool is_first = impl_->gone == nullptr;
  if (is_first) impl_->gone = std::make_shared<fcgi::GoneCall>();
  impl_->gone->set(std::move(then));
  if (!is_first) return;
  impl_->exchange->client_watch().when_gone([gone = impl_->gone] { gone->call(); });
}

void Responder::answer(Response response) {
  const std::unique_ptr<Impl> impl = std::move(impl_);
  if (!impl) return;
  if (impl->gone) impl->gone->forget();
  impl->complete(impl->exchange->request(), response);
  impl->exchange->finish(response);
}

std::unique_ptr<AnswerStream> Responder::stream(Response head) {
  const std::unique_ptr<Impl> impl = std::move(impl_);
  if (!impl) return nullptr;
  if (impl->gone) impl->gone->forget();
  impl->complete(impl->exchange->request(), head);
  return impl->exchange->begin(head);
}

}  // namespace zitadel_fcgi

namespace fcgi {

zitadel_fcgi::Responder later_answer(std::unique_ptr<Exchange> exchange,
                                     std::shared_ptr<const auth::Claims> claims,
                                     Completion complete) {
  return zitadel_fcgi::Responder(std::make_unique<zitadel_fcgi::Responder::Impl>(
      zitadel_fcgi::Responder::Impl{std::move(exchange), std::move(claims), std::move(complete)}));
}

}  // namespace fcgi
