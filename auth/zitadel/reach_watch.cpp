// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/reach_watch.h"

#include <chrono>
#include <string>

#include "auth/base/log.h"
#include "auth/zitadel/url.h"

namespace auth {

void ReachWatch::send(HttpRequest request, Done done) {
  if (told_.load(std::memory_order_relaxed)) return http_.send(std::move(request), std::move(done));
  std::string origin = origin_of(request.url);
  http_.send(std::move(request), [this, origin = std::move(origin), sent = clock_.steady(),
                                  done = std::move(done)](Result<HttpResponse> answer) {
    if (answer) tell(origin, *answer, sent);
    done(std::move(answer));
  });
}

void ReachWatch::tell(const std::string& origin, const HttpResponse& answer, SteadyTime sent) {
  if (told_.exchange(true)) return;
  const auto took = std::chrono::ceil<std::chrono::milliseconds>(clock_.steady() - sent);
  log(LogLevel::kInfo, "ZITADEL was reached: " + origin + " answered (status " +
                           std::to_string(answer.status) + ") after " +
                           std::to_string(took.count()) + " ms");
}

}  // namespace auth
