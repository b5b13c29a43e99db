// SPDX-License-Identifier: Apache-2.0
#include "auth/events/user_search.h"

#include <algorithm>

#include "auth/events/event_reader.h"

namespace auth {

std::vector<std::vector<Scope>> UserSearch::of(const std::vector<std::string>& histories,
                                               const WhileWaiting& while_waiting) {
  std::vector<std::vector<Scope>> users(histories.size());
  for (std::size_t begin = 0; begin < histories.size(); begin += kUserSearchesAtOnce) {
    const std::size_t count = std::min(kUserSearchesAtOnce, histories.size() - begin);
    const auto answers = ask(std::span(histories).subspan(begin, count), while_waiting);
    for (std::size_t i = 0; i < answers.size(); ++i) {
      if (!answers[i] || answers[i]->status != 200) continue;
      users[begin + i] = read_users(answers[i]->body, histories[begin + i]);
    }
    if (answers.size() < count) break;
  }
  return users;
}

// Returns the answers for the first histories, as many as could be asked about.
std::vector<Result<HttpResponse>> UserSearch::ask(std::span<const std::string> histories,
                                                  const WhileWaiting& while_waiting) {
  std::vector<HttpRequest> requests;
  requests.reserve(histories.size());
  for (const std::string& history : histories) {
    if (asked_ >= kMostUserSearches) break;
    auto authorization = access_.authorization(while_waiting);
    if (!authorization) break;
    ++asked_;
    HttpRequest request{url_, Secret(users_query(history)), *std::move(authorization)};
    request.headers = {"Content-Type: application/json"};
    request.max_answer_bytes = kMostEventBytes;
    requests.push_back(std::move(request));
  }
  return await_answers(http_, std::move(requests), while_waiting);
}

}  // namespace auth
