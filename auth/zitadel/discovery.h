// SPDX-License-Identifier: Apache-2.0
// Discovery: finds ZITADEL's endpoints (OpenID Connect Discovery 1.0 §4).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Appended to the issuer's URL.
constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";

struct DiscoveryDocument {
  std::string issuer{};
  std::string introspection_endpoint{};  // empty where the issuer names none
  std::string token_endpoint{};
  std::string jwks_uri{};
};

// Interval after which a known document is read again, and the one after a failure to read it.
constexpr std::chrono::seconds kDiscoveryInterval{3600};
constexpr std::chrono::seconds kDiscoveryRetry{60};
// Minimum interval if an endpoint seems to have moved, or if ZITADEL asks for a shorter interval.
constexpr std::chrono::seconds kMinDiscoveryInterval{10};
// Minimum interval if the document lacks what is needed of it.
constexpr std::chrono::seconds kIncompleteRetry{1};

// Checks the issuer that a document names.
using IssuerCheck = std::function<Result<void>(const std::string& issuer)>;

// Reads a discovery document whose issuer passes the check and whose endpoints may be called
// (url.h). Ignores everything else in it. Errors: kMalformedAnswer, those of the check.
[[nodiscard]] Result<DiscoveryDocument> read_discovery(std::string_view body,
                                                       const IssuerCheck& check, bool allow_http);

// The same, but the issuer must equal the configured one to the byte. Errors: kMalformedAnswer,
// kIssuerMismatch.
[[nodiscard]] Result<DiscoveryDocument> parse_discovery(std::string_view body,
                                                        std::string_view issuer, bool allow_http);

// Thread-safe. HTTP client and clock must outlive the object, and the object its questions.
class Discovery {
 public:
  using Done = std::function<void(const Result<std::shared_ptr<const DiscoveryDocument>>&)>;

  Discovery(std::string issuer, bool allow_http, HttpClient& http, const Clock& clock,
            Metrics& metrics = Metrics::unread())
      : issuer_(std::move(issuer)),
        allow_http_(allow_http),
        http_(http),
        clock_(clock),
        metrics_(metrics) {}

  // Calls done exactly once: before returning if a document is known, which is then read again in
  // the background if it is due; else on the HTTP client's thread. Callers that ask meanwhile share
  // the question. A failure is not remembered, and does not replace a known document; nor does a
  // document that lacks an endpoint which the known one has. Errors: those of HttpClient::send, of
  // status_error and of parse_discovery.
  void get(const Done& done);

  // Notes the status with which an endpoint of the document has answered. If the endpoint is not
  // there, reads the document again in the background, so that the next question finds it.
  void note_status(int status);
  // Reads the document again in the background: it lacks what is needed of it.
  void note_incomplete() { read_again(kIncompleteRetry); }

 private:
  using Outcome = Result<std::shared_ptr<const DiscoveryDocument>>;

  void read_again(std::chrono::seconds pause);
  void ask();
  [[nodiscard]] Outcome read(Result<HttpResponse> answer) const;
  void settle(const Outcome& outcome, std::chrono::seconds fresh_for);

  const std::string issuer_;
  const bool allow_http_;
  HttpClient& http_;
  const Clock& clock_;
  Metrics& metrics_;
  Mutex mutex_;
  std::shared_ptr<const DiscoveryDocument> known_ GUARDED_BY(mutex_);  // the last good one
  std::vector<Done> waiting_ GUARDED_BY(mutex_);
  bool is_asking_ GUARDED_BY(mutex_) = false;
  SteadyTime asked_at_ GUARDED_BY(mutex_){};
  SteadyTime due_at_ GUARDED_BY(mutex_){};
};

// Usual tolerance of clock_error.
constexpr std::chrono::seconds kClockTolerance{10};
// Least tolerance of clock_error: the date is cut to seconds, and the answer took a while.
constexpr std::chrono::seconds kDateTolerance{1};
// Returns by how much this machine's clock is wrong, "600 seconds ahead of ZITADEL's"; empty if by
// no more than the tolerance, or if the answer has no date.
[[nodiscard]] std::string clock_error(const HttpResponse& response, WallTime now,
                                      std::chrono::seconds tolerance = kClockTolerance);

// Returns "introspection answered with status 404, saying: …", which ends with server_words.
[[nodiscard]] std::string answer_in_words(const HttpResponse& response, std::string_view endpoint);

// Returns the error for a status other than 200 of any of ZITADEL's endpoints. Its detail is
// answer_in_words.
[[nodiscard]] Error status_error(const HttpResponse& response, std::string_view endpoint);

// The same for discovery, where 404 means that no instance has that name. setting: what holds it.
[[nodiscard]] Error discovery_error(const HttpResponse& response, std::string_view setting);

}  // namespace auth
