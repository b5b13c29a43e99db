#include "cli/setup/options.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "auth/base/text.h"
#include "auth/base/utf8.h"
#include "auth/zitadel/url.h"
#include "cli/setup/management.h"

namespace cli {
namespace {

using Checked = auth::Result<void, auth::Mistake>;
using Kind = Option::Kind;

constexpr std::size_t kMaxNameCharacters = 200;
constexpr int kMaxKeyDays = 3650;

Checked check_name(const Option& option) {
  const std::string_view name = option.value();
  const auto characters = static_cast<std::size_t>(
      std::count_if(name.begin(), name.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
  if (characters > kMaxNameCharacters) {
    return option_mistake(option.name, "is longer than 200 characters");
  }
  if (auth::has_control(name) || !auth::is_utf8(name)) {
    return option_mistake(option.name, "holds what is no character of a name");
  }
  return {};
}

// ZITADEL takes any character, and then makes two roles of one at a comma and stalls at quotes.
Checked check_role(std::string_view key) {
  const bool good = std::all_of(key.begin(), key.end(), [](char byte) {
    return auth::is_letter_or_digit(byte) ||
           std::string_view("._:/-").find(byte) != std::string_view::npos;
  });
  if (!good) {
    return option_mistake("--role",
                          "may hold letters, digits and . _ : / - alone, for ZITADEL itself "
                          "stumbles over other characters; several roles: --role A --role B");
  }
  if (key.size() > kMaxNameCharacters) return option_mistake("--role", "is longer than 200");
  return {};
}

struct Options {
  Option domain{"--domain", Kind::kValue, true};
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
  Option dry_run{"--dry-run", Kind::kFlag};
  Option yes{"--yes", Kind::kFlag};
  Option json{"--json", Kind::kFlag};
  Option new_key{"--new-key", Kind::kFlag};
  Option rotate_key{"--rotate-key", Kind::kFlag};
  Option remove{"--remove", Kind::kFlag};
};

Checked check_work(const Options& given) {
  const int works = static_cast<int>(given.new_key.given()) +
                    static_cast<int>(given.rotate_key.given()) +
                    static_cast<int>(given.remove.given());
  if (works > 1) return auth::Mistake{"--new-key, --rotate-key and --remove exclude each other"};
  if (given.token_file.given() == given.key_file.given()) {
    return auth::Mistake{
        "one of --admin-token-file (a personal access token) and --admin-key (a service user's "
        "key) is needed: whose rights are to be used"};
  }
  if (given.json.given() && !given.yes.given() && !given.dry_run.given()) {
    return option_mistake("--json", "asks nobody: add --yes or --dry-run");
  }
  if (given.remove.given()) return {};
  for (const Option* option : {&given.project, &given.user}) {
    if (!option->given()) return option_mistake(option->name, "is missing");
  }
  return {};
}

Checked check_values(const Options& given, bool allow_http) {
  if (const auto checked = auth::check_issuer_url(given.domain.value(), allow_http); !checked) {
    return option_mistake("--domain", checked.error().sentence);
  }
  for (const Option* name : {&given.project, &given.application, &given.user}) {
    if (auto checked = check_name(*name); !checked) return checked;
  }
  for (const std::string_view key : given.role.values) {
    if (auto checked = check_role(key); !checked) return checked;
  }
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

auth::Result<int, auth::Mistake> days_of(const Option& option) {
  if (!option.given()) return 0;
  const std::string_view text = option.value();
  int days = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), days);
  if (code == std::errc() && end == text.data() + text.size() && days > 0 && days <= kMaxKeyDays) {
    return days;
  }
  return option_mistake(option.name, "is not a number of days from 1 to 3650");
}

SetupOptions::Work work_of(const Options& given) {
  using Work = SetupOptions::Work;
  if (given.new_key.given()) return Work::kNewKeys;
  if (given.rotate_key.given()) return Work::kRotateKeys;
  return given.remove.given() ? Work::kRemove : Work::kSetUp;
}

}  // namespace

auth::Result<SetupOptions, auth::Mistake> parse_setup_options(
    const std::vector<std::string_view>& arguments, bool allow_http) {
  Options given;
  auto asked = read_arguments(
      arguments, {&given.domain, &given.project, &given.role, &given.application, &given.user,
                  &given.token_type, &given.folder, &given.organisation, &given.token_file,
                  &given.key_file, &given.owner, &given.ca_file, &given.key_days, &given.dry_run,
                  &given.yes, &given.json, &given.new_key, &given.rotate_key, &given.remove});
  if (!asked) return std::move(asked).error();
  if (*asked != Asked::kWork) return SetupOptions{.asked = *asked};
  if (auto checked = check_work(given); !checked) return std::move(checked).error();
  if (auto checked = check_values(given, allow_http); !checked) return std::move(checked).error();
  auto token_type = token_type_of(given.token_type);
  if (!token_type) return std::move(token_type).error();
  auto key_days = days_of(given.key_days);
  if (!key_days) return std::move(key_days).error();
  SetupOptions options{.work = work_of(given),
                       .domain = auth::plain_url(given.domain.value()),
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
                       .dry_run = given.dry_run.given(),
                       .yes = given.yes.given(),
                       .json = given.json.given()};
  if (given.application.given()) options.application = given.application.value();
  for (const std::string_view key : given.role.values) {
    if (std::count(options.roles.begin(), options.roles.end(), key) == 0) {
      options.roles.emplace_back(key);
    }
  }
  return options;
}

std::string_view setup_help() noexcept {
  return R"(Usage: zitadel-setup --domain URL --project NAME [--role KEY...] --service-user NAME --dir DIR
                     (--admin-token-file FILE | --admin-key FILE) [OPTION]...
Make, or find, all that the API needs in ZITADEL, and write the files that it starts with.

  --domain URL           ZITADEL's address: https://my-instance.zitadel.cloud
  --project NAME         the project
  --role KEY...          roles of the project, which the service user is granted
  --application NAME     the API application in the project (default: api)
  --service-user NAME    the service user that calls the API
  --access-token-type T  bearer (what a new service user gets, if nothing is said) or jwt
  --org ID               the organisation (default: the administrator's own)
  --dir DIR              where the files are written: api-key.json, api.env, user.json, and
                         zitadel-setup.json, which says what was made
  --owner USER           who may read api-key.json and api.env: the web server's user, www-data.
                         user.json stays with whoever runs this command
  --key-days N           the keys end after so many days (default: they do not end)
  --ca-file FILE         trust the certificate authorities in this PEM file instead of the system's

Whose rights are used, one of the two:
  --admin-token-file F   an administrator's personal access token; "-" is standard input
  --admin-key FILE       the key of a service user that is an administrator
ORG_OWNER of the organisation is enough.

What else it does:
  --dry-run              print the plan and change nothing
  --yes                  do not ask
  --json                 say it in JSON; with --yes or --dry-run
  --new-key              replace keys whose file is lost, or that end within 30 days
  --rotate-key           replace both keys: make new ones, check that they work, remove the old ones
  --remove               take away what this command made, and nothing else
  --help                 show this text
  --version              show the version

It asks before it changes anything. A second run changes nothing, and completes a first one that
was cut off. The exit status is 0 or 1.
ZITADEL_ALLOW_HTTP=1 in the environment allows http:// to other than loopback addresses.

  sudo zitadel-setup --domain https://my-instance.zitadel.cloud --admin-token-file admin.pat \
    --project my-api --role read:messages --service-user my-caller \
    --dir /etc/zitadel-fcgi --owner www-data
)";
}

}  // namespace cli
