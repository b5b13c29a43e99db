// CurlHttpClient: HttpClient over libcurl's multi interface.
//
// One I/O thread serves all transfers. Connections are kept and reused, HTTP/2 is used where the
// server offers it over TLS; TLS 1.2 or newer, always verified.
#pragma once

#include <chrono>
#include <cstddef>
#include <memory>
#include <string>

#include "auth/zitadel/http_client.h"

namespace auth {

// Idle connections are closed after this long.
constexpr std::chrono::seconds kIdleConnection{60};

class CurlHttpClient final : public HttpClient {
 public:
  struct Options {
    std::chrono::milliseconds connect_timeout{2000};
    std::chrono::milliseconds timeout{5000};  // in all, time in the queue included
    std::size_t max_in_flight = 4096;         // transfers at once; more wait in a queue
    std::size_t max_connections = 512;
    std::string ca_file{};  // PEM; empty: the system's
  };

  // Starts no thread and loads no library before the first send.
  explicit CurlHttpClient(Options options);
  // Ends what is under way with kShuttingDown.
  ~CurlHttpClient() override;

  void send(HttpRequest request, Done done) override;

 private:
  class Loop;
  std::unique_ptr<Loop> loop_;
};

}  // namespace auth
