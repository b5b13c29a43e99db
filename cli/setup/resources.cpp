// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/resources.h"

#include <utility>

#include "auth/base/base64.h"
#include "cli/setup/answers.h"

namespace cli {
namespace {

using namespace answers;
using auth::json_quote;
using Strings = std::vector<std::string>;

constexpr const char* kRoot = "/management/v1";

std::string application_path(const std::string& project, const std::string& application) {
  return below(kProjects, project, "/apps/") + application;
}

}  // namespace

Search<Found> Resources::project(const std::string& id) {
  return one_in(api_.get(below(kProjects, id)), "project", read_project);
}

Search<Found> Resources::project_named(const std::string& name) {
  return first_of<Found>(each_of<Found>(api_.search(std::string(kProjects) + "/_search",
                                                    equals("nameQuery", "name", name)),
                                        read_project),
                         [&](const Found& each) { return each.name == name; });
}

ApiResult<std::string> Resources::make_project(const std::string& name) {
  return id_in(api_.post(kProjects, "{\"name\":" + json_quote(name) + '}'), "id");
}

ApiResult<bool> Resources::has_role(const std::string& project, const std::string& key) {
  const auto found =
      api_.search(below(kProjects, project, "/roles/_search"), equals("keyQuery", "key", key));
  if (!found) return found.error();
  for (const auth::Json& each : *found) {
    if (each.text_of("key") == key) return true;
  }
  return false;
}

ApiResult<Strings> Resources::roles(const std::string& project) {
  const auto found = api_.search(below(kProjects, project, "/roles/_search"));
  if (!found) return found.error();
  Strings keys;
  for (const auth::Json& each : *found) keys.push_back(each.text_of("key").value_or(""));
  return keys;
}

ApiResult<void> Resources::make_role(const std::string& project, const std::string& key) {
  return nothing_in(
      api_.post(below(kProjects, project, "/roles"),
                "{\"roleKey\":" + json_quote(key) + ",\"displayName\":" + json_quote(key) + '}'));
}

ApiResult<std::vector<Found>> Resources::applications(const std::string& project) {
  return each_of<Found>(api_.search(below(kProjects, project, "/apps/_search")), read_application);
}

ApiResult<Found> Resources::make_application(const std::string& project, const std::string& name) {
  const auto answer = api_.post(below(kProjects, project, "/apps/api"),
                                "{\"name\":" + json_quote(name) +
                                    R"(,"authMethodType":"API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT"})");
  ApiResult<std::string> id = id_in(answer, "appId");
  if (!id) return std::move(id).error();
  return Found{.id = *id, .name = name, .client_id = answer->text_of("clientId").value_or("")};
}

ApiResult<std::vector<FoundKey>> Resources::application_keys(const std::string& project,
                                                             const std::string& application) {
  return each_of<FoundKey>(api_.search(application_path(project, application) + "/keys/_search"),
                           read_key);
}

ApiResult<auth::Secret> Resources::make_application_key(const std::string& project,
                                                        const std::string& application,
                                                        const std::string& expires) {
  const auto answer =
      api_.post(application_path(project, application) + "/keys",
                R"({"type":"KEY_TYPE_JSON","expirationDate":)" + json_quote(expires) + '}');
  if (!answer) return answer.error();
  const std::optional<auth::Json> details = answer->member("keyDetails");
  const std::optional<std::string_view> encoded = details ? details->text() : std::nullopt;
  auth::Secret file = encoded ? auth::base64_decode(auth::SecretView(*encoded)) : auth::Secret();
  if (!file.empty()) return file;
  return ApiError{.status = 200, .words = "ZITADEL's answer holds no key file (keyDetails)"};
}

ApiResult<void> Resources::remove(const std::string& path) {
  const auto answer = api_.remove(kRoot + path);
  if (answer || answer.error().is_missing()) return {};
  return answer.error();
}

}  // namespace cli
