#include "cli/token/token_options.h"

#include <algorithm>
#include <array>
#include <optional>

#include "auth/base/text.h"
#include "auth/token/requirement.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

using Mistake = std::optional<auth::Mistake>;

auth::Mistake mistake(std::string_view option, std::string_view what) {
  return {std::string(option) + ' ' + std::string(what)};
}

void add_scope(std::vector<std::string>& scopes, std::string name) {
  if (std::find(scopes.begin(), scopes.end(), name) == scopes.end()) {
    scopes.push_back(std::move(name));
  }
}

// The values as they stand behind their options; an option given twice has two.
struct Given {
  std::string_view name;
  std::vector<std::string_view> values{};
};

class Parser {
 public:
  auth::Result<TokenOptions, auth::Mistake> parse(const std::vector<std::string_view>& arguments,
                                                  bool allow_http) {
    if (Mistake found = collect(arguments)) return *std::move(found);
    if (options_.action != TokenOptions::Action::kGetToken) return std::move(options_);
    for (const Given& option : {key_, domain_, project_, ca_file_}) {
      if (option.values.size() > 1) return mistake(option.name, "is given more than once");
    }
    for (const Given& option : {key_, domain_, project_}) {
      if (option.values.empty()) return mistake(option.name, "is missing");
    }
    if (Mistake found = check_domain(allow_http)) return *std::move(found);
    if (Mistake found = check_scopes()) return *std::move(found);
    options_.key_file = key_.values[0];
    if (!ca_file_.values.empty()) options_.ca_file = ca_file_.values[0];
    return std::move(options_);
  }

 private:
  // "--name value" or "--name=value".
  Mistake collect(const std::vector<std::string_view>& arguments) {
    for (std::size_t i = 0; i < arguments.size(); ++i) {
      const std::string_view argument = arguments[i];
      if (argument == "--help" || argument == "-h") {
        options_.action = TokenOptions::Action::kShowHelp;
        return std::nullopt;
      }
      if (argument == "--version") {
        options_.action = TokenOptions::Action::kShowVersion;
        return std::nullopt;
      }
      const std::size_t equals = std::min(argument.find('='), argument.size());
      Given* const option = find(argument.substr(0, equals));
      if (option == nullptr) return mistake(argument.substr(0, equals), "is not an option");
      std::string_view value;
      if (equals < argument.size()) {
        value = argument.substr(equals + 1);
      } else if (i + 1 < arguments.size() && !arguments[i + 1].starts_with("--")) {
        value = arguments[++i];
      }
      if (value.empty()) return mistake(option->name, "needs a value");
      option->values.push_back(value);
    }
    return std::nullopt;
  }

  Given* find(std::string_view name) {
    for (Given* const option : {&key_, &domain_, &project_, &scope_, &ca_file_}) {
      if (option->name == name) return option;
    }
    return nullptr;
  }

  Mistake check_domain(bool allow_http) {
    const std::string_view domain = domain_.values[0];
    if (const auto wrong = auth::issuer_mistake(domain, allow_http)) {
      return mistake("--domain", *wrong);
    }
    options_.domain = auth::plain_url(domain);
    return std::nullopt;
  }

  Mistake check_scopes() {
    options_.project = project_.values[0];
    if (!auth::is_scope_token(options_.project))
      return mistake("--project", "is not a project's id");
    std::vector<std::string> scopes{"openid",
                                    "urn:zitadel:iam:org:project:id:" + options_.project + ":aud",
                                    "urn:zitadel:iam:org:projects:roles"};
    for (const std::string_view names : scope_.values) {
      for (const std::string_view name : auth::words_of(names)) {
        if (!auth::is_scope_token(name))
          return mistake("--scope", "holds what no scope's name can");
        add_scope(scopes, std::string(name));
      }
    }
    for (const std::string& name : scopes) {
      if (!options_.scope.empty()) options_.scope.push_back(' ');
      options_.scope += name;
    }
    return std::nullopt;
  }

  TokenOptions options_{};
  Given key_{"--key"};
  Given domain_{"--domain"};
  Given project_{"--project"};
  Given scope_{"--scope"};
  Given ca_file_{"--ca-file"};
};

}  // namespace

auth::Result<TokenOptions, auth::Mistake> parse_token_options(
    const std::vector<std::string_view>& arguments, bool allow_http) {
  return Parser().parse(arguments, allow_http);
}

bool is_usual_project_id(std::string_view project) noexcept {
  return project == "zitadel" || std::all_of(project.begin(), project.end(),
                                             [](char byte) { return byte >= '0' && byte <= '9'; });
}

std::string_view token_help() noexcept {
  return R"(Usage: zitadel-token --key FILE --domain URL --project ID [OPTION]...
Get an access token for a service user from ZITADEL and print it.

  --key FILE      the service user's key, as ZITADEL's console hands it out
  --domain URL    ZITADEL's address: https://my-instance.zitadel.cloud
  --project ID    the id of the project whose API the token is for
  --scope SCOPE   one more scope to ask for; may be given several times
  --ca-file FILE  trust the certificate authorities in this PEM file instead of the system's
  --help          show this text
  --version       show the version

The scopes openid, urn:zitadel:iam:org:project:id:ID:aud and urn:zitadel:iam:org:projects:roles
are always asked for. A scope grants no role: roles are given in ZITADEL's console.
ZITADEL gives a token for any --project, also for one that does not exist: no API takes it then.

The token alone goes to standard output, errors go to standard error; the exit status is 0 or 1.
ZITADEL_ALLOW_HTTP=1 in the environment allows http:// to other than loopback addresses.

  TOKEN=$(zitadel-token --key user.json --domain https://my-instance.zitadel.cloud --project 123)
  curl -H "Authorization: Bearer $TOKEN" https://api.example/private
)";
}

}  // namespace cli
