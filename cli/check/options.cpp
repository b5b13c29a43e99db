#include "cli/check/options.h"

#include <algorithm>
#include <utility>

#include "auth/zitadel/url.h"

namespace cli {
namespace {

auth::Mistake mistake(std::string_view option, std::string_view what) {
  return {std::string(option) + ' ' + std::string(what)};
}

}  // namespace

auth::Result<CheckOptions, auth::Mistake> parse_check_options(
    const std::vector<std::string_view>& arguments) {
  CheckOptions options;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h" || argument == "--version") {
      options.action = argument == "--version" ? CheckOptions::Action::kShowVersion
                                               : CheckOptions::Action::kShowHelp;
      return options;
    }
    if (argument == "--json") {
      options.json = true;
      continue;
    }
    const std::size_t equals = std::min(argument.find('='), argument.size());
    const std::string_view name = argument.substr(0, equals);
    std::string* const value = name == "--token-file" ? &options.token_file
                               : name == "--url"      ? &options.url
                                                      : nullptr;
    if (value == nullptr) return mistake(name, "is not an option");
    if (!value->empty()) return mistake(name, "is given more than once");
    if (equals < argument.size()) {
      *value = argument.substr(equals + 1);
    } else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
      *value = arguments[++i];
    }
    if (value->empty()) return mistake(name, "needs a value");
  }
  if (options.url.empty()) return options;
  // What stands there is asked for, and a token is sent only where it is safe (site.cpp).
  if (auto wrong = auth::url_mistake(options.url, true)) return mistake("--url", *wrong);
  options.url = auth::plain_url(options.url);
  return options;
}

std::string_view check_help() noexcept {
  return R"(Usage: zitadel-check [OPTION]...
Go through all that must work before an API behind zitadel-fcgi answers its callers, and say of
each whether it does, why not, and what mends it.

  --token-file F  look at the access token in this file, too ("-": standard input)
  --url URL       look at the site, too, from outside: where the API is served, such as
                  https://my.site/api
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
  69  ZITADEL cannot be reached, or answers wrongly
  76  the site
  77  ZITADEL refuses this API's own key or secret, or this machine's clock is wrong
  78  the settings
No token, key or secret is ever printed.
)";
}

}  // namespace cli
