// SPDX-License-Identifier: Apache-2.0
// CallerVariables: the variables that describe the caller to a protected program.
//
// mod_fcgid leaves the authorizer's headers in the client's answer, and nothing can remove them
// from Apache's own error pages and redirects. So it gets them only with the variable
// ZITADEL_VARIABLES (apache/fcgid_access_checker.conf). The claims that the operator names are then
// in one variable of a fixed name, AUTH_CLAIMS: "NAME=value" pairs, separated by blanks.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/result.h"
#include "auth/token/claims.h"
#include "fcgi/http/request.h"

namespace fcgi {

// Maximum size of all names and values together, in bytes. lighttpd takes response heads of up to
// 64 KiB, and as much for all variables of a FastCGI program, the caller's own headers included.
// The buffer of nginx is in nginx/auth_request.conf.
constexpr std::size_t kMaxVariablesBytes = 32 << 10;
// Maximum size of one name and value, in bytes: Apache takes no line over 8,191 bytes from a
// program.
constexpr std::size_t kMaxApacheVariableBytes = 7990;

// Immutable after construction, so any thread may use it.
class CallerVariables {
 public:
  using List = std::vector<std::pair<std::string, std::string>>;  // names and values

  // passed_claims: names of claims that are passed on beyond the usual ones. REQUIRES: check_names
  // takes them.
  explicit CallerVariables(std::vector<std::string> passed_claims)
      : passed_claims_(std::move(passed_claims)) {}

  // Whether such names can be used: no two of them may share a variable. The mistake names the
  // first that would.
  [[nodiscard]] static auth::Result<void, auth::Mistake> check_names(
      const std::vector<std::string>& passed_claims);

  // Returns the variables for a request that may go on. Their values are encoded so that each stays
  // in its line and in its place in a list. There are as many roles and scopes as the web server
  // could pass on; AUTH_CUT names the lists that lack some. nullopt if the rest alone is more than
  // it could pass on. would_be: the value of AUTH_WOULD_BE; if it is empty, there is no such
  // variable.
  [[nodiscard]] std::optional<List> of(const Request& request, const auth::Claims& claims,
                                       std::string_view would_be = {}) const;

  // The limits in words, for the log.
  [[nodiscard]] static std::string limits() {
    return "32 KiB, with Apache 8,000 bytes in one variable";
  }

 private:
  [[nodiscard]] std::string pairs_of_passed(const auth::Claims& claims) const;

  const std::vector<std::string> passed_claims_;
};

}  // namespace fcgi
