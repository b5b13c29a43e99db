// SPDX-License-Identifier: Apache-2.0
// OwnPages: the pages of the program about itself, below /zitadel/.
//
//   live     says that the program answers; nobody is asked. For anybody: it says nothing else.
//   ready    says whether the program has what it needs to check a token. For anybody, as load
//            balancers have no token: two words, with a state that refused callers see anyway.
//   metrics, status, status.json: the metrics. For callers whom the operator has named; if none are
//            named, there are no such pages.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/token/requirement.h"
#include "auth/token_validator.h"
#include "fcgi/guard/responder.h"
#include "fcgi/http/client_address.h"
#include "fcgi/http/exchange.h"
#include "fcgi/monitor/about.h"

namespace fcgi {

// Thread-safe. Metrics, validator, responder and clock must outlive it, and it what it answers.
class OwnPages {
 public:
  struct Access {
    bool is_local = false;          // callers on this machine, see is_local
    auth::Requirement requirement;  // otherwise callers who meet this
  };

  // access: nullopt if nobody may see the metrics.
  OwnPages(auth::Metrics& metrics, std::optional<Access> access, About about,
           auth::TokenValidator& validator, const Responder& responder,
           ClientAddress client_address, const auth::Clock& clock);

  // Answers a request for a page, now or later, and takes the exchange. Returns false if it is for
  // none.
  [[nodiscard]] bool answer(std::unique_ptr<Exchange>& exchange) const;

  // Whether the request comes from this machine. A request that a proxy has passed on does not,
  // unless the proxy is a trusted one and names an address of this machine.
  [[nodiscard]] static bool is_local(const Request& request, const ClientAddress& client_address);

 private:
  using Page = Response (OwnPages::*)() const;

  [[nodiscard]] static Page page_of(std::string_view path) noexcept;
  void show(std::unique_ptr<Exchange> exchange, Page page) const;
  void tell_readiness(std::unique_ptr<Exchange> exchange) const;
  [[nodiscard]] Response live() const;
  [[nodiscard]] Response metrics() const;
  [[nodiscard]] Response status() const;
  [[nodiscard]] Response status_data() const;
  [[nodiscard]] auth::Metrics::Seen look() const;

  auth::Metrics& metrics_;
  const std::optional<Access> access_;
  const About about_;
  auth::TokenValidator& validator_;
  const Responder& responder_;
  const ClientAddress client_address_;
  const auth::Clock& clock_;
};

}  // namespace fcgi
