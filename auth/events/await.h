// SPDX-License-Identifier: Apache-2.0
// Waits for answers, on the thread of the feed: no other thread may wait.
#pragma once

#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <utility>
#include <vector>

#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Interval at which await calls while_waiting.
constexpr std::chrono::milliseconds kWaitingTick{200};
using WhileWaiting = std::function<void()>;

// Calls ask with a function that takes the answer, once and on any thread. Returns the future
// answer.
template <typename Answer, typename Ask>
std::future<Answer> answer_to(const Ask& ask) {
  // Shared: the caller that waits may be gone before set_value has returned.
  const auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answer = promise->get_future();
  ask([promise](Answer given) { promise->set_value(std::move(given)); });
  return answer;
}

template <typename Answer>
Answer await(std::future<Answer> answer, const WhileWaiting& while_waiting) {
  while (answer.wait_for(kWaitingTick) != std::future_status::ready) {
    if (while_waiting) while_waiting();
  }
  return answer.get();
}

template <typename Answer, typename Ask>
Answer await(const Ask& ask, const WhileWaiting& while_waiting) {
  return await(answer_to<Answer>(ask), while_waiting);
}

// Sends all requests at once. Returns the answers in the order of the requests.
inline std::vector<Result<HttpResponse>> await_answers(HttpClient& http,
                                                       std::vector<HttpRequest> requests,
                                                       const WhileWaiting& while_waiting) {
  std::vector<std::future<Result<HttpResponse>>> asked;
  asked.reserve(requests.size());
  for (HttpRequest& request : requests) {
    asked.push_back(answer_to<Result<HttpResponse>>(
        [&](HttpClient::Done done) { http.send(std::move(request), std::move(done)); }));
  }
  std::vector<Result<HttpResponse>> answers;
  answers.reserve(asked.size());
  for (auto& each : asked) answers.push_back(await(std::move(each), while_waiting));
  return answers;
}

inline Result<HttpResponse> await_answer(HttpClient& http, HttpRequest request,
                                         const WhileWaiting& while_waiting) {
  std::vector<HttpRequest> requests;
  requests.push_back(std::move(request));
  auto answers = await_answers(http, std::move(requests), while_waiting);
  Result<HttpResponse> answer = std::move(answers.front());
  return answer;
}

}  // namespace auth
