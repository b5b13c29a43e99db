// SPDX-License-Identifier: Apache-2.0
// HttpClient: asks one HTTP(S) server, without making anybody wait.
#pragma once

#include <chrono>
#include <cstddef>
#include <functional>
#include <limits>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/zitadel/freshness.h"

namespace auth {

constexpr std::size_t kMaxAnswerBytes = 1 << 20;
constexpr std::chrono::seconds kMaxRetryAfter{300};
// Idle connections are closed after this long.
constexpr std::chrono::seconds kIdleConnection{60};

// A GET where the form is empty, else a POST of that application/x-www-form-urlencoded form.
struct HttpRequest {
  std::string url;
  Secret form{};
  Secret authorization{};  // value of the Authorization header; empty: none is sent
  // Another method, such as "DELETE", and headers that replace or are added to the usual ones:
  // "Name: value", of visible characters and blanks. The form is then the body, in any format.
  std::string method{};
  std::vector<std::string> headers{};
  std::size_t max_answer_bytes = kMaxAnswerBytes;  // a longer answer is kAnswerTooLarge
};

struct HttpResponse {
  int status = 0;
  std::string body{};
  std::optional<std::chrono::seconds> retry_after{};  // at most kMaxRetryAfter
  std::optional<WallTime> date{};                     // the server's time, if it sends it
  std::string challenge{};                            // the first WWW-Authenticate
  Freshness freshness{};
  // The request, with its secrets, if the status is not 200: see server_words.h.
  std::shared_ptr<const HttpRequest> sent{};
};

struct HttpOptions {
  std::chrono::milliseconds connect_timeout{2000};
  std::chrono::milliseconds timeout{5000};  // in all, time in the queue included
  std::size_t max_in_flight = 4096;         // transfers at once; more wait in a queue
  std::size_t max_connections = 1024;       // a quarter of this process's descriptors at most
  std::string ca_file{};                    // PEM; empty: the system's
  // Number of clients with these options. They share the quarter of the descriptors, and those that
  // are kept back.
  std::size_t clients = 1;
  // Maximum lifetime of a connection, also of one that is never idle. It is kept longer only while
  // the server's name cannot be looked up: no other connection could be opened.
  std::chrono::milliseconds connection_life{300'000};
  // Interval between look-ups of the server's name, which may lead to other addresses.
  std::chrono::milliseconds name_interval{10'000};
};

// Thread-safe.
class HttpClient {
 public:
  using Done = std::function<void(Result<HttpResponse>)>;

  virtual ~HttpClient() = default;

  // Calls done exactly once, on the client's own thread, or on the caller's before returning;
  // done must not block. An answer of any status is a value. Errors: kUnreachable (no connection),
  // kTlsFailed, kTimedOut (no answer, or only a part of its head), kConnectionLost,
  // kAnswerTooLarge, kAnswerTruncated, kAnswerStalled, kMalformedAnswer (not HTTP), kShuttingDown,
  // kInternal. Redirects are never followed.
  virtual void send(HttpRequest request, Done done) = 0;

  // Returns how many requests can be under way without one that waits for a connection.
  [[nodiscard]] virtual std::size_t capacity() const noexcept {
    return std::numeric_limits<std::size_t>::max();
  }
};

}  // namespace auth
