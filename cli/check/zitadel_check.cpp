// zitadel-check: goes the whole way from the settings to an answer, and says where it ends.
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <string>
#include <utility>

#include "auth/base/private_process.h"
#include "auth/base/text.h"
#include "auth/base/version.h"
#include "auth/settings/load.h"
#include "cli/check/chain.h"
#include "cli/check/findings.h"
#include "cli/check/options.h"
#include "cli/check/site.h"
#include "cli/check/token.h"
#include "fcgi/command/check.h"
#include "fcgi/routes.h"

namespace {

using cli::CheckOptions;
using cli::Findings;
using cli::Trouble;

int say(std::FILE* stream, std::string_view text, int status) {
  const bool written =
      std::fwrite(text.data(), 1, text.size(), stream) == text.size() && std::fflush(stream) == 0;
  return written ? status : EXIT_FAILURE;
}

int fail(std::string message, int status) {
  std::replace_if(message.begin(), message.end(), auth::is_control, '?');
  return say(stderr, "zitadel-check: " + message + '\n', status);
}

int usage(const auth::Mistake& mistake) {
  return fail(mistake.sentence + "; see zitadel-check --help", static_cast<int>(Trouble::kUsage));
}

int check(const CheckOptions& options) {
  Findings findings;
  const auto tell = [&] {
    return say(stdout, options.json ? findings.json() : findings.lines(), findings.status());
  };
  auto settings = auth::load_settings(auth::process_environment());
  if (!settings) {
    for (const std::string& mistake : settings.error()) {
      findings.bad(Trouble::kSettings, "settings", mistake);
    }
    const std::string note = fcgi::missing_file_note(auth::process_environment(), "");
    if (!note.empty()) findings.note("settings", note);
    return tell();
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
  return tell();
}

int run(int count, char** arguments) {
  if (!auth::make_process_private()) {
    return fail("the system does not let this process keep its memory to itself", EXIT_FAILURE);
  }
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  const auto options =
      cli::parse_check_options({arguments + std::min(count, 1), arguments + count});
  if (!options) return usage(options.error());
  switch (options->action) {
    case CheckOptions::Action::kShowHelp:
      return say(stdout, cli::check_help(), EXIT_SUCCESS);
    case CheckOptions::Action::kShowVersion:
      return say(stdout, "zitadel-check " ZITADEL_FCGI_VERSION "\n", EXIT_SUCCESS);
    case CheckOptions::Action::kCheck:
      return check(*options);
  }
  return EXIT_FAILURE;
}

}  // namespace

int main(int count, char** arguments) {
  try {
    return run(count, arguments);
  } catch (const std::exception& problem) {
    return fail(problem.what(), EXIT_FAILURE);
  }
}
