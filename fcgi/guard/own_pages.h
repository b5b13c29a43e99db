// SPDX-License-Identifier: Apache-2.0
// OwnPages: what the program tells of itself, below /zitadel/.
//
//   live     it answers; nobody is asked. For anybody: it says nothing else.
//   ready    whether it has what it needs to judge a token. For anybody, as load balancers have no
//            token: two words, of which the state follows that refused callers see anyway.
//   metrics, status, status.json: what is counted. For whom the operator has named, else unknown.
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
    bool is_local = false;          // who calls from this machine, see is_local
    auth::Requirement requirement;  // else who meets this
  };

  // access: nullopt where nobody sees what is counted.
  OwnPages(auth::Metrics& metrics, std::optional<Access> access, About about,
           auth::TokenValidator& validator, const Responder& responder,
           ClientAddress client_address, const auth::Clock& clock);

  // Answers a request for a page, now or later, and takes the exchange. False: it is for none.
  [[nodiscard]] bool answer(std::unique_ptr<Exchange>& exchange) const;

  // Whether the request comes from this machine. One that a proxy has handed on does not, unless
  // the proxy is a trusted one and names an address of this machine.
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
