// The way to ZITADEL, step by step: name, TLS, instance, issuer, clock, our own credentials, key
// set.
#pragma once

#include <optional>
#include <string>

#include "auth/jose/jwk.h"
#include "auth/settings/settings.h"
#include "cli/check/findings.h"
#include "fcgi/command/judge.h"

namespace cli {

// What later steps need of it.
struct Instance {
  std::string introspection_endpoint{};  // empty: none that may be asked
  bool takes_us = false;                 // our credentials are good
  std::optional<auth::jose::JwkSet> keys{};
};

// Stops where what follows would only repeat what is wrong.
[[nodiscard]] Instance check_instance(const auth::Settings& settings, fcgi::Judge& judge,
                                      Findings& findings);

// What ZITADEL says of a token: its answer of introspection, of any status.
[[nodiscard]] auth::Result<auth::HttpResponse> introspect(const std::string& endpoint,
                                                          fcgi::Judge& judge,
                                                          auth::SecretView token);

// What became of a question that brought no answer, with the remedy. url: what was asked.
struct Failure {
  Trouble trouble;
  std::string text;
};
[[nodiscard]] Failure explain_failure(const auth::Error& error, const std::string& url,
                                      const std::string& setting, const std::string& ca_file,
                                      fcgi::Judge& judge);

}  // namespace cli
