// zitadel-check: goes the whole way from the settings to an answer, and says where it ends.
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "auth/settings/load.h"
#include "cli/check/chain.h"
#include "cli/check/findings.h"
#include "cli/check/options.h"
#include "cli/check/site.h"
#include "cli/check/token.h"
#include "cli/common/command.h"
#include "cli/common/terminal.h"
#include "fcgi/command/check.h"
#include "fcgi/command/judge.h"
#include "fcgi/routes.h"

namespace {

using cli::CheckOptions;
using cli::Findings;
using cli::Trouble;

constexpr std::string_view kCommand = "zitadel-check";
constexpr int kUsageStatus = static_cast<int>(Trouble::kUsage);

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
    if (!read) {
      cli::tell_usage(kCommand, read.error());
      return kUsageStatus;
    }
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

}  // namespace

int main(int count, char** arguments) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  return cli::run_command({kCommand, cli::check_help, kUsageStatus}, count, arguments,
                          cli::parse_check_options, check);
}
