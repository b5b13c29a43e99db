// SPDX-License-Identifier: Apache-2.0
// Decision: whether one request may go on, and why. It is reported to those who count it or write
// it down.
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

// Lives as long as the call that reports it.
struct Decision {
  const Request& request;
  const auth::Requirement* requirement;  // null: no rule is there for the request
  const auth::Claims* claims;            // of a valid token, if one was checked; or null
  int status = 200;  // let in (an endpoint's own answer may differ), or how it is refused
  std::optional<auth::Reason> reason{};  // of a refusal for which there is one
  std::string_view sentence{};           // why it is refused; nothing in it comes from the caller
  std::chrono::nanoseconds took{};       // since the request arrived
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

// All must outlive the object that reports to them.
struct DecisionObservers {
  std::vector<DecisionObserver*> of_all{};
  std::vector<DecisionObserver*> of_refusals{};  // get only refusals, and not the time they took
};

}  // namespace fcgi
