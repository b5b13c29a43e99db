// SPDX-License-Identifier: Apache-2.0
// Explains a missing or unexpected answer, and gives the remedy.
#pragma once

#include <string>

#include "auth/base/result.h"
#include "auth/zitadel/http_client.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

struct Failure {
  Trouble trouble;
  std::string text;
};

// Explains why a question brought no answer. url: the URL that was asked; setting: what names it.
[[nodiscard]] Failure explain_failure(const auth::Error& error, const std::string& url,
                                      const std::string& setting, const std::string& ca_file,
                                      fcgi::Judge& judge);

// Returns the text, and what the server said in an answer of another status than 200.
[[nodiscard]] std::string with_words(const std::string& text, const auth::HttpResponse& answer);

}  // namespace cli
