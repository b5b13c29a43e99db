// SPDX-License-Identifier: Apache-2.0
// Whose a session or a grant is: some events that end one do not say it, those before them do.
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "auth/events/access.h"
#include "auth/events/await.h"
#include "auth/events/scope.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// So many are asked about in one poll, which may be of two days; of more, nobody finds whose they
// are.
constexpr std::size_t kMostUserSearches = 2048;
constexpr std::size_t kUserSearchesAtOnce = 32;

// One thread. All that it is given must outlive it.
class UserSearch {
 public:
  // url: of the event search.
  UserSearch(std::string url, EventsAccess& access, HttpClient& http)
      : url_(std::move(url)), access_(access), http_(http) {}

  // A poll begins.
  void begin() noexcept { asked_ = 0; }

  // The tokens of the users of each history, in its place; empty where they are not found. Asks
  // about some at once, and waits for the answers.
  [[nodiscard]] std::vector<std::vector<Scope>> of(const std::vector<std::string>& histories,
                                                   const WhileWaiting& while_waiting);

 private:
  [[nodiscard]] std::vector<Result<HttpResponse>> ask(std::span<const std::string> histories,
                                                      const WhileWaiting& while_waiting);

  const std::string url_;
  EventsAccess& access_;
  HttpClient& http_;
  std::size_t asked_ = 0;
};

}  // namespace auth
