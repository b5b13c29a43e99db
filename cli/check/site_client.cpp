// SPDX-License-Identifier: Apache-2.0
#include "cli/check/site_client.h"

#include <utility>

#include "auth/base/json.h"
#include "auth/base/text.h"
#include "cli/common/ask.h"

namespace cli {

using auth::HttpResponse;

SiteClient::SiteClient(const auth::Settings& settings)
    : http_({settings.connect_timeout, settings.timeout}),
      private_http_({settings.connect_timeout, settings.timeout, 8, 8, settings.ca_file}),
      is_private_(false),
      has_authority_(!settings.ca_file.empty()) {}

std::optional<HttpResponse> SiteClient::get(const std::string& url, std::string_view token,
                                            std::string_view header) {
  auth::HttpRequest request{url};
  if (!token.empty()) {
    std::string value = "Bearer " + std::string(token);
    request.authorization = auth::Secret::take(value);
  }
  if (!header.empty()) request.headers.emplace_back(header);
  auto answer = ask(is_private_ ? private_http_ : http_, std::move(request));
  if (answer) return std::move(answer).value();
  why_not_ = to_string(answer.error());
  if (answer.error().reason != auth::Reason::kTlsFailed || is_private_ || !has_authority_) {
    return std::nullopt;
  }
  is_private_ = true;
  return get(url, token, header);
}

bool lets_in(const HttpResponse& answer) { return answer.status >= 200 && answer.status < 300; }
bool asks_for_token(const HttpResponse& answer) {
  return answer.status == 401 && auth::lower_case(answer.challenge).starts_with("bearer");
}

std::string error_in(const HttpResponse& answer) {
  const std::optional<auth::Json> body = auth::Json::parse(answer.body);
  std::string code = body ? body->text_of("error").value_or("") : "";
  if (!code.empty()) return code;
  constexpr std::string_view kParameter = "error=\"";
  const std::size_t begin = answer.challenge.find(kParameter);
  if (begin == std::string::npos) return asks_for_token(answer) ? "unauthorized" : "";
  const std::string_view rest =
      std::string_view(answer.challenge).substr(begin + kParameter.size());
  return std::string(rest.substr(0, rest.find('"')));
}

}  // namespace cli
