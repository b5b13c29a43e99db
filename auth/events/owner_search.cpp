#include "auth/events/owner_search.h"

#include "auth/events/event_reader.h"

namespace auth {

std::vector<Scope> OwnerSearch::ends_of(const std::vector<Owned>& owned,
                                        const WhileWaiting& while_waiting) {
  const auto answers = ask(owned, while_waiting);
  std::vector<Scope> ends;
  for (std::size_t i = 0; i < owned.size(); ++i) {
    std::vector<Scope> users;
    if (i < answers.size() && answers[i] && answers[i]->status == 200) {
      users = read_owners(answers[i]->body, owned[i].id);
    }
    if (users.empty()) users.push_back(owned[i].otherwise);
    ends.insert(ends.end(), users.begin(), users.end());
  }
  return ends;
}

// Empty where they are not to be asked about.
std::vector<Result<HttpResponse>> OwnerSearch::ask(const std::vector<Owned>& owned,
                                                   const WhileWaiting& while_waiting) {
  if (owned.size() > kMostOwned) return {};
  std::vector<HttpRequest> requests;
  for (const Owned& each : owned) {
    auto authorization = access_.authorization(while_waiting);
    if (!authorization) return {};
    HttpRequest request{url_, Secret(owner_query(each.id)), *std::move(authorization)};
    request.headers = {"Content-Type: application/json"};
    requests.push_back(std::move(request));
  }
  return await_answers(http_, std::move(requests), while_waiting);
}

}  // namespace auth
