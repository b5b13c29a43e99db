// SPDX-License-Identifier: Apache-2.0
#include "cli/common/ask.h"

#include <future>
#include <memory>
#include <utility>

namespace cli {

// The promise is shared: the caller may be gone before set_value has returned on the client's
// thread.
auth::Result<auth::HttpResponse> ask(auth::HttpClient& http, auth::HttpRequest request) {
  const auto promise = std::make_shared<std::promise<auth::Result<auth::HttpResponse>>>();
  std::future<auth::Result<auth::HttpResponse>> outcome = promise->get_future();
  http.send(std::move(request), [promise](auth::Result<auth::HttpResponse> answer) {
    promise->set_value(std::move(answer));
  });
  return outcome.get();
}

}  // namespace cli
