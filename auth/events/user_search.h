// SPDX-License-Identifier: Apache-2.0
// UserSearch: finds the user of a session or a grant. Some events that end one do not name the
// user, but those before them do.
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

// Maximum number of searches in one poll, which may be of two days. The users of further histories
// are not found.
constexpr std::size_t kMostUserSearches = 2048;
constexpr std::size_t kUserSearchesAtOnce = 32;

// One thread at a time. All arguments of the constructor must outlive it.
class UserSearch {
 public:
  // url: the event search.
  UserSearch(std::string url, EventsAccess& access, HttpClient& http)
      : url_(std::move(url)), access_(access), http_(http) {}

  // Starts a poll: its searches are counted from 0.
  void begin() noexcept { asked_ = 0; }

  // Returns the tokens of the users of each history, in its place; empty if they are not found.
  // Sends several searches at once, and waits for the answers.
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
