// SPDX-License-Identifier: Apache-2.0
// zitadel-check: checks every step from the settings to an answer, and reports where it fails.
#include <csignal>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/parts.h"
#include "auth/settings/load.h"
#include "cli/check/chain.h"
#include "cli/check/events.h"
#include "cli/check/findings.h"
#include "cli/check/options.h"
#include "cli/check/section.h"
#include "cli/check/site.h"
#include "cli/check/token.h"
#include "cli/common/command.h"
#include "cli/common/terminal.h"
#include "cli/token/token_options.h"
#include "cli/token/token_request.h"
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

using Tokens = std::vector<cli::NamedToken>;

auth::Result<Tokens, auth::Mistake> read_tokens(const CheckOptions& options,
                                                const auth::Settings& settings) {
  Tokens tokens;
  for (const std::string& file : options.token_files) {
    auto read = fcgi::read_token_file(file, settings);
    if (!read) return std::move(read).error();
    tokens.push_back({"in " + file, *std::move(read)});
  }
  return tokens;
}

// Gets a token with the service user's key, as zitadel-token does.
void add_new_token(const CheckOptions& options, const auth::Settings& settings, fcgi::Judge& judge,
                   Tokens& tokens, Findings& findings) {
  if (settings.project_id.empty()) {
    return findings.bad(Trouble::kSettings, "user key",
                        "no token can be asked for: ZITADEL_PROJECT_ID is not set");
  }
  const auto key = auth::read_service_user_key(options.user_key);
  if (!key) return findings.bad(Trouble::kToken, "user key", auth::to_string(key.error()));
  auto token = cli::get_token({settings.domain, cli::scope_for(settings.project_id),
                               settings.allow_http, settings.max_token_bytes},
                              *key, judge.http(), judge.clock());
  if (!token) return findings.bad(Trouble::kToken, "user key", token.error().sentence);
  findings.good("user key", "a token was got with it");
  tokens.push_back({"got with --user-key", *std::move(token), true});
}

int check(const CheckOptions& options) {
  Findings findings;
  auto all = auth::load_sections(auth::process_environment());
  if (!all) {
    for (const std::string& mistake : all.error()) {
      findings.bad(Trouble::kSettings, "settings", mistake);
    }
    const std::string note = fcgi::missing_file_note(auth::process_environment(), "");
    if (!note.empty()) findings.note("settings", note);
    return tell(findings, options);
  }
  auto settings = cli::choose_section(*std::move(all), options.section);
  if (!settings) {
    cli::tell_usage(kCommand, settings.error());
    return kUsageStatus;
  }
  findings.good("settings", "are complete");
  for (const std::string& warning : settings->warnings) findings.note("settings", warning);
  auto tokens = read_tokens(options, *settings);
  if (!tokens) {
    cli::tell_usage(kCommand, tokens.error());
    return kUsageStatus;
  }
  const auth::SystemClock clock;
  const auto shared = settings->events_token ? auth::shared_cache_of(*settings, clock) : nullptr;
  fcgi::Judge judge(*settings);
  const cli::Instance instance = cli::check_instance(*settings, judge, findings);
  if (!options.user_key.empty() && !instance.introspection_endpoint.empty()) {
    add_new_token(options, *settings, judge, *tokens, findings);
  }
  const auto known =
      cli::check_tokens(*settings, *tokens, instance, fcgi::routes(), judge, findings);
  cli::check_events(*settings, {options.user, options.grant}, instance, known, shared.get(), judge,
                    findings);
  if (shared) shared->stop();
  if (!options.url.empty()) {
    const auth::Secret none;
    cli::check_site(options.url, *settings, tokens->empty() ? none : tokens->front().token,
                    findings);
  }
  return tell(findings, options);
}

}  // namespace

int main(int count, char** arguments) {
  static_cast<void>(std::signal(SIGPIPE, SIG_IGN));
  return cli::run_command({kCommand, cli::check_help, kUsageStatus}, count, arguments,
                          cli::parse_check_options, check);
}
