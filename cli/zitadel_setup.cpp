// SPDX-License-Identifier: Apache-2.0
// zitadel-setup: makes in ZITADEL what an API needs, and writes the files that it starts with.
#include <chrono>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "auth/zitadel/curl_http_client.h"
#include "cli/common/command.h"
#include "cli/common/terminal.h"
#include "cli/setup/demo.h"
#include "cli/setup/options.h"
#include "cli/setup/setup.h"

namespace {

constexpr std::string_view kCommand = "zitadel-setup";
constexpr std::chrono::seconds kTimeout{20};  // ZITADEL Cloud needs some seconds for a single call

int fail(std::string message) { return cli::fail(kCommand, std::move(message)); }

int set_up(cli::SetupOptions options, bool allow_http) {
  if (!options.demo.empty()) {
    auto issuer = cli::read_demo_issuer(options.demo, options.events);
    if (!issuer) return fail(issuer.error().sentence);
    options.domain = std::move(issuer->domain);
    options.token_file = std::move(issuer->token_file);
  }
  const auth::SystemClock clock;
  auth::HttpOptions client_options;
  client_options.ca_file = options.ca_file;
  client_options.timeout = kTimeout;
  auth::CurlHttpClient http(client_options);
  const auto outcome = cli::set_up(options, allow_http, http, clock);
  return outcome ? EXIT_SUCCESS : fail(outcome.error().sentence);
}

}  // namespace

int main(int count, char** arguments) {
  const bool allow_http = cli::http_is_allowed();
  return cli::run_command(
      {kCommand, cli::setup_help}, count, arguments,
      [&](const auto& words) { return cli::parse_setup_options(words, allow_http); },
      [&](const cli::SetupOptions& options) { return set_up(options, allow_http); });
}
