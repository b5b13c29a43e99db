// SPDX-License-Identifier: Apache-2.0
// zitadel-token: gets a service user's access token and prints it.
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "auth/settings/kinds.h"
#include "auth/zitadel/curl_http_client.h"
#include "cli/common/command.h"
#include "cli/common/terminal.h"
#include "cli/token/token_options.h"
#include "cli/token/token_request.h"

namespace {

using cli::TokenOptions;

constexpr std::string_view kCommand = "zitadel-token";

int fail(std::string message) { return cli::fail(kCommand, std::move(message)); }

// Reads from the environment what the API reads from its settings.
auth::Result<std::size_t, auth::Mistake> max_token_bytes() {
  constexpr const char* kName = "ZITADEL_MAX_TOKEN_BYTES";
  auth::Settings settings;
  const char* const value = std::getenv(kName);
  if (value == nullptr || *value == '\0') return settings.max_token_bytes;
  const auto checked =
      auth::setting_kinds::max_token_bytes.read({auth::Secret(value), "", ""}, settings);
  if (!checked) return auth::Mistake{kName + (" (environment) " + checked.error().sentence)};
  return settings.max_token_bytes;
}

int print_token(const TokenOptions& options, bool allow_http) {
  const auto most = max_token_bytes();
  if (!most) return fail(most.error().sentence);
  const auto key = auth::read_service_user_key(options.key_file);
  if (!key) return fail(auth::to_string(key.error()));
  const auth::SystemClock clock;
  auth::HttpOptions client_options;
  client_options.ca_file = options.ca_file;
  auth::CurlHttpClient http(client_options);
  const auto outcome =
      cli::get_token({options.domain, options.scope, allow_http, *most}, *key, http, clock);
  if (!outcome) return fail(outcome.error().sentence);
  if (!cli::is_usual_project_id(options.project)) {
    cli::tell(kCommand, "note: --project " + options.project +
                            " is no number, as the ids are that ZITADEL makes; where there is no "
                            "such project, no API takes this token: write the Resource Id that the "
                            "project's page in the console shows");
  }
  std::string line(outcome->reveal());
  line.push_back('\n');
  return cli::print(kCommand, auth::Secret::take(line).reveal());
}

}  // namespace

int main(int count, char** arguments) {
  const bool allow_http = cli::http_is_allowed();
  return cli::run_command(
      {kCommand, cli::token_help}, count, arguments,
      [&](const auto& words) { return cli::parse_token_options(words, allow_http); },
      [&](const TokenOptions& options) { return print_token(options, allow_http); });
}
