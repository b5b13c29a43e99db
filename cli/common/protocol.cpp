// SPDX-License-Identifier: Apache-2.0
#include "cli/common/protocol.h"

#include "auth/base/text.h"
#include "auth/zitadel/url.h"
#include "cli/common/ask.h"

namespace cli {
namespace {

using auth::Reason;

// Whether a question in the wrong protocol may have failed for this reason.
bool may_be_other(Reason reason) {
  return reason == Reason::kTlsFailed || reason == Reason::kConnectionLost ||
         reason == Reason::kMalformedAnswer || reason == Reason::kAnswerTruncated;
}

std::string with_other_scheme(const std::string& url) {
  return url.starts_with("https:") ? "http" + url.substr(5) : "https" + url.substr(4);
}

bool speaks_other(const std::string& url, auth::HttpClient& http) {
  const auto answer = ask(http, {with_other_scheme(url)});
  if (answer) return answer->status != 400;
  // The server speaks TLS, even if its certificate is not accepted.
  return url.starts_with("http:") && answer.error().reason == Reason::kTlsFailed &&
         auth::lower_case(answer.error().detail).find("wrong version number") == std::string::npos;
}

}  // namespace

std::optional<std::string> wrong_protocol(Reason reason, const std::string& url,
                                          const std::string& setting, auth::HttpClient& http) {
  if (!may_be_other(reason) || !speaks_other(url, http)) return std::nullopt;
  const bool is_https = url.starts_with("https:");
  return std::string("the port speaks ") + (is_https ? "plain HTTP" : "TLS") + ", and " + setting +
         " says " + (is_https ? "https" : "http") + ": write " +
         auth::origin_of(with_other_scheme(url)) +
         (is_https ? " (for another machine that needs ZITADEL_ALLOW_HTTP=1), or the port of TLS"
                   : "");
}

}  // namespace cli
