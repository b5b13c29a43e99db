// SPDX-License-Identifier: Apache-2.0
#include "cli/check/failure.h"

#include <string_view>
#include <utility>

#include "auth/base/text.h"
#include "auth/zitadel/server_words.h"
#include "cli/common/protocol.h"

namespace cli {
namespace {

using auth::Reason;

bool holds(std::string_view text, std::string_view part) {
  return auth::lower_case(text).find(part) != std::string::npos;
}

std::string certificate_advice(std::string_view words, const std::string& ca_file,
                               const std::string& setting) {
  if (holds(words, "subject name") || holds(words, "does not match")) {
    return "the certificate is for another name: write the name that it is for into " + setting +
           ", or give the server one for this name";
  }
  if (holds(words, "expired") || holds(words, "not yet valid")) {
    return "renew the certificate; or is this machine's clock wrong?";
  }
  if (holds(words, "certificate") && ca_file.empty()) {
    return "the certificate is of an authority that this machine does not know: write the path of "
           "that authority's certificate (PEM) into ZITADEL_CA_FILE";
  }
  if (holds(words, "certificate")) {
    return "ZITADEL_CA_FILE (" + ca_file +
           ") does not hold the authority that the certificate is of: it counts instead of the "
           "system's, so put the right one, or both, into it";
  }
  return "is there a server of TLS 1.2 or newer at this port?";
}

}  // namespace

Failure explain_failure(const auth::Error& error, const std::string& url,
                        const std::string& setting, const std::string& ca_file,
                        fcgi::Judge& judge) {
  const std::string words = to_string(error);
  const auto with = [&](const std::string& advice) {
    return Failure{Trouble::kZitadel, words + ": " + advice};
  };
  if (auto other = wrong_protocol(error.reason, url, setting, judge.http())) {
    return {Trouble::kSettings, *std::move(other)};
  }
  switch (error.reason) {
    case Reason::kTlsFailed:
      return with(certificate_advice(error.detail, ca_file, setting));
    case Reason::kConnectionLost:
    case Reason::kMalformedAnswer:
    case Reason::kAnswerTruncated:
      return with("something at this port ends the connection: is it ZITADEL's, or a proxy's?");
    case Reason::kAnswerTooLarge:
      return with("does something else than ZITADEL answer there, a proxy or a page of yours?");
    case Reason::kTimedOut:
    case Reason::kAnswerStalled:
      return with(
          "is a firewall between, or is the server overloaded? ZITADEL_TIMEOUT_MS and "
          "ZITADEL_CONNECT_TIMEOUT_MS say how long is waited");
    default:
      return with("is it running, are name and port in " + setting +
                  " right, does a firewall let this machine out?");
  }
}

std::string with_words(const std::string& text, const auth::HttpResponse& answer) {
  const std::string words = auth::server_words(answer);
  return words.empty() ? text : text + ", saying: " + words;
}

}  // namespace cli
