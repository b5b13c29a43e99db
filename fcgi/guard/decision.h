// SPDX-License-Identifier: Apache-2.0
// Decision: whether one request may go on, and why; told to whoever counts it or writes it down.
#pragma once

#include <chrono>
#include <optional>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/token/claims.h"
#include "auth/token/requirement.h"
#include "fcgi/http/request.h"

namespace fcgi {

// Lives as long as the call that tells it.
struct Decision {
  const Request& request;
  const auth::Requirement* requirement;  // null: no rule is there for the request
  const auth::Claims* claims;            // of a token that is good, if one was looked at; or null
  int status = 200;  // let in (an endpoint's own answer may differ), or how it is refused
  std::optional<auth::Reason> reason{};  // of a refusal for which there is one
  std::string_view sentence{};           // why it is refused; nothing in it comes from the caller
  std::chrono::nanoseconds took{};       // since the request was there
  bool is_only_reported = false;         // ZITADEL_MODE=report: it goes on, whatever was decided

  [[nodiscard]] bool is_let_in() const noexcept { return status < 300; }
};

// Thread-safe: called by all that answer requests. Waits for nothing.
class DecisionObserver {
 public:
  DecisionObserver() = default;
  virtual ~DecisionObserver() = default;
  DecisionObserver(const DecisionObserver&) = delete;
  DecisionObserver& operator=(const DecisionObserver&) = delete;

  virtual void decided(const Decision& decision) noexcept = 0;
};

// All must outlive whoever tells them.
struct DecisionObservers {
  std::vector<DecisionObserver*> of_all{};
  std::vector<DecisionObserver*> of_refusals{};  // hear of nothing else, and not how long it took
};

}  // namespace fcgi
