// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/discovery.h"

#include <optional>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/json_members.h"
#include "auth/zitadel/server_words.h"
#include "auth/zitadel/url.h"

namespace auth {
namespace {

using std::chrono::seconds;

// Whether the status means moved, not found, not for that method, or gone.
bool is_elsewhere(int status) {
  return (status >= 300 && status < 400) || status == 404 || status == 405 || status == 410;
}

std::optional<std::string> text_of(std::string_view member) {
  const std::optional<Json> json = Json::parse(member);
  const std::optional<std::string_view> text = json ? json->text() : std::nullopt;
  return text ? std::optional<std::string>(*text) : std::nullopt;
}

// Returns the endpoint of that name: empty if the document has none, nullopt if it is unusable.
std::optional<std::string> endpoint_of(std::string_view document, std::string_view name,
                                       bool allow_http) {
  const std::optional<std::string_view> member = json_member(document, name);
  if (!member) return std::nullopt;
  if (member->empty()) return std::string();
  std::optional<std::string> url = text_of(*member);
  if (!url || !check_url(*url, allow_http)) return std::nullopt;
  return url;
}

bool lacks_what_is_in(const DiscoveryDocument& known, const DiscoveryDocument& found) {
  const auto lacks = [&](std::string DiscoveryDocument::*endpoint) {
    return (found.*endpoint).empty() && !(known.*endpoint).empty();
  };
  return lacks(&DiscoveryDocument::introspection_endpoint) ||
         lacks(&DiscoveryDocument::token_endpoint) || lacks(&DiscoveryDocument::jwks_uri);
}

Error unusable(std::string_view endpoint) {
  return {Reason::kMalformedAnswer,
          "the discovery document's " + std::string(endpoint) + " is not a URL that may be called"};
}

}  // namespace

Result<DiscoveryDocument> read_discovery(std::string_view body, const IssuerCheck& check,
                                         bool allow_http) {
  const std::optional<std::string_view> member = json_member(body, "issuer");
  if (!member) {
    return Error{Reason::kMalformedAnswer,
                 "the discovery document is not a JSON object, or names two issuers"};
  }
  std::optional<std::string> issuer = text_of(*member);
  if (!issuer) return Error{Reason::kMalformedAnswer, "the discovery document names no issuer"};
  if (Result<void> checked = check(*issuer); !checked) return std::move(checked).error();
  DiscoveryDocument known{*std::move(issuer)};
  for (const auto& [name, endpoint] :
       {std::pair{"introspection_endpoint", &DiscoveryDocument::introspection_endpoint},
        std::pair{"token_endpoint", &DiscoveryDocument::token_endpoint},
        std::pair{"jwks_uri", &DiscoveryDocument::jwks_uri}}) {
    std::optional<std::string> url = endpoint_of(body, name, allow_http);
    if (!url) return unusable(name);
    known.*endpoint = std::move(*url);
  }
  return known;
}

Result<DiscoveryDocument> parse_discovery(std::string_view body, std::string_view issuer,
                                          bool allow_http) {
  const auto check = [&](const std::string& found) -> Result<void> {
    if (found == issuer) return {};
    return Error{Reason::kIssuerMismatch, "found " + shown_url(found) + ", ZITADEL_DOMAIN is " +
                                              std::string(issuer) +
                                              ": they must be equal to the letter; write your "
                                              "instance's URL as it spells its issuer"};
  };
  return read_discovery(body, check, allow_http);
}

void Discovery::get(const Done& done) {
  std::shared_ptr<const DiscoveryDocument> known;
  bool is_due = false;
  {
    const SteadyTime now = clock_.steady();
    const MutexLock lock(mutex_);
    known = known_;
    if (!known) waiting_.push_back(done);
    is_due = !is_asking_ && (!known || now >= due_at_);
    if (is_due) {
      is_asking_ = true;
      asked_at_ = now;
    }
  }
  if (known) done(known);
  if (is_due) ask();
}

void Discovery::note_status(int status) {
  if (is_elsewhere(status)) read_again(kMinDiscoveryInterval);
}

void Discovery::read_again(seconds pause) {
  {
    const SteadyTime now = clock_.steady();
    const MutexLock lock(mutex_);
    if (!known_ || is_asking_ || now < asked_at_ + pause) return;
    is_asking_ = true;
    asked_at_ = now;
  }
  ask();
}

void Discovery::ask() {
  http_.send({issuer_ + std::string(kDiscoveryPath)}, [this](Result<HttpResponse> answer) {
    const seconds fresh_for =
        answer ? answer->freshness.left(kMinDiscoveryInterval, kDiscoveryInterval) : seconds(0);
    const Outcome outcome = read(std::move(answer));
    settle(outcome, outcome ? fresh_for : kDiscoveryRetry);
  });
}

Discovery::Outcome Discovery::read(Result<HttpResponse> answer) const {
  if (!answer) return std::move(answer).error();
  if (answer->status != 200) return discovery_error(*answer, "ZITADEL_DOMAIN");
  Result<DiscoveryDocument> document = parse_discovery(answer->body, issuer_, allow_http_);
  if (!document) return std::move(document).error();
  return std::make_shared<const DiscoveryDocument>(*std::move(document));
}

void Discovery::settle(const Outcome& outcome, seconds fresh_for) {
  std::vector<Done> waiting;
  {
    const MutexLock lock(mutex_);
    const bool is_worse = outcome && known_ && lacks_what_is_in(*known_, **outcome);
    if (outcome && !is_worse) known_ = *outcome;
    metrics_.set(Gauge::kDiscovered, known_ ? 1 : 0);
    due_at_ = asked_at_ + (is_worse ? kDiscoveryRetry : fresh_for);
    is_asking_ = false;
    waiting.swap(waiting_);
  }
  for (const Done& done : waiting) done(outcome);
}

std::string clock_error(const HttpResponse& response, WallTime now,
                        std::chrono::seconds tolerance) {
  if (!response.date) return {};
  const std::chrono::seconds ahead = now - *response.date;
  if (std::chrono::abs(ahead) <= tolerance) return {};
  return std::to_string(std::chrono::abs(ahead).count()) + " seconds " +
         (ahead.count() > 0 ? "ahead of" : "behind") + " ZITADEL's";
}

std::string answer_in_words(const HttpResponse& response, std::string_view endpoint) {
  std::string text(endpoint);
  text.append(" answered with status ").append(std::to_string(response.status));
  const std::string words = server_words(response);
  if (!words.empty()) text.append(", saying: ").append(words);
  return text;
}

Error status_error(const HttpResponse& response, std::string_view endpoint) {
  const std::string detail = answer_in_words(response, endpoint);
  if (response.status == 429) return {Reason::kRateLimited, detail, response.retry_after};
  if (response.status >= 500) return {Reason::kServerError, detail, response.retry_after};
  if (response.status >= 300 && response.status < 400) return {Reason::kRedirected, detail};
  return {Reason::kUnexpectedStatus, detail};
}

Error discovery_error(const HttpResponse& response, std::string_view setting) {
  Error error = status_error(response, "discovery");
  if (response.status == 404) {
    error.detail.append("; the name in ")
        .append(setting)
        .append(" must be the instance's own, unless the answer names another cause");
  }
  return error;
}

}  // namespace auth
