#include "fcgi/server/fastcgi_exchange.h"

#include <string>

namespace fcgi {

FastCgiExchange::~FastCgiExchange() {
  if (!finished_) finish(error_response(500, "server_error", "The request was not answered."));
}

void FastCgiExchange::when_body(std::function<void()> then) {
  if (decoded_->has_body()) return then();
  inbox_.post({.request = id_, .when_body = std::move(then)});
}

void FastCgiExchange::finish(const Response& response) {
  finished_ = true;
  std::string answer = serialise(response, request().method() == "HEAD");
  decoded_->wipe_secrets();
  inbox_.post({.request = id_, .answer = std::move(answer)});
}

}  // namespace fcgi
