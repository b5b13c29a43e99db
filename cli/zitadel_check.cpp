// zitadel-check: goes the whole way from the settings to an answer, and says where it ends.
#include <csignal>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "auth/base/private_process.h"
#include "auth/base/version.h"
#include "auth/settings/load.h"
#include "cli/check/chain.h"
#include "cli/check/findings.h"
#include "cli/check/options.h"
#include "cli/check/site.h"
#include "cli/check/token.h"
#include "cli/common/terminal.h"
#include "fcgi/command/check.h"
#include "fcgi/command/judge.h"
#include "fcgi/routes.h"

namespace {

using cli::CheckOptions;
using cli::Findings;
using cli::Trouble;

constexpr std::string_view kCommand = "zitadel-check";

int usage(const auth::Mistake& mistake) {
  cli::tell(kCommand, mistake.sentence + "; see zitadel-check --help");
  return static_cast<int>(Trouble::kUsage);
}

int tell(const Findings& findings, const CheckOptions& options) {
  const int written = cli::print(kCommand, options.json ? findings.json() : findings.lines());
  return written == EXIT_SUCCESS ? findings.status() : written;
}

int check(const CheckOptions& options) {
  Findings findings;
  auto settings = auth::load_settings(auth::process_environment());
  if (!settings) {
    for (const std::string& mistake : settings.error()) {
      findings.bad(Trouble::kSettings, "settings", mistake);
    }
    const std::string note = fcgi::missing_file_note(auth::process_environment(), "");
    if (!note.empty()) findings.note("settings", note);
    return tell(findings, options);
  }
  findings.good("settings", "are complete");
  for (const std::string& warning : settings->warnings) findings.note("settings", warning);
  auth::Secret token;
  if (!options.token_file.empty()) {
    auto read = fcgi::read_token_file(options.token_file, *settings);
    if (!read) return usage(read.error());
    token = *std::move(read);
  }
  fcgi::Judge judge(*settings);
  const cli::Instance instance = cli::check_instance(*settings, judge, findings);
  if (!token.empty()) {
    cli::check_token(*settings, token, instance, fcgi::routes(), judge, findings);
  }
  if (!options.url.empty()) cli::check_site(options.url, *settings, token, findings);
  return tell(findings, options);
}

int run(int count, char** arguments) {
  if (!auth::make_process_private()) {
    return cli::fail(kCommand, "the system does not let this process keep its memory to itself");
  }
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const auto options =
      cli::parse_check_options({arguments + (count > 0 ? 1 : 0), arguments + count});
  if (!options) return usage(options.error());
  switch (options->asked) {
    case cli::Asked::kHelp:
      return cli::print(kCommand, cli::check_help());
    case cli::Asked::kVersion:
      return cli::print(kCommand, "zitadel-check " ZITADEL_FCGI_VERSION "\n");
    case cli::Asked::kWork:
      return check(*options);
  }
  return EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& problem) {
    return cli::fail(kCommand, problem.what());
  }
}
