// SPDX-License-Identifier: Apache-2.0
#include "cli/check/credentials.h"

#include <chrono>
#include <optional>
#include <string_view>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/timestamp.h"
#include "auth/zitadel/form.h"
#include "auth/zitadel/server_words.h"
#include "cli/check/failure.h"

namespace cli {
namespace {

using auth::HttpResponse;

constexpr std::string_view kMadeUpToken = "zitadel-check-asks-about-a-token-that-nobody-has";
constexpr std::size_t kFormOverhead = 4096;  // client assertion, names and encoding
constexpr std::chrono::hours kSoon{24 * 30};

class CredentialsCheck {
 public:
  CredentialsCheck(const auth::Settings& settings, const std::string& endpoint,
                   const std::string& clock_error, fcgi::Judge& judge, Findings& findings)
      : settings_(settings),
        endpoint_(endpoint),
        clock_error_(clock_error),
        judge_(judge),
        findings_(findings) {}

  bool run() && {
    authenticate();
    return takes_us_;
  }

 private:
  void authenticate();
  void explain_refusal(const HttpResponse& answer);
  [[nodiscard]] std::string about_clock(const HttpResponse& answer) const;

  const auth::Settings& settings_;
  const std::string& endpoint_;
  const std::string& clock_error_;
  fcgi::Judge& judge_;
  Findings& findings_;
  bool takes_us_ = false;
};

void CredentialsCheck::authenticate() {
  const bool has_credentials = settings_.application_key || !settings_.client_id.empty();
  if (settings_.validation == auth::Validation::kJwt) {
    return findings_.note("credentials",
                          "not tried: with ZITADEL_VALIDATION=jwt ZITADEL is asked about no token");
  }
  if (endpoint_.empty() || !has_credentials) {
    return findings_.bad(Trouble::kZitadel, "credentials",
                         "the discovery document names no introspection_endpoint: is it ZITADEL?");
  }
  const auto answer = introspect(endpoint_, judge_, auth::SecretView(kMadeUpToken));
  if (!answer) {
    const Failure failure = explain_failure(answer.error(), endpoint_, "ZITADEL_INTROSPECTION_URL",
                                            settings_.ca_file, judge_);
    return findings_.bad(failure.trouble, "credentials", failure.text);
  }
  if (answer->status != 200) return explain_refusal(*answer);
  const std::optional<auth::Json> json = auth::Json::parse(answer->body);
  const std::optional<auth::Json> active = json ? json->member("active") : std::nullopt;
  const std::optional<bool> is_active = active ? active->boolean() : std::nullopt;
  if (!is_active) {
    return findings_.bad(Trouble::kZitadel, "credentials",
                         "the answer of introspection is none: does ZITADEL_INTROSPECTION_URL lead "
                         "to ZITADEL's /oauth/v2/introspect?");
  }
  if (*is_active) {
    return findings_.bad(Trouble::kZitadel, "credentials",
                         "a made-up token is called active: what answers is not ZITADEL, and lets "
                         "everybody in");
  }
  takes_us_ = true;
  findings_.good("credentials", judge_.authentication().describe() +
                                    " is accepted: a made-up token is called inactive");
}

// Returns the possible causes: ZITADEL's answer is the same for each of them.
std::string causes_of(const auth::Settings& settings) {
  if (settings.application_key) {
    return "is the key deleted or expired in ZITADEL, of another instance or application, is the "
           "application or its project deactivated, or is its method Basic? Open the API "
           "application in ZITADEL's console, add a key of type JSON and name that file in "
           "API_PRIVATE_KEY_FILE_PATH";
  }
  return "is ZITADEL_CLIENT_SECRET or ZITADEL_CLIENT_ID wrong, of another instance, is the "
         "application or its project deactivated, or is its method Private Key JWT? Make a new "
         "secret for the API application in ZITADEL's console";
}

// Returns advice about the clock if it is known to be wrong, if the answer gives no time, or if the
// words of the answer speak of times.
std::string CredentialsCheck::about_clock(const HttpResponse& answer) const {
  if (!clock_error_.empty())
    return "this machine's clock is " + clock_error_ + ", set it right first; then: ";
  const std::string words = auth::server_words(answer);
  const bool speaks_of_times = words.find("future") != std::string::npos ||
                               words.find("issued") != std::string::npos ||
                               words.find("expired") != std::string::npos;
  if (answer.date && !speaks_of_times) return {};
  return "is this machine's clock right (compare date -u)? Else: ";
}

void CredentialsCheck::explain_refusal(const HttpResponse& answer) {
  const std::string said =
      with_words("introspection answered with status " + std::to_string(answer.status), answer);
  const auto bad = [&](Trouble trouble, const std::string& advice) {
    findings_.bad(trouble, "credentials", said + ": " + advice);
  };
  const std::optional<auth::Json> json = auth::Json::parse(answer.body);
  const std::string code = json ? json->text_of("error").value_or("") : "";
  if (answer.status == 401 || code == "unauthorized_client" || code == "invalid_client") {
    const std::string who = judge_.authentication().describe() + " was refused: ";
    return bad(Trouble::kRefused, who + about_clock(answer) + causes_of(settings_));
  }
  if (answer.status == 400)
    return bad(Trouble::kZitadel, "does a proxy on the way change the form that is sent?");
  if (answer.status == 404) {
    return bad(
        Trouble::kSettings,
        "is ZITADEL_INTROSPECTION_URL right? For ZITADEL it is ZITADEL_DOMAIN/oauth/v2/introspect; "
        "without it, the URL is found by itself");
  }
  if (answer.status >= 300 && answer.status < 400) {
    return bad(
        Trouble::kZitadel,
        "it leads elsewhere, and that is never followed; is ZITADEL_INTROSPECTION_URL right?");
  }
  if (answer.status == 429)
    return bad(Trouble::kZitadel, "ZITADEL limits our calls; wait and try again");
  bad(Trouble::kZitadel, "ZITADEL, or the proxy in front of it, is in trouble");
}

}  // namespace

bool check_credentials(const auth::Settings& settings, const std::string& endpoint,
                       const std::string& clock_error, fcgi::Judge& judge, Findings& findings) {
  return CredentialsCheck(settings, endpoint, clock_error, judge, findings).run();
}

void check_expiry(const auth::Settings& settings, auth::WallTime now, Findings& findings) {
  if (!settings.application_key) return;
  const auth::ApplicationKey& key = *settings.application_key;
  const std::optional<auth::WallTime> end = auth::parse_timestamp(key.expires);
  if (!end) {
    return findings.note("expiry",
                         "the key's file does not say when it ends: ZITADEL's console does, under "
                         "Keys of the API application");
  }
  const std::string when =
      "the key " + key.key_id + (*end <= now ? " expired at " : " ends at ") + key.expires;
  if (*end <= now) {
    return findings.bad(Trouble::kRefused, "expiry",
                        when + ", by its file: add another in ZITADEL's console");
  }
  *end - now < kSoon ? findings.note("expiry", when + ": add another before")
                     : findings.good("expiry", when);
}

// Asks again after a refusal, as the program does: an assertion that was used before may be
// refused.
auth::Result<HttpResponse> introspect(const std::string& endpoint, fcgi::Judge& judge,
                                      auth::SecretView token) {
  const auto ask = [&](bool after_refusal) -> auth::Result<HttpResponse> {
    auth::HttpRequest request{endpoint};
    std::string form;
    form.reserve(token.size() * 3 + kFormOverhead);  // no copy is left behind by growing
    auth::append_form_field(form, "token", token.reveal());
    auto applied = judge.authentication().apply(form, request, after_refusal);
    request.form = auth::Secret::take(form);
    if (!applied) return std::move(applied).error();
    return judge.send(std::move(request));
  };
  auto answer = ask(false);
  const bool is_refused = answer && (answer->status == 400 || answer->status == 401);
  return is_refused && judge.authentication().can_renew() ? ask(true) : std::move(answer);
}

}  // namespace cli
