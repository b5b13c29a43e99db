// SPDX-License-Identifier: Apache-2.0
// FastCgiExchange: an exchange over a FastCGI connection.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>
#include <utility>

#include "fcgi/http/exchange.h"
#include "fcgi/server/answer_flow.h"
#include "fcgi/server/codec.h"
#include "fcgi/server/inbox.h"

namespace fcgi {

// Knows its connection only by number: the connection and the loop may have gone meanwhile. Then
// the messages of the exchange are lost without harm.
class FastCgiExchange final : public Exchange {
 public:
  // inbox: the inbox of the loop that owns the connection.
  FastCgiExchange(RequestId id, std::shared_ptr<DecodedRequest> decoded,
                  std::shared_ptr<Inbox> inbox)
      : id_(id), decoded_(std::move(decoded)), inbox_(std::move(inbox)) {}
  ~FastCgiExchange() override;

  [[nodiscard]] const Request& request() const noexcept override { return decoded_->request(); }
  void when_body(std::function<void()> then) override;
  [[nodiscard]] ClientWatch client_watch() const noexcept override { return {*inbox_, id_}; }
  [[nodiscard]] bool client_has_gone() const noexcept override {
    return decoded_->client_has_gone();
  }
  void finish(const Response& response) override;
  [[nodiscard]] std::unique_ptr<AnswerStream> begin(const Response& head) override;

 private:
  const RequestId id_;
  const std::shared_ptr<DecodedRequest> decoded_;
  const std::shared_ptr<Inbox> inbox_;
  bool finished_ = false;
};

// The endpoint's end of an AnswerFlow, over FastCGI.
class FastCgiAnswer final : public AnswerStream {
 public:
  FastCgiAnswer(RequestId id, std::shared_ptr<AnswerFlow> flow, std::shared_ptr<Inbox> inbox)
      : id_(id), flow_(std::move(flow)), inbox_(std::move(inbox)) {}
  ~FastCgiAnswer() override { tell(flow_->end(AnswerFlow::State::kCut)); }

  [[nodiscard]] std::size_t write(std::string_view piece) override;
  [[nodiscard]] bool wait_for_room(std::chrono::milliseconds most) override;
  [[nodiscard]] bool is_open() const noexcept override { return flow_->is_open(); }
  void end() override { tell(flow_->end(AnswerFlow::State::kEnded)); }

 private:
  void tell(bool wake);

  const RequestId id_;
  const std::shared_ptr<AnswerFlow> flow_;
  const std::shared_ptr<Inbox> inbox_;
};

}  // namespace fcgi
