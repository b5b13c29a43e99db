// Discovery: where ZITADEL's endpoints are (OpenID Connect Discovery 1.0 §4).
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Below the issuer.
constexpr std::string_view kDiscoveryPath = "/.well-known/openid-configuration";

struct DiscoveryDocument {
  std::string issuer{};
  std::string introspection_endpoint{};  // empty where the issuer names none
  std::string token_endpoint{};
  std::string jwks_uri{};
};

// What is wrong with the issuer that a document names, or nothing.
using IssuerCheck = std::function<std::optional<Error>(const std::string& issuer)>;

// Reads a discovery document whose issuer passes the check and whose endpoints may be called
// (url.h). Errors: kMalformedAnswer, those of the check.
[[nodiscard]] Result<DiscoveryDocument> read_discovery(std::string_view body,
                                                       const IssuerCheck& check, bool allow_http);

// The same, where the issuer must equal the configured one to the byte. Errors: kMalformedAnswer,
// kIssuerMismatch.
[[nodiscard]] Result<DiscoveryDocument> parse_discovery(std::string_view body,
                                                        std::string_view issuer, bool allow_http);

// Thread-safe. The HTTP client must outlive the object, and the object what it has asked.
class Discovery {
 public:
  using Done = std::function<void(const Result<std::shared_ptr<const DiscoveryDocument>>&)>;

  Discovery(std::string issuer, bool allow_http, HttpClient& http)
      : issuer_(std::move(issuer)), allow_http_(allow_http), http_(http) {}

  // Calls done exactly once: before returning where the document is known, else on the HTTP
  // client's thread. Whoever asks meanwhile shares the question. A failure is not remembered.
  // Errors: those of HttpClient::send, of status_error and of parse_discovery.
  void get(const Done& done);

 private:
  void settle(const Result<std::shared_ptr<const DiscoveryDocument>>& outcome);

  const std::string issuer_;
  const bool allow_http_;
  HttpClient& http_;
  Mutex mutex_;
  std::shared_ptr<const DiscoveryDocument> known_ GUARDED_BY(mutex_);
  std::vector<Done> waiting_ GUARDED_BY(mutex_);
};

// By how much this machine's clock is wrong, "600 seconds ahead of ZITADEL's"; empty where it is
// not by more than the tolerance, or the answer tells no time.
constexpr std::chrono::seconds kClockTolerance{10};
// The time that an answer tells is cut to seconds, and it took a while.
constexpr std::chrono::seconds kDateTolerance{1};
[[nodiscard]] std::string clock_error(const HttpResponse& response, WallTime now,
                                      std::chrono::seconds tolerance = kClockTolerance);

// "introspection answered with status 404, saying: …", what it said being server_words.
[[nodiscard]] std::string answer_in_words(const HttpResponse& response, std::string_view endpoint);

// What a status other than 200 means at any of ZITADEL's endpoints; the detail is answer_in_words.
[[nodiscard]] Error status_error(const HttpResponse& response, std::string_view endpoint);

// The same for discovery, where 404 means that no instance has that name. setting: what holds it.
[[nodiscard]] Error discovery_error(const HttpResponse& response, std::string_view setting);

}  // namespace auth
