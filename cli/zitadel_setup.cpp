// zitadel-setup: makes in ZITADEL what an API needs, and writes the files that it starts with.
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "auth/base/private_process.h"
#include "auth/base/version.h"
#include "auth/zitadel/curl_http_client.h"
#include "cli/common/terminal.h"
#include "cli/setup/options.h"
#include "cli/setup/setup.h"

namespace {

constexpr std::string_view kCommand = "zitadel-setup";
constexpr std::chrono::seconds kTimeout{20};  // ZITADEL Cloud takes some for a single call

int fail(std::string message) { return cli::fail(kCommand, std::move(message)); }

int set_up(const cli::SetupOptions& options, bool allow_http) {
  const auth::SystemClock clock;
  auth::HttpOptions client_options;
  client_options.ca_file = options.ca_file;
  client_options.timeout = kTimeout;
  auth::CurlHttpClient http(client_options);
  const auto outcome = cli::set_up(options, allow_http, http, clock);
  return outcome ? EXIT_SUCCESS : fail(outcome.error().sentence);
}

int run(int count, char** arguments) {
  if (!auth::make_process_private()) {
    return fail("the system does not let this process keep its memory to itself");
  }
  const bool allow_http = cli::http_is_allowed();
  const auto options =
      cli::parse_setup_options({arguments + (count > 0 ? 1 : 0), arguments + count}, allow_http);
  if (!options) return fail(options.error().sentence + "; see zitadel-setup --help");
  switch (options->asked) {
    case cli::Asked::kHelp:
      return cli::print(kCommand, cli::setup_help());
    case cli::Asked::kVersion:
      return cli::print(kCommand, "zitadel-setup " ZITADEL_FCGI_VERSION "\n");
    case cli::Asked::kWork:
      return set_up(*options, allow_http);
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
