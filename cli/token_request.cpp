#include "cli/token_request.h"

#include <algorithm>
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "auth/json.h"
#include "auth/result.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/form.h"

namespace cli {
namespace {

constexpr std::string_view kGrantType = "urn:ietf:params:oauth:grant-type:jwt-bearer";

// Starts something that ends with a call of its argument, and waits for that.
template <typename Value, typename Start>
auth::Result<Value> wait_for(Start start) {
  // Shared: the caller may be gone before set_value has returned on the client's thread.
  auto promise = std::make_shared<std::promise<auth::Result<Value>>>();
  std::future<auth::Result<Value>> outcome = promise->get_future();
  start([promise](auth::Result<Value> result) { promise->set_value(std::move(result)); });
  return outcome.get();
}

auth::Result<std::string> find_token_endpoint(const TokenRequest& request, auth::HttpClient& http) {
  using Document = std::shared_ptr<const auth::DiscoveryDocument>;
  auth::Discovery discovery(request.issuer, request.allow_http, http);
  const auth::Result<Document> found =
      wait_for<Document>([&](auto done) { discovery.get(std::move(done)); });
  if (!found) return found.error();
  if ((*found)->token_endpoint.empty()) {
    return auth::Error{auth::Reason::kMalformedAnswer,
                       "the discovery document names no token_endpoint"};
  }
  return (*found)->token_endpoint;
}

auth::Result<auth::Secret> make_form(const TokenRequest& request, const auth::ServiceUserKey& key,
                                     const auth::Clock& clock) {
  const auth::Result<auth::Secret> assertion = auth::sign_assertion(
      *key.key, key.key_id, key.user_id, request.issuer, clock.wall(), auth::kAssertionLifetime);
  if (!assertion) return assertion.error();
  std::string form;
  auth::append_form_field(form, "grant_type", kGrantType);
  auth::append_form_field(form, "scope", request.scope);
  auth::append_form_field(form, "assertion", assertion->reveal());
  return auth::Secret::take(form);
}

// RFC 6750 §2.1: what can be sent as a bearer token, and printed without harm to a terminal.
bool is_bearer_token(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char byte) { return byte > ' ' && byte <= '~'; });
}

// RFC 6749 §5.1: "Value is case insensitive."
bool is_bearer(std::string type) {
  for (char& letter : type) {
    if (letter >= 'A' && letter <= 'Z') letter = static_cast<char>(letter - 'A' + 'a');
  }
  return type == "bearer";
}

Refusal refusal_of(const auth::HttpResponse& answer) {
  const std::optional<auth::Json> body = auth::Json::parse(answer.body);
  const std::optional<std::string> code = body ? body->text_of("error") : std::nullopt;
  if (!code) return {auth::to_string(auth::status_error(answer, "the token endpoint"))};
  const std::optional<std::string> description = body->text_of("error_description");
  return {"ZITADEL refused: " + *code + (description ? ": " + *description : "")};
}

}  // namespace

std::variant<auth::Secret, Refusal> parse_token_answer(const auth::HttpResponse& answer) {
  if (answer.status != 200) return refusal_of(answer);
  const std::optional<auth::Json> body = auth::Json::parse_secret(auth::SecretView(answer.body));
  const std::optional<auth::Json> token = body ? body->member("access_token") : std::nullopt;
  const std::optional<std::string_view> text = token ? token->text() : std::nullopt;
  if (!text || !is_bearer_token(*text)) {
    return Refusal{"the token endpoint's answer holds no access token"};
  }
  if (!is_bearer(body->text_of("token_type").value_or(""))) {
    return Refusal{"the token endpoint's answer holds a token that is not a bearer token"};
  }
  return auth::Secret(*text);
}

std::variant<auth::Secret, Refusal> get_token(const TokenRequest& request,
                                              const auth::ServiceUserKey& key,
                                              auth::HttpClient& http, const auth::Clock& clock) {
  auth::Result<std::string> endpoint = find_token_endpoint(request, http);
  if (!endpoint) return Refusal{auth::to_string(endpoint.error())};
  auth::Result<auth::Secret> form = make_form(request, key, clock);
  if (!form) return Refusal{auth::to_string(form.error())};
  const auth::Result<auth::HttpResponse> answer = wait_for<auth::HttpResponse>([&](auto done) {
    http.send({*std::move(endpoint), *std::move(form)}, std::move(done));
  });
  if (!answer) return Refusal{auth::to_string(answer.error())};
  return parse_token_answer(*answer);
}

}  // namespace cli
