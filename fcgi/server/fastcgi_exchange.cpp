// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/fastcgi_exchange.h"

#include <string>

namespace fcgi {

FastCgiExchange::~FastCgiExchange() {
  if (!finished_) finish(error_response(500, "server_error", "The request was not answered."));
}

void FastCgiExchange::when_body(std::function<void()> then) {
  if (decoded_->has_body()) return then();
  inbox_->post({.request = id_, .when_body = std::move(then)});
}

void FastCgiExchange::finish(const Response& response) {
  finished_ = true;
  std::string answer = serialise(response, request().method() == "HEAD", request().request_id());
  decoded_->wipe_secrets();
  inbox_->post({.request = id_, .answer = std::move(answer)});
}

std::unique_ptr<AnswerStream> FastCgiExchange::begin(const Response& head) {
  finished_ = true;
  auto flow = std::make_shared<AnswerFlow>(serialise_head(head, request().request_id()),
                                           has_body(head, request().method() == "HEAD"));
  decoded_->wipe_secrets();
  inbox_->post({.request = id_, .stream = AnswerSource(flow)});
  return std::make_unique<FastCgiAnswer>(id_, std::move(flow), inbox_);
}

std::size_t FastCgiAnswer::write(std::string_view piece) {
  const AnswerFlow::Written written = flow_->write(piece);
  tell(written.wake);
  return written.taken;
}

bool FastCgiAnswer::wait_for_room(std::chrono::milliseconds most) {
  // Either this is the thread of the loop that would make room, or others wait behind it.
  if (Inbox::is_loop_thread()) most = std::chrono::milliseconds(0);
  return flow_->wait_for_room(most);
}

void FastCgiAnswer::tell(bool wake) {
  if (wake) inbox_->post({.request = id_, .more = true});
}

}  // namespace fcgi
