// SPDX-License-Identifier: Apache-2.0
#include "cli/check/options.h"

#include "auth/zitadel/url.h"
#include "cli/setup/management.h"

namespace cli {

auth::Result<CheckOptions, auth::Mistake> parse_check_options(
    const std::vector<std::string_view>& arguments) {
  Option token_file{"--token-file", Option::Kind::kValues};
  Option user_key{"--user-key"};
  Option url{"--url"};
  Option user{"--user"};
  Option grant{"--grant"};
  Option section{"--section"};
  Option json{"--json", Option::Kind::kFlag};
  const auto asked =
      read_arguments(arguments, {&token_file, &user_key, &url, &user, &grant, &section, &json});
  if (!asked) return asked.error();
  CheckOptions options{.asked = *asked,
                       .token_files = {token_file.values.begin(), token_file.values.end()},
                       .user_key = std::string(user_key.value()),
                       .user = std::string(user.value()),
                       .grant = std::string(grant.value()),
                       .section = std::string(section.value()),
                       .json = json.given()};
  if (*asked != Asked::kWork) return options;
  for (const Option* id : {&user, &grant}) {
    if (id->given() && !is_id(id->value())) {
      return option_mistake(id->name,
                            "is no id: write the Resource Id that ZITADEL's console shows");
    }
  }
  if (!url.given()) return options;
  // http:// is allowed: a token is sent only if that is safe (site.cpp).
  if (const auto checked = auth::check_url(url.value(), true); !checked) {
    return option_mistake(url.name, checked.error().sentence);
  }
  options.url = auth::plain_url(url.value());
  return options;
}

std::string_view check_help() noexcept {
  return R"(Usage: zitadel-check [OPTION]...
Go through all that must work before an API behind zitadel-fcgi answers its callers, and say of
each whether it does, why not, and what mends it.

  --token-file FILE
                  look at the access token in this file, too ("-": standard input). With another
                  one it is seen whether ZITADEL calls every token inactive
  --user-key FILE
                  get a token with this service user's key (user.json), and look at that
  --url URL       look at the site, too, from outside: where the API is served, such as
                  https://my.site/api
  --user ID       where ZITADEL is asked for its events: what those of this user would end, and
                  which of the tokens that are looked at
  --grant ID      the same of this authorization
  --section PLACE
                  where the settings file has sections: look at the one that names this host or path,
                  such as example.org; "/" is what stands before the first one
  --json          print JSON
  --help          show this text
  --version       show the version

It reads the settings that api.fcgi reads: the environment, and the file that ZITADEL_ENV_FILE names,
else .env.

  ZITADEL_ENV_FILE=/etc/zitadel-fcgi/api.env zitadel-check --token-file token.txt

The exit status is that of the first thing that is wrong:
  0   nothing is
  64  the command line
  65  the token
  69  ZITADEL cannot be reached, or answers wrongly, or the feed of its events is behind
  76  the site
  77  ZITADEL refuses this API's own key or secret, or the token for its events, or this machine's
      clock is wrong
  78  the settings
No token, key or secret is ever printed.
)";
}

}  // namespace cli
