// SPDX-License-Identifier: Apache-2.0
// A caller of the site.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/settings/settings.h"
#include "auth/zitadel/curl_http_client.h"

namespace cli {

// One thread at a time.
class SiteClient {
 public:
  // Trusts the authorities that this machine trusts, else those in ZITADEL_CA_FILE.
  explicit SiteClient(const auth::Settings& settings);

  // Waits for the answer, of any status; nullopt if none came. token: empty, or a token to send.
  // header: empty, or one more header line: "X-Original-URL: /".
  [[nodiscard]] std::optional<auth::HttpResponse> get(const std::string& url,
                                                      std::string_view token = {},
                                                      std::string_view header = {});

  // Returns why the last call without an answer failed.
  [[nodiscard]] const std::string& why_not() const noexcept { return why_not_; }

 private:
  auth::CurlHttpClient http_;
  auth::CurlHttpClient private_http_;  // trusts ZITADEL_CA_FILE
  bool is_private_;
  bool has_authority_;
  std::string why_not_{};
};

[[nodiscard]] bool lets_in(const auth::HttpResponse& answer);
[[nodiscard]] bool asks_for_token(const auth::HttpResponse& answer);

// Returns the kind of refusal ("invalid_token"); empty if the web server has changed the answer.
[[nodiscard]] std::string error_in(const auth::HttpResponse& answer);

}  // namespace cli
