// SPDX-License-Identifier: Apache-2.0
// Judge: asks ZITADEL and waits for the answer.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/settings/settings.h"
#include "auth/token/requirement.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/curl_http_client.h"

namespace fcgi {

// Asks ZITADEL as the program does. Nothing is learned from other processes and nothing is kept.
// One thread.
class Judge {
 public:
  // Takes the client secret out of the settings, which must outlive it.
  explicit Judge(auth::Settings& settings);

  // Returns what the program would answer a caller with that IP address. Waits for it.
  [[nodiscard]] auth::TokenValidator::Answer ask(auth::SecretView token,
                                                 const auth::Requirement& requirement,
                                                 std::string_view client = {});

  // Sends one request over HTTP, and waits for the answer.
  [[nodiscard]] auth::Result<auth::HttpResponse> send(auth::HttpRequest request);

  [[nodiscard]] auth::HttpClient& http() noexcept { return http_; }
  [[nodiscard]] auth::ClientAuthentication& authentication() noexcept { return *authentication_; }
  [[nodiscard]] const auth::Clock& clock() const noexcept { return clock_; }

 private:
  const auth::Settings& settings_;
  const auth::SystemClock clock_{};
  const std::unique_ptr<auth::ClientAuthentication> authentication_;
  auth::CurlHttpClient http_;
};

// Reads the token in a file, with nothing around it but blanks and line breaks; "-" is standard
// input. The mistake is a whole sentence.
[[nodiscard]] auth::Result<auth::Secret, auth::Mistake> read_token_file(
    const std::string& path, const auth::Settings& settings);

}  // namespace fcgi
