// SPDX-License-Identifier: Apache-2.0
#include "cli/token/token_options.h"

#include <algorithm>

#include "auth/base/text.h"
#include "auth/token/requirement.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

void add_scope(std::vector<std::string>& scopes, std::string name) {
  if (std::find(scopes.begin(), scopes.end(), name) == scopes.end()) {
    scopes.push_back(std::move(name));
  }
}

auth::Result<std::string, auth::Mistake> scopes_for(const std::string& project,
                                                    const std::vector<std::string_view>& given) {
  std::vector<std::string> scopes;
  const std::string usual = scope_for(project);
  for (const std::string_view name : auth::words_of(usual)) scopes.emplace_back(name);
  for (const std::string_view names : given) {
    for (const std::string_view name : auth::words_of(names)) {
      if (!auth::is_scope_token(name)) {
        return option_mistake("--scope", "holds what no scope's name can");
      }
      add_scope(scopes, std::string(name));
    }
  }
  std::string text;
  for (const std::string& name : scopes) text += (text.empty() ? "" : " ") + name;
  return text;
}

}  // namespace

std::string scope_for(const std::string& project) {
  return "openid urn:zitadel:iam:org:project:id:" + project +
         ":aud urn:zitadel:iam:org:projects:roles";
}

auth::Result<TokenOptions, auth::Mistake> parse_token_options(
    const std::vector<std::string_view>& arguments, bool allow_http) {
  Option key{"--key", Option::Kind::kValue, true};
  Option domain{"--domain", Option::Kind::kValue, true};
  Option project{"--project", Option::Kind::kValue, true};
  Option scope{"--scope", Option::Kind::kValues};
  Option ca_file{"--ca-file"};
  auto asked = read_arguments(arguments, {&key, &domain, &project, &scope, &ca_file});
  if (!asked) return std::move(asked).error();
  TokenOptions options;
  options.asked = *asked;
  if (options.asked != Asked::kWork) return options;
  if (const auto checked = auth::check_issuer_url(domain.value(), allow_http); !checked) {
    return option_mistake(domain.name, checked.error().sentence);
  }
  options.domain = auth::plain_url(domain.value());
  options.project = project.value();
  if (!auth::is_scope_token(options.project)) {
    return option_mistake(project.name, "is not a project's id");
  }
  auto scopes = scopes_for(options.project, scope.values);
  if (!scopes) return std::move(scopes).error();
  options.scope = *std::move(scopes);
  options.key_file = key.value();
  options.ca_file = ca_file.value();
  return options;
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
