// SPDX-License-Identifier: Apache-2.0
// CurlHttpClient: HttpClient over libcurl's multi interface.
//
// One I/O thread serves all transfers. Connections are kept and reused, HTTP/2 is used where the
// server offers it over TLS; TLS 1.2 or newer, always verified.
#pragma once

#include <memory>

#include "auth/zitadel/http_client.h"

namespace auth {

class CurlHttpClient final : public HttpClient {
 public:
  // Starts no thread and loads no library before the first send.
  explicit CurlHttpClient(HttpOptions options);
  // Ends all requests under way with kShuttingDown.
  ~CurlHttpClient() override;

  void send(HttpRequest request, Done done) override;
  // Counts one request per connection until the server has answered over HTTP/2.
  [[nodiscard]] std::size_t capacity() const noexcept override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace auth
