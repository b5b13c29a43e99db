// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/setup.h"

#include <unistd.h>

#include <algorithm>
#include <iostream>
#include <optional>
#include <string>
#include <utility>

#include "cli/common/discover.h"
#include "cli/common/terminal.h"
#include "cli/setup/administrator.h"
#include "cli/setup/carry_out.h"
#include "cli/setup/context.h"
#include "cli/setup/removal.h"
#include "cli/setup/report.h"
#include "cli/setup/survey.h"

namespace cli {
namespace {

using auth::Mistake;
using Work = SetupOptions::Work;

// Permissions to see what exists. An administrator who sees only a part would make the rest a
// second time.
Permissions to_see(const SetupOptions& options) {
  Permissions wanted{"org.read",         "project.read", "project.role.read",
                     "project.app.read", "user.read",    "user.grant.read"};
  if (options.events && options.work != Work::kRemove) wanted.emplace_back("iam.member.read");
  return wanted;
}

Permissions to_make(const SetupOptions& options) {
  Permissions wanted{"project.create", "project.role.write", "project.app.write", "user.write",
                     "user.grant.write"};
  if (options.events) wanted.emplace_back("iam.member.write");
  return wanted;
}

Done check_permissions_to_see(const SetupOptions& options, const Administrator& who) {
  Permissions wanted = to_see(options);
  if (check_permissions(who, wanted)) return {};
  // The mistake names all missing permissions at once.
  if (options.work != Work::kRemove) {
    for (const std::string& each : to_make(options)) wanted.push_back(each);
  }
  return check_permissions(who, wanted);
}

Done read_state(Context& context) {
  auto file = context.folder.read(kStateFile);
  if (!file) return std::move(file).error();
  if (!*file) return {};
  auto state = parse_state((*file)->reveal());
  if (!state) return Mistake{context.folder.path_of(kStateFile) + ' ' + state.error().sentence};
  context.saved = (*file)->reveal();
  context.state = *std::move(state);
  if (context.state.domain == context.options.domain) return {};
  return Mistake{"--dir belongs to the instance " + context.state.domain + ", not to " +
                 context.options.domain + ": give another --dir for another instance"};
}

// Refuses another organisation than that of --dir: ZITADEL is searched in one organisation only.
Done check_organisation(Context& context, Management& api) {
  const auto answer = api.get("/management/v1/orgs/me");
  if (!answer) return in_words(answer.error(), "ZITADEL does not tell the organisation");
  const auto organisation = answer->member("org");
  const std::string id = organisation ? organisation->text_of("id").value_or("") : "";
  std::string& known = context.state.organisation;
  if (known.empty() || known == id) {
    known = id;
    return {};
  }
  return Mistake{"--dir belongs to the organisation " + known + ", and this one is " + id +
                 ": give --org " + known + ", or another --dir"};
}

// Asks unless --yes is given.
Done ask_for_consent(const SetupOptions& options) {
  if (options.yes) return {};
  if (options.token_file == "-") {
    return Mistake{"standard input held the token, so nobody can be asked: add --yes"};
  }
  static_cast<void>(write_out("Do this? [y/N] "));
  std::string answer;
  std::getline(std::cin, answer);
  if (::isatty(STDIN_FILENO) == 0 || std::cin.eof()) static_cast<void>(write_out("\n"));
  if (answer == "y" || answer == "Y" || answer == "yes") return {};
  return Mistake{"nothing was changed, for the answer was not y (--yes answers in advance)"};
}

// How what runs gets new keys. Before systemd 260, a reload leaves a service the old copy of its
// credentials.
constexpr const char* kHowToReload =
    " (api.fcgi: SIGHUP, docs/reload.md), or restart it where systemd starts it with the shipped "
    "unit (systemctl restart zitadel-fcgi)";

// Tells before the question what must be done before the answer.
void say_what_comes_first(const Context& context, Report& report) {
  if (context.options.work != Work::kRemoveOldKeys || context.state.old_keys().empty()) return;
  report.say(
      std::string("What still runs with an old key is refused from then on. Reload it first") +
      kHowToReload + '.');
}

// Returns true to go on, false if it is a dry run.
auth::Result<bool, Mistake> agree(const Context& context, const Administrator& who,
                                  const Plan& plan, Report& report) {
  if (auto allowed = check_permissions(who, plan.needed); !allowed) {
    return std::move(allowed).error();
  }
  report.plan(plan);
  say_what_comes_first(context, report);
  if (context.options.dry_run) {
    report.say("--dry-run: nothing was changed.");
    report.end(context, "dry run");
    return false;
  }
  if (!plan.changes_anything()) return true;
  if (Done agreed = ask_for_consent(context.options); !agreed) return std::move(agreed).error();
  return true;
}

// Returns the sentence at the end of a removal.
std::string what_is_left(const Plan& plan) {
  std::string left;
  for (const Row& row : plan.rows) {
    if (row.action != Action::kKeep) continue;
    left += (left.empty() ? "" : ", ") + row.what + ' ' + row.name + " (" + row.remark + ')';
  }
  if (left.empty()) return "All that zitadel-setup had made is gone.";
  return "Of what zitadel-setup had made, this is left: " + left + '.';
}

Done remove_all(Context& context, const Administrator& who, Report& report) {
  if (context.state.is_empty()) {
    return Mistake{context.folder.path_of(kStateFile) +
                   " is not there: it tells what zitadel-setup has made"};
  }
  const auto removal = look_for_removal(context);
  if (!removal) return removal.error();
  const auto agreed = agree(context, who, removal->plan, report);
  if (!agreed) return agreed.error();
  if (!*agreed) return {};
  if (Done done = carry_out(context, *removal, report); !done) return done;
  report.say(what_is_left(removal->plan));
  report.end(context, "removed");
  return {};
}

void say_what_is_next(const Context& context, Report& report) {
  if (!context.owner && ::geteuid() == 0) {
    report.say(std::string("api-key.json and api.env") +
               (context.has_events() ? " and events-key.json" : "") +
               " belong to root: run this again with --owner www-data (the user that api.fcgi runs "
               "as) unless that is meant.");
  }
  report.say("Start api.fcgi with ZITADEL_ENV_FILE=" + context.folder.path_of(kSettingsFile) +
             ", as the web server's file in docs/web-servers.md does, and try:");
  for (const std::string& command : commands_to_try(context)) report.say("  " + command);
}

Done make_all(Context& context, const Administrator& who, Report& report) {
  const auto found = survey(context);
  if (!found) return found.error();
  const Plan plan = plan_of(context, *found);
  const auto agreed = agree(context, who, plan, report);
  if (!agreed) return agreed.error();
  if (!*agreed) return {};
  // If nothing must be changed, this records what an earlier run had no time to record.
  if (Done done = carry_out(context, *found, report); !done) return done;
  const bool changed = plan.changes_anything();
  report.say(changed ? "Done." : "Everything is there already: nothing was changed.");
  if (!context.state.old_keys().empty()) {
    report.say(std::string("The keys before still work. Reload what runs with them") +
               kHowToReload + ", then run this again with --remove-old-keys.");
  }
  if (changed) say_what_is_next(context, report);
  report.end(context, changed ? "changed" : "unchanged");
  return {};
}

}  // namespace

auth::Result<void, Mistake> set_up(const SetupOptions& options, bool allow_http,
                                   auth::HttpClient& http, const auth::Clock& clock) {
  std::optional<Owner> owner;
  if (!options.owner.empty()) {
    auto found = owner_named(options.owner);
    if (!found) return std::move(found).error();
    owner = *std::move(found);
  }
  auto folder = Folder::open(options.folder);
  if (!folder) return std::move(folder).error();
  const auto instance = discover(options.domain, allow_http, http);
  if (!instance) return instance.error();
  const auto token = administrator_token(options, allow_http, http, clock);
  if (!token) return token.error();
  Management api(options.domain, *token, options.organisation, http);
  Resources resources(api);
  Context context{options,   allow_http, *instance, http,    clock,
                  resources, *folder,    owner,     State{}, ""};
  if (Done read = read_state(context); !read) return read;
  const auto who = introduce(api, options.events && options.work != Work::kRemove);
  if (!who) return who.error();
  if (Done allowed = check_permissions_to_see(options, *who); !allowed) return allowed;
  if (Done checked = check_organisation(context, api); !checked) return checked;
  Report report(options.json, is_lively_terminal());
  return options.work == Work::kRemove ? remove_all(context, *who, report)
                                       : make_all(context, *who, report);
}

}  // namespace cli
