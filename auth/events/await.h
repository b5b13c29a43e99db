// Waiting for an answer, on the thread of the feed: no other may wait.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// How often who waits is told that it still does.
constexpr std::chrono::milliseconds kWaitingTick{200};
using WhileWaiting = std::function<void()>;

// Calls ask with a function that takes the answer, once and on any thread, and waits for it.
template <typename Answer, typename Ask>
Answer await(const Ask& ask, const WhileWaiting& while_waiting) {
  // Shared: who waits may be gone before set_value has returned.
  const auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> outcome = promise->get_future();
  ask([promise](Answer answer) { promise->set_value(std::move(answer)); });
  while (outcome.wait_for(kWaitingTick) != std::future_status::ready) {
    if (while_waiting) while_waiting();
  }
  return outcome.get();
}

inline Result<HttpResponse> await_answer(HttpClient& http, HttpRequest request,
                                         const WhileWaiting& while_waiting) {
  return await<Result<HttpResponse>>(
      [&](HttpClient::Done done) { http.send(std::move(request), std::move(done)); },
      while_waiting);
}

}  // namespace auth
