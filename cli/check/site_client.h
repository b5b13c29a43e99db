// SPDX-License-Identifier: Apache-2.0
// A caller of the site.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "auth/settings/settings.h"
#include "auth/zitadel/curl_http_client.h"

namespace cli {

// One thread.
class SiteClient {
 public:
  // Trusts what this machine does, else what ZITADEL_CA_FILE holds.
  explicit SiteClient(const auth::Settings& settings);

  // Waits for the answer, of any status. token: empty, or one to be sent. header: empty, or one
  // more line: "X-Original-URL: /".
  [[nodiscard]] std::optional<auth::HttpResponse> get(const std::string& url,
                                                      std::string_view token = {},
                                                      std::string_view header = {});

  // Why the last call that brought no answer did not.
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

// Which kind of refusal it is ("invalid_token"), where the web server leaves it as it was; empty
// where it does not.
[[nodiscard]] std::string error_in(const auth::HttpResponse& answer);

}  // namespace cli
