// Whose a session or a grant is: some events that end one do not say it, those before them do.
#pragma once

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

#include "auth/events/access.h"
#include "auth/events/await.h"
#include "auth/events/scope.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// So many are asked about at once; of more, nobody finds whose they are.
constexpr std::size_t kMostOwned = 32;

// One thread. All that it is given must outlive it.
class OwnerSearch {
 public:
  // url: of the event search.
  OwnerSearch(std::string url, EventsAccess& access, HttpClient& http)
      : url_(std::move(url)), access_(access), http_(http) {}

  struct Owned {
    std::string id;   // of the session or grant
    Scope otherwise;  // what ends where its user is not found
  };
  // What ends with all these: the tokens of their users. Waits for the answers.
  [[nodiscard]] std::vector<Scope> ends_of(const std::vector<Owned>& owned,
                                           const WhileWaiting& while_waiting);

 private:
  [[nodiscard]] std::vector<Result<HttpResponse>> ask(const std::vector<Owned>& owned,
                                                      const WhileWaiting& while_waiting);

  const std::string url_;
  EventsAccess& access_;
  HttpClient& http_;
};

}  // namespace auth
