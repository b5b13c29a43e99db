// SPDX-License-Identifier: Apache-2.0
#include "cli/token/token_answer.h"

#include <chrono>
#include <optional>
#include <string_view>

#include "auth/base/json.h"
#include "auth/base/result.h"
#include "auth/token/bearer_token.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/server_words.h"

namespace cli {
namespace {

auth::Result<auth::Secret, auth::Mistake> token_in(std::string_view body,
                                                   std::size_t max_token_bytes) {
  const std::optional<auth::Json> document = auth::Json::parse_secret(auth::SecretView(body));
  const std::optional<auth::Json> token =
      document ? document->member("access_token") : std::nullopt;
  const std::optional<std::string_view> text = token ? token->text() : std::nullopt;
  if (!text || !auth::is_bearer_token(*text, std::string::npos)) {
    return auth::Mistake{"the token endpoint's answer holds no access token"};
  }
  if (!auth::is_bearer_token(*text, max_token_bytes)) {
    return auth::Mistake{"the access token is " + std::to_string(text->size()) +
                         " bytes long, and an API takes " + std::to_string(max_token_bytes) +
                         " with the word Bearer: set ZITADEL_MAX_TOKEN_BYTES here and there, or "
                         "grant fewer roles"};
  }
  if (!auth::is_bearer(document->text_of("token_type").value_or(""))) {
    return auth::Mistake{"the token endpoint's answer holds a token that is not a bearer token"};
  }
  return auth::Secret(*text);
}

// Explains why a key was refused, as far as this is known here.
class Advice {
 public:
  Advice(const auth::HttpResponse& answer, const auth::ServiceUserKey& key,
         const std::string& issuer, auth::WallTime now)
      : answer_(answer),
        key_(key),
        issuer_(issuer),
        now_(now),
        clock_(auth::clock_error(answer, now, auth::kDateTolerance)) {}

  // Empty if the clock is right or cannot be compared.
  [[nodiscard]] std::string clock() const {
    return clock_.empty() ? "" : "this machine's clock is " + clock_ + ": set it right";
  }

  // Returns the possible causes: ZITADEL's answer is the same for each of them.
  [[nodiscard]] std::string causes() const {
    if (clock_is_the_cause()) return clock();
    const std::string first = clock_.empty() ? "" : clock() + "; where that does not help, ";
    return first + "it does not say why, the likely causes are, in this order: " + likely();
  }

 private:
  // ZITADEL refuses an assertion that was signed too far ahead of its time, or too long ago.
  [[nodiscard]] bool clock_is_the_cause() const {
    if (clock_.empty()) return false;
    const std::chrono::seconds ahead = now_ - *answer_.date;
    return ahead > auth::kAssertionAhead || ahead <= -auth::kAssertionBehind;
  }

  [[nodiscard]] std::string likely() const {
    std::string causes;
    int number = 0;
    const auto add = [&](const std::string& cause) {
      if (number > 0) causes += "; ";
      causes += '(' + std::to_string(++number) + ") " + cause;
    };
    if (!answer_.date) {
      add("this machine's clock is wrong, which cannot be seen, for the answer tells no time: "
          "compare "
          "it with another");
    }
    add("the key " + key_.key_id +
        " was deleted, has expired or is of another instance: open the service user under Users in "
        "ZITADEL's console, add a key of type JSON and use that file");
    add("--domain is not the instance that the key is of: it calls itself " + issuer_);
    add("the service user " + key_.user_id + " does not exist there any more: make one");
    add("ZITADEL itself is in trouble: try again later");
    return causes;
  }

  const auth::HttpResponse& answer_;
  const auth::ServiceUserKey& key_;
  const std::string& issuer_;
  const auth::WallTime now_;
  const std::string clock_;
};

std::string with_words(std::string_view what, const auth::HttpResponse& answer) {
  const std::string words = auth::server_words(answer);
  return std::string(what) + (words.empty() ? "" : ": " + words);
}

}  // namespace

auth::Result<auth::Secret, auth::Mistake> read_token_answer(const auth::HttpResponse& answer,
                                                            const auth::ServiceUserKey& key,
                                                            const std::string& issuer,
                                                            auth::WallTime now,
                                                            std::size_t max_token_bytes) {
  if (answer.status == 200) return token_in(answer.body, max_token_bytes);
  const std::optional<auth::Json> body = auth::Json::parse(answer.body);
  const std::string code = body ? body->text_of("error").value_or("") : "";
  const std::string description = body ? body->text_of("error_description").value_or("") : "";
  const Advice advice(answer, key, issuer, now);
  if (answer.status == 500 && code == "server_error") {
    return auth::Mistake{with_words("ZITADEL refused the key", answer) + ": " + advice.causes()};
  }
  const bool refused = answer.status >= 400 && answer.status < 500 && answer.status != 429;
  if (!refused || code.empty()) {
    return auth::Mistake{to_string(auth::status_error(answer, "the token endpoint"))};
  }
  if (description.find("NotActive") != std::string::npos) {
    return auth::Mistake{
        with_words("ZITADEL refused", answer) + ": the service user " + key.user_id +
        " is locked or deactivated: unlock or reactivate it under Users in ZITADEL's "
        "console"};
  }
  const std::string clock = advice.clock();
  return auth::Mistake{with_words("ZITADEL refused", answer) + (clock.empty() ? "" : "; " + clock)};
}

}  // namespace cli
