// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/decision_counter.h"

#include "fcgi/guard/authorizer.h"
#include "fcgi/monitor/names.h"

namespace fcgi {

void DecisionCounter::decided(const Decision& decision) noexcept {
  metrics_.tick();  // first: what comes now belongs to this minute
  const bool authorizes = Authorizer::is_asked(decision.request);
  metrics_.add_to(
      authorizes ? auth::Counter::kDecisionsOfAuthorizer : auth::Counter::kDecisionsOfResponder,
      static_cast<std::size_t>(outcome_of(decision.status)));
  metrics_.observe(authorizes ? auth::Histogram::kAuthorizer : auth::Histogram::kResponder,
                   decision.took);
  if (!decision.is_let_in()) {
    metrics_.note_refusal(decision.reason ? static_cast<std::size_t>(*decision.reason)
                                          : auth::kNoReason);
  }
}

}  // namespace fcgi
