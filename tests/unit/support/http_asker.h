// SPDX-License-Identifier: Apache-2.0
// Asks an HttpClient and waits for the answer, with an end.
#pragma once

#include <chrono>
#include <future>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "auth/zitadel/http_client.h"
#include "tests/unit/support/gate.h"

namespace support {

using HttpOutcome = auth::Result<auth::HttpResponse>;

// An answer on its way. A second answer to one question would throw on the client's thread.
class PendingAnswer {
 public:
  explicit PendingAnswer(std::future<HttpOutcome> future) : future_(std::move(future)) {}
  [[nodiscard]] HttpOutcome wait() {
    if (future_.wait_for(kPatience) != std::future_status::ready) {
      throw std::runtime_error("no answer came");
    }
    return future_.get();
  }

 private:
  std::future<HttpOutcome> future_;
};

// Deadlines that a test can wait for, where the deadline is what it waits for: any other answer may
// be slower than these on a busy machine.
[[nodiscard]] inline auth::HttpOptions quick() {
  auth::HttpOptions options;
  options.connect_timeout = std::chrono::milliseconds(1000);
  options.timeout = std::chrono::milliseconds(1500);
  return options;
}

[[nodiscard]] inline PendingAnswer ask(auth::HttpClient& client, auth::HttpRequest request) {
  const auto promise = std::make_shared<std::promise<HttpOutcome>>();
  std::future<HttpOutcome> future = promise->get_future();
  client.send(std::move(request),
              [promise](HttpOutcome outcome) { promise->set_value(std::move(outcome)); });
  return PendingAnswer(std::move(future));
}

[[nodiscard]] inline PendingAnswer ask(auth::HttpClient& client, const std::string& url,
                                       std::string_view form = "",
                                       std::string_view authorization = "") {
  return ask(client, auth::HttpRequest{url, auth::Secret(form), auth::Secret(authorization)});
}

}  // namespace support
