// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/options.h"

#include <algorithm>
#include <utility>

#include "auth/zitadel/url.h"
#include "cli/setup/management.h"
#include "cli/setup/option_values.h"

namespace cli {
namespace {

using Checked = auth::Result<void, auth::Mistake>;
using Kind = Option::Kind;

struct Options {
  Option demo{"--demo"};
  Option domain{"--domain"};
  Option project{"--project"};
  Option role{"--role", Kind::kWords};
  Option application{"--application"};
  Option user{"--service-user"};
  Option token_type{"--access-token-type"};
  Option folder{"--dir", Kind::kValue, true};
  Option organisation{"--org"};
  Option token_file{"--admin-token-file"};
  Option key_file{"--admin-key"};
  Option owner{"--owner"};
  Option ca_file{"--ca-file"};
  Option key_days{"--key-days"};
  Option events{"--events", Kind::kFlag};
  Option events_user{"--events-user"};
  Option dry_run{"--dry-run", Kind::kFlag};
  Option yes{"--yes", Kind::kFlag};
  Option json{"--json", Kind::kFlag};
  Option new_key{"--new-key", Kind::kFlag};
  Option rotate_key{"--rotate-key", Kind::kFlag};
  Option remove_old_keys{"--remove-old-keys", Kind::kFlag};
  Option remove{"--remove", Kind::kFlag};
};

// The values of --demo for options that are not given.
constexpr const char* kDemoProject = "demo";
constexpr const char* kDemoRole = "read:messages";
constexpr const char* kDemoUser = "demo-caller";

Checked check_demo(const Options& given) {
  for (const Option* option : {&given.domain, &given.token_file, &given.key_file}) {
    if (option->given()) return option_mistake(option->name, "is what --demo brings");
  }
  return {};
}

Checked check_instance(const Options& given) {
  if (!given.domain.given()) return option_mistake(given.domain.name, "is missing");
  if (given.token_file.given() == given.key_file.given()) {
    return auth::Mistake{
        "one of --admin-token-file (a personal access token) and --admin-key (a service user's "
        "key) is needed: whose rights are to be used"};
  }
  return {};
}

Checked check_work(const Options& given) {
  const int works =
      static_cast<int>(given.new_key.given()) + static_cast<int>(given.rotate_key.given()) +
      static_cast<int>(given.remove_old_keys.given()) + static_cast<int>(given.remove.given());
  if (works > 1) {
    return auth::Mistake{
        "--new-key, --rotate-key, --remove-old-keys and --remove exclude each other"};
  }
  if (auto checked = given.demo.given() ? check_demo(given) : check_instance(given); !checked) {
    return checked;
  }
  if (given.json.given() && !given.yes.given() && !given.dry_run.given()) {
    return option_mistake("--json", "asks nobody: add --yes or --dry-run");
  }
  if (given.events_user.given() && !given.events.given()) {
    return option_mistake(given.events_user.name, "goes with --events");
  }
  if (given.remove.given() || given.demo.given()) return {};
  for (const Option* option : {&given.project, &given.user}) {
    if (!option->given()) return option_mistake(option->name, "is missing");
  }
  return {};
}

Checked check_values(const Options& given, bool allow_http) {
  const bool is_named = given.domain.given();  // or brought by --demo
  if (const auto checked = auth::check_issuer_url(given.domain.value(), allow_http);
      is_named && !checked) {
    return option_mistake("--domain", checked.error().sentence);
  }
  for (const Option* name : {&given.project, &given.application, &given.user, &given.events_user}) {
    if (auto checked = check_name(*name); !checked) return checked;
  }
  if (auto checked = check_roles(given.role.values); !checked) return checked;
  if (given.organisation.given() && !is_id(given.organisation.value())) {
    return option_mistake("--org",
                          "is no organisation's id: write the Resource Id that the "
                          "organisation's page in the console shows");
  }
  return {};
}

auth::Result<SetupOptions::TokenType, auth::Mistake> token_type_of(const Option& option) {
  if (!option.given()) return SetupOptions::TokenType::kAsItIs;
  if (option.value() == "jwt") return SetupOptions::TokenType::kJwt;
  if (option.value() == "bearer") return SetupOptions::TokenType::kBearer;
  return option_mistake(option.name, "is neither jwt nor bearer");
}

SetupOptions::Work work_of(const Options& given) {
  using Work = SetupOptions::Work;
  if (given.new_key.given()) return Work::kNewKeys;
  if (given.rotate_key.given()) return Work::kRotateKeys;
  if (given.remove_old_keys.given()) return Work::kRemoveOldKeys;
  return given.remove.given() ? Work::kRemove : Work::kSetUp;
}

}  // namespace

auth::Result<SetupOptions, auth::Mistake> parse_setup_options(
    const std::vector<std::string_view>& arguments, bool allow_http) {
  Options given;
  auto asked = read_arguments(
      arguments, {&given.demo,         &given.domain,     &given.project,    &given.role,
                  &given.application,  &given.user,       &given.token_type, &given.folder,
                  &given.organisation, &given.token_file, &given.key_file,   &given.owner,
                  &given.ca_file,      &given.key_days,   &given.dry_run,    &given.yes,
                  &given.json,         &given.new_key,    &given.rotate_key, &given.remove_old_keys,
                  &given.remove,       &given.events,     &given.events_user});
  if (!asked) return std::move(asked).error();
  if (*asked != Asked::kWork) return SetupOptions{.asked = *asked};
  if (auto checked = check_work(given); !checked) return std::move(checked).error();
  if (auto checked = check_values(given, allow_http); !checked) return std::move(checked).error();
  auto token_type = token_type_of(given.token_type);
  if (!token_type) return std::move(token_type).error();
  auto key_days = days_of(given.key_days);
  if (!key_days) return std::move(key_days).error();
  SetupOptions options{.work = work_of(given),
                       .demo = std::string(given.demo.value()),
                       .project = std::string(given.project.value()),
                       .application = std::string(kDefaultApplication),
                       .user = std::string(given.user.value()),
                       .token_type = *token_type,
                       .folder = std::string(given.folder.value()),
                       .organisation = std::string(given.organisation.value()),
                       .token_file = std::string(given.token_file.value()),
                       .key_file = std::string(given.key_file.value()),
                       .owner = std::string(given.owner.value()),
                       .ca_file = std::string(given.ca_file.value()),
                       .key_days = *key_days,
                       .events = given.events.given(),
                       .events_user = std::string(given.events_user.value()),
                       .dry_run = given.dry_run.given(),
                       .yes = given.yes.given(),
                       .json = given.json.given()};
  if (given.domain.given()) options.domain = auth::plain_url(given.domain.value());
  if (given.demo.given()) {
    if (!given.project.given()) options.project = kDemoProject;
    if (!given.user.given()) options.user = kDemoUser;
    if (!given.role.given()) options.roles.emplace_back(kDemoRole);
  }
  if (given.application.given()) options.application = given.application.value();
  for (const std::string_view key : given.role.values) {
    if (std::count(options.roles.begin(), options.roles.end(), key) == 0) {
      options.roles.emplace_back(key);
    }
  }
  return options;
}

}  // namespace cli
