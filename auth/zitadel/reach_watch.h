// SPDX-License-Identifier: Apache-2.0
// ReachWatch: an HttpClient that logs, once, that ZITADEL was reached.
#pragma once

#include <atomic>
#include <cstddef>
#include <utility>

#include "auth/base/clock.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Thread-safe. Client and clock must outlive it, and it must outlive what was asked through it.
class ReachWatch final : public HttpClient {
 public:
  // tells: whether to log; false if the process ends with its first request.
  ReachWatch(HttpClient& http, const Clock& clock, bool tells)
      : http_(http), clock_(clock), told_(!tells) {}

  void send(HttpRequest request, Done done) override;
  [[nodiscard]] std::size_t capacity() const noexcept override { return http_.capacity(); }

 private:
  void tell(const std::string& origin, const HttpResponse& answer, SteadyTime sent);

  HttpClient& http_;
  const Clock& clock_;
  std::atomic<bool> told_;
};

}  // namespace auth
