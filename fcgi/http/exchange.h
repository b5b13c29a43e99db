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

// Belongs to no thread: a parked one may be finished by another. One thread at a time.
class Exchange {
 public:
  // Takes each request over as soon as its variables have come: the body may still be on its way.
  using Handler = std::function<void(std::unique_ptr<Exchange>)>;

  Exchange() = default;
  // An exchange that dies unfinished answers with status 500.
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Lives as long as the exchange. Its body is nullopt until when_body has called back.
  [[nodiscard]] virtual const Request& request() const noexcept = 0;

  // Calls back once, when the body is there or has grown too long: now where that is known, else
  // later, on a thread of the server's. `then` owns the exchange: where the peer leaves before, it
  // dies uncalled and the exchange with it. Before finish; not for who looks at no body.
  virtual void when_body(std::function<void()> then) = 0;

  // To hear of it if the client leaves before it is answered.
  [[nodiscard]] virtual ClientWatch client_watch() const noexcept { return {}; }

  // Whether nobody waits for the answer any more. Any thread.
  [[nodiscard]] virtual bool client_has_gone() const noexcept { return false; }

  // What lives as long as the exchange, or until it is let go: whoever handles it needs it.
  void keep(std::shared_ptr<const void> what) noexcept { kept_ = std::move(what); }
  [[nodiscard]] const std::shared_ptr<const void>& kept() const noexcept { return kept_; }
  void let_go() noexcept { kept_.reset(); }

  // Sends the response, and waits for nobody. Once. What is left of the body is not kept.
  virtual void finish(const Response& response) = 0;

  // The same with an answer whose body is written bit by bit; the response's own is not sent.
  [[nodiscard]] virtual std::unique_ptr<AnswerStream> begin(const Response& head) = 0;

 private:
  std::shared_ptr<const void> kept_{};
};

}  // namespace fcgi
