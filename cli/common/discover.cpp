// SPDX-License-Identifier: Apache-2.0
#include "cli/common/discover.h"

#include <utility>

#include "auth/zitadel/url.h"
#include "cli/common/ask.h"
#include "cli/common/protocol.h"

namespace cli {
namespace {

constexpr const char* kNotZitadel =
    ": does something else than ZITADEL answer at --domain, a proxy or a page of yours?";

auth::Result<void> check_issuer(const std::string& issuer, const std::string& domain) {
  if (auth::parse_url(issuer) && auth::plain_url(issuer) == domain) return {};
  return auth::Error{auth::Reason::kIssuerMismatch,
                     "the discovered issuer is not --domain: " + domain + " calls itself " +
                         auth::shown_url(issuer) + "; if that is your instance, write this URL"};
}

auth::Result<void, auth::Mistake> check_endpoint(const auth::DiscoveryDocument& found,
                                                 const std::string& name,
                                                 const std::string& endpoint) {
  if (auth::origin_of(endpoint) == auth::origin_of(found.issuer)) return {};
  return auth::Mistake{"the discovery document of " + found.issuer + " names a " + name +
                       " of another server, " + auth::origin_of(endpoint) +
                       ", which ZITADEL never does"};
}

}  // namespace

auth::Result<auth::DiscoveryDocument, auth::Mistake> discover(const std::string& domain,
                                                              bool allow_http,
                                                              auth::HttpClient& http) {
  const std::string url = domain + std::string(auth::kDiscoveryPath);
  const auto answer = ask(http, {url});
  // A TLS server answers plain HTTP with status 400.
  const bool may_be_tls = answer && answer->status == 400 && url.starts_with("http:");
  if (!answer || may_be_tls) {
    const auto reason = answer ? auth::Reason::kMalformedAnswer : answer.error().reason;
    if (auto other = wrong_protocol(reason, url, "--domain", http)) {
      return auth::Mistake{*std::move(other)};
    }
  }
  if (!answer) {
    const bool is_odd = answer.error().reason == auth::Reason::kAnswerTooLarge;
    return auth::Mistake{to_string(answer.error()) + (is_odd ? kNotZitadel : "")};
  }
  if (answer->status != 200) {
    const auth::Error error = auth::discovery_error(*answer, "--domain");
    const bool is_odd = error.reason == auth::Reason::kRedirected;
    return auth::Mistake{to_string(error) + (is_odd ? kNotZitadel : "")};
  }
  const auto check = [&](const std::string& issuer) { return check_issuer(issuer, domain); };
  auto found = auth::read_discovery(answer->body, check, allow_http);
  if (!found) {
    const auth::Error& error = found.error();
    return auth::Mistake{error.reason == auth::Reason::kIssuerMismatch
                             ? error.detail
                             : to_string(error) + kNotZitadel};
  }
  if (found->token_endpoint.empty()) {
    return auth::Mistake{"the discovery document names no token_endpoint"};
  }
  for (const auto& [name, endpoint] :
       {std::pair{"token_endpoint", found->token_endpoint},
        std::pair{"introspection_endpoint", found->introspection_endpoint}}) {
    if (endpoint.empty()) continue;
    if (auto checked = check_endpoint(*found, name, endpoint); !checked) {
      return std::move(checked).error();
    }
  }
  return *std::move(found);
}

}  // namespace cli
