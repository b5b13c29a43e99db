// SPDX-License-Identifier: Apache-2.0
// Exchange: one request under way, until its response is sent.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "fcgi/http/client_watch.h"
#include "fcgi/http/request.h"
#include "fcgi/http/response.h"
#include "zitadel_fcgi/responder.h"

namespace fcgi {

using zitadel_fcgi::AnswerStream;

// Any thread: a parked exchange may be finished by another thread. One thread at a time.
class Exchange {
 public:
  // Takes over each request as soon as its variables have come: the body may still be on its way.
  using Handler = std::function<void(std::unique_ptr<Exchange>)>;

  Exchange() = default;
  // An exchange that is destroyed unfinished answers with status 500.
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Lives as long as the exchange. Its body is nullopt until when_body has called back.
  [[nodiscard]] virtual const Request& request() const noexcept = 0;

  // Calls `then` once, when the body is there or has grown too long: now if that is known,
  // otherwise later, on a thread of the server. `then` owns the exchange: if the peer leaves
  // before, `then` is destroyed uncalled, and the exchange with it. Call it before finish, and only
  // if you read the body.
  virtual void when_body(std::function<void()> then) = 0;

  // Returns a watch that reports if the client leaves before it is answered.
  [[nodiscard]] virtual ClientWatch client_watch() const noexcept { return {}; }

  // Whether nobody waits for the answer any more. Any thread.
  [[nodiscard]] virtual bool client_has_gone() const noexcept { return false; }

  // Keeps an object alive as long as the exchange, or until let_go: whoever handles the exchange
  // needs it.
  void keep(std::shared_ptr<const void> what) noexcept { kept_ = std::move(what); }
  [[nodiscard]] const std::shared_ptr<const void>& kept() const noexcept { return kept_; }
  void let_go() noexcept { kept_.reset(); }

  // Sends the response without waiting. Call once. The rest of the body is not kept.
  virtual void finish(const Response& response) = 0;

  // The same with an answer whose body is written in pieces; the response's own body is not sent.
  [[nodiscard]] virtual std::unique_ptr<AnswerStream> begin(const Response& head) = 0;

 private:
  std::shared_ptr<const void> kept_{};
};

}  // namespace fcgi
