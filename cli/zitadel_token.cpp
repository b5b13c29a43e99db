// zitadel-token: gets a service user's access token and prints it.
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <exception>
#include <iostream>
#include <optional>
#include <string>
#include <system_error>
#include <utility>

#include "auth/base/private_process.h"
#include "auth/base/text.h"
#include "auth/base/version.h"
#include "auth/settings/kinds.h"
#include "auth/zitadel/curl_http_client.h"
#include "cli/token/token_options.h"
#include "cli/token/token_request.h"

namespace {

using cli::TokenOptions;

void tell(std::string message) {
  // What was found outside must not command the terminal.
  std::replace_if(message.begin(), message.end(), auth::is_control, '?');
  std::cerr << "zitadel-token: " << message << '\n';
}

int fail(std::string message) {
  tell(std::move(message));
  return EXIT_FAILURE;
}

int print(std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, text.data(), text.size());
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) return fail("standard output: " + std::generic_category().message(errno));
    text.remove_prefix(static_cast<std::size_t>(count));
  }
  return EXIT_SUCCESS;
}

// What the API reads from its settings comes from the environment here.
std::optional<std::string> read_max_token_bytes(auth::Settings& settings) {
  constexpr const char* kName = "ZITADEL_MAX_TOKEN_BYTES";
  const char* const value = std::getenv(kName);
  if (value == nullptr || *value == '\0') return std::nullopt;
  const auto problem =
      auth::setting_kinds::max_token_bytes.read({auth::Secret(value), "", ""}, settings);
  if (problem) return kName + (" (environment) " + *problem);
  return std::nullopt;
}

int print_token(const TokenOptions& options, bool allow_http) {
  auth::Settings settings;
  if (const auto mistake = read_max_token_bytes(settings)) return fail(*mistake);
  const auto key = auth::read_service_user_key(options.key_file);
  if (!key) return fail(auth::to_string(key.error()));
  const auth::SystemClock clock;
  auth::HttpOptions client_options;
  client_options.ca_file = options.ca_file;
  auth::CurlHttpClient http(client_options);
  const auto outcome = cli::get_token(
      {options.domain, options.scope, allow_http, settings.max_token_bytes}, *key, http, clock);
  if (!outcome) return fail(outcome.error().sentence);
  if (!cli::is_usual_project_id(options.project)) {
    tell("note: --project " + options.project +
         " is no number, as the ids are that ZITADEL makes; where there is no such project, no API "
         "takes this token: write the Resource Id that the project's page in the console shows");
  }
  std::string line(outcome->reveal());
  line.push_back('\n');
  return print(auth::Secret::take(line).reveal());
}

bool allowed_by_environment() {
  const char* const value = std::getenv("ZITADEL_ALLOW_HTTP");
  return value != nullptr && std::strcmp(value, "1") == 0;
}

int run(int count, char** arguments) {
  if (!auth::make_process_private()) {
    return fail("the system does not let this process keep its memory to itself");
  }
  const bool allow_http = allowed_by_environment();
  const auto parsed =
      cli::parse_token_options({arguments + (count > 0 ? 1 : 0), arguments + count}, allow_http);
  if (!parsed) return fail(parsed.error().sentence + "; see zitadel-token --help");
  const TokenOptions& options = *parsed;
  switch (options.action) {
    case TokenOptions::Action::kShowHelp:
      return print(cli::token_help());
    case TokenOptions::Action::kShowVersion:
      return print("zitadel-token " ZITADEL_FCGI_VERSION "\n");
    case TokenOptions::Action::kGetToken:
      return print_token(options, allow_http);
  }
  return EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& problem) {
    return fail(problem.what());
  }
}
