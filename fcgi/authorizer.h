// Authorizer: decides about requests for what other programs serve (FastCGI specification §6.3, and
// nginx's auth_request).
//
// A request that may go on is answered 200 with "Variable-NAME: value" headers, from which the web
// server makes variables for the protected program. Any other answer goes to the client.
//
// mod_fcgid leaves these headers in the client's answer, and of Apache's own error pages and
// redirects nothing can take them out again. So it gets them only with the variable
// ZITADEL_VARIABLES (apache/fcgid_access_checker.conf), and what the operator names then in one of
// a fixed name, AUTH_CLAIMS: "NAME=value" pairs, separated by blanks.
#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "fcgi/exchange.h"
#include "fcgi/gatekeeper.h"
#include "fcgi/rules_file.h"

namespace fcgi {

// Of all variables with their names. lighttpd takes heads of answers up to 64 KiB, and as much for
// all that a FastCGI program is told, the caller's own headers included. nginx's buffer is in
// nginx/auth_request.conf.
constexpr std::size_t kMaxVariablesBytes = 32 << 10;
// Of one header, name and value: Apache takes no line over 8,191 bytes from a program.
constexpr std::size_t kMaxApacheHeaderBytes = 8000;

// Thread-safe. Rules and gatekeeper must outlive it.
class Authorizer {
 public:
  // rules: null where the operator has written none, and nobody is let in. passed_claims: names of
  // claims that the protected program gets beyond the usual ones.
  Authorizer(RulesFile* rules, const Gatekeeper& gatekeeper, std::vector<std::string> passed_claims)
      : rules_(rules), gatekeeper_(gatekeeper), passed_claims_(std::move(passed_claims)) {}

  // Whether the web server asks for a decision: in the AUTHORIZER role, or with the variable
  // ZITADEL_AUTHORIZE, which a client cannot set.
  [[nodiscard]] static bool is_asked(const Request& request) noexcept;

  // Whether the web server lets a request go on for any answer 2xx, not for 200 alone, as nginx
  // does. REQUIRES: is_asked.
  [[nodiscard]] static bool success_lets_through(const Request& request) noexcept;

  // What is wrong with names of claims to be passed: two would share a variable. Or nothing.
  [[nodiscard]] static std::optional<std::string> mistake_in(
      const std::vector<std::string>& passed_claims);

  // Finishes the exchange, now or later.
  void handle(std::unique_ptr<Exchange> exchange) const;

 private:
  [[nodiscard]] Response admit(const Request& request, const auth::Claims& claims) const;
  [[nodiscard]] std::string pairs_of_passed(const auth::Claims& claims) const;

  RulesFile* const rules_;
  const Gatekeeper& gatekeeper_;
  const std::vector<std::string> passed_claims_;
};

}  // namespace fcgi
