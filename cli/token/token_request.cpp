#include "cli/token/token_request.h"

#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "auth/base/result.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/form.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

constexpr std::string_view kGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// Shared: the caller may be gone before set_value has returned on the client's thread.
auth::Result<auth::HttpResponse> ask(auth::HttpClient& http, auth::HttpRequest request) {
  const auto promise = std::make_shared<std::promise<auth::Result<auth::HttpResponse>>>();
  std::future<auth::Result<auth::HttpResponse>> outcome = promise->get_future();
  http.send(std::move(request), [promise](auth::Result<auth::HttpResponse> answer) {
    promise->set_value(std::move(answer));
  });
  return outcome.get();
}

// Whoever answers in its place must not get what is signed for another.
std::optional<auth::Error> check_issuer(const std::string& issuer, const std::string& domain) {
  if (auth::parse_url(issuer) && auth::plain_url(issuer) == domain) return std::nullopt;
  return auth::Error{auth::Reason::kIssuerMismatch,
                     "the discovered issuer is not --domain: " + domain + " calls itself " +
                         auth::shown_url(issuer) + "; if that is your instance, write this URL"};
}

std::optional<auth::Mistake> objection_to(const auth::DiscoveryDocument& found) {
  if (found.token_endpoint.empty()) {
    return auth::Mistake{"the discovery document names no token_endpoint"};
  }
  if (auth::origin_of(found.token_endpoint) != auth::origin_of(found.issuer)) {
    return auth::Mistake{"the discovery document of " + found.issuer +
                         " names a token_endpoint of another server, " +
                         auth::origin_of(found.token_endpoint) + ", which ZITADEL never does"};
  }
  return std::nullopt;
}

auth::Result<auth::DiscoveryDocument, auth::Mistake> discover(const TokenRequest& request,
                                                              auth::HttpClient& http) {
  const auto answer = ask(http, {request.domain + std::string(auth::kDiscoveryPath)});
  if (!answer) return auth::Mistake{to_string(answer.error())};
  if (answer->status != 200)
    return auth::Mistake{to_string(auth::discovery_error(*answer, "--domain"))};
  const auto check = [&](const std::string& issuer) {
    return check_issuer(issuer, request.domain);
  };
  auto found = auth::read_discovery(answer->body, check, request.allow_http);
  if (!found) {
    const auth::Error& error = found.error();
    return auth::Mistake{error.reason == auth::Reason::kIssuerMismatch ? error.detail
                                                                       : to_string(error)};
  }
  if (std::optional<auth::Mistake> objection = objection_to(*found)) return *std::move(objection);
  return *std::move(found);
}

auth::Result<auth::Secret> make_form(const TokenRequest& request, const auth::ServiceUserKey& key,
                                     const std::string& issuer, const auth::Clock& clock) {
  const auth::Result<auth::Secret> assertion = auth::sign_assertion(
      *key.key, key.key_id, key.user_id, issuer, clock.wall(), auth::kAssertionLifetime);
  if (!assertion) return assertion.error();
  std::string form;
  auth::append_form_field(form, "grant_type", kGrantType);
  auth::append_form_field(form, "scope", request.scope);
  auth::append_form_field(form, "assertion", assertion->reveal());
  return auth::Secret::take(form);
}

}  // namespace

auth::Result<auth::Secret, auth::Mistake> get_token(const TokenRequest& request,
                                                    const auth::ServiceUserKey& key,
                                                    auth::HttpClient& http,
                                                    const auth::Clock& clock) {
  if (auto mistake = auth::expiry_mistake(key, clock.wall()))
    return auth::Mistake{*std::move(mistake)};
  auto discovered = discover(request, http);
  if (!discovered) return std::move(discovered).error();
  const auto& found = *discovered;
  auth::Result<auth::Secret> form = make_form(request, key, found.issuer, clock);
  if (!form) return auth::Mistake{to_string(form.error())};
  const auto answer = ask(http, {found.token_endpoint, *std::move(form)});
  if (!answer) return auth::Mistake{to_string(answer.error())};
  return read_token_answer(*answer, key, found.issuer, clock.wall(), request.max_token_bytes);
}

}  // namespace cli
