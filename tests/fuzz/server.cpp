// SPDX-License-Identifier: Apache-2.0
// Input: what a peer sends over a connection to the real server, with libfcgi behind it.
#include "fcgi/server/server.h"

#include <string>

#include "auth/base/log.h"
#include "auth/token/bearer_token.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/support/running_server.h"

namespace {

using std::chrono::seconds;

// Looks at all of the request, as an endpoint may.
void answer(fcgi::Exchange& exchange) {
  const fcgi::Request& request = exchange.request();
  std::string body(request.method());
  body.append(request.path_info()).append(request.variable("QUERY_STRING"));
  body.append(request.body().value_or("-"));
  const auto token = auth::bearer_token(request.authorization());
  if (token) body.append(token->reveal());
  exchange.finish({.status = 200, .body = std::move(body)});
}

// Some want no body, and some wait for it.
void take(std::unique_ptr<fcgi::Exchange> exchange) {
  fcgi::Exchange& asked = *exchange;
  if (asked.request().path_info().size() % 2 == 1) return answer(asked);
  asked.when_body(
      [owned = std::shared_ptr<fcgi::Exchange>(std::move(exchange))] { answer(*owned); });
}

const support::RunningServer& server() {
  // A line for every connection that is refused would be all that happens.
  auth::set_log_level(auth::LogLevel::kError);
  static const support::RunningServer running({.threads = 1}, take);
  return running;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  support::FastCgiPeer peer = server().connect();
  // In two pieces, so that it looks at half of it first, when it is quick.
  static_cast<void>(peer.send(bytes.substr(0, size / 2), seconds(5)) &&
                    peer.send(bytes.substr(size / 2), seconds(5)));
  // Nobody waits for more of a request that will never be whole.
  peer.shut_down_sending();
  fuzz::require(support::is_closed(peer.socket(), seconds(20)));
  // Others are served.
  static unsigned runs = 0;
  if (runs++ % 64 == 0) fuzz::require(server().ask("/").status() == 200);
  return 0;
}
