#include "cli/setup/resources.h"

#include <functional>
#include <utility>

#include "auth/base/base64.h"

namespace cli {
namespace {

using auth::json_quote;
using Strings = std::vector<std::string>;

constexpr const char* kRoot = "/management/v1";
constexpr const char* kProjects = "/management/v1/projects";
constexpr const char* kUsers = "/management/v1/users";

std::string list_of(const Strings& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? "," : "") + json_quote(text);
  return list + ']';
}

std::string equals(const std::string& query, const std::string& member, const std::string& value) {
  return "[{\"" + query + "\":{\"" + member + "\":" + json_quote(value) +
         R"(,"method":"TEXT_QUERY_METHOD_EQUALS"}}])";
}

// The id in an answer; no other text than one gets into a path.
ApiResult<std::string> id_in(const ApiResult<auth::Json>& answer, std::string_view member) {
  if (!answer) return answer.error();
  std::string id = answer->text_of(member).value_or("");
  if (is_id(id)) return id;
  return ApiError{.status = 200,
                  .words = "ZITADEL's answer holds no usable " + std::string(member)};
}

ApiResult<void> nothing_in(ApiResult<auth::Json> answer) {
  if (!answer) return std::move(answer).error();
  return {};
}

// What was found, in the form that the set-up works with; what has no usable id is left out.
template <typename T>
ApiResult<std::vector<T>> each_of(ApiResult<std::vector<auth::Json>> found,
                                  const std::function<T(const auth::Json&)>& read) {
  if (!found) return std::move(found).error();
  std::vector<T> all;
  for (const auth::Json& each : *found) {
    T one = read(each);
    if (is_id(one.id)) all.push_back(std::move(one));
  }
  return all;
}

template <typename T>
Search<T> first_of(ApiResult<std::vector<T>> found, const std::function<bool(const T&)>& wanted) {
  if (!found) return std::move(found).error();
  for (T& each : *found) {
    if (wanted(each)) return std::optional<T>(std::move(each));
  }
  return std::optional<T>();
}

Found read_thing(const auth::Json& json, std::string_view name, std::string_view state) {
  const std::string now = json.text_of("state").value_or(std::string(state));
  return {.id = json.text_of("id").value_or(""),
          .name = json.text_of(name).value_or(""),
          .active = now == state,
          .locked = now.ends_with("_LOCKED")};
}

Found read_project(const auth::Json& json) {
  return read_thing(json, "name", "PROJECT_STATE_ACTIVE");
}

Found read_application(const auth::Json& json) {
  Found found = read_thing(json, "name", "APP_STATE_ACTIVE");
  const std::optional<auth::Json> api = json.member("apiConfig");
  found.right_kind =
      api && api->text_of("authMethodType") == "API_AUTH_METHOD_TYPE_PRIVATE_KEY_JWT";
  if (api) found.client_id = api->text_of("clientId").value_or("");
  return found;
}

Found read_user(const auth::Json& json) {
  Found found = read_thing(json, "userName", "USER_STATE_ACTIVE");
  const std::optional<auth::Json> machine = json.member("machine");
  found.right_kind = machine.has_value();
  found.jwt = machine && machine->text_of("accessTokenType") == "ACCESS_TOKEN_TYPE_JWT";
  return found;
}

FoundKey read_key(const auth::Json& json) {
  return {json.text_of("id").value_or(""), json.text_of("expirationDate").value_or("")};
}

FoundGrant read_grant(const auth::Json& json) {
  FoundGrant grant{.id = json.text_of("id").value_or("")};
  constexpr const char* kActive = "USER_GRANT_STATE_ACTIVE";
  grant.active = json.text_of("state").value_or(kActive) == kActive;
  if (const auto roles = json.member("roleKeys")) {
    roles->for_each_element([&](const auth::Json& role) {
      if (const auto key = role.text()) grant.roles.emplace_back(*key);
    });
  }
  return grant;
}

// The member of an answer to a GET; gone is no error.
Search<Found> one_in(ApiResult<auth::Json> answer, std::string_view member,
                     Found (*read)(const auth::Json&)) {
  if (!answer && answer.error().is_missing()) return std::optional<Found>();
  if (!answer) return std::move(answer).error();
  const std::optional<auth::Json> json = answer->member(member);
  Found found = json ? read(*json) : Found();
  if (!is_id(found.id)) {
    return ApiError{.status = 200, .words = "ZITADEL's answer holds no " + std::string(member)};
  }
  return std::optional<Found>(std::move(found));
}

std::string below(const char* root, const std::string& id, const char* rest = "") {
  return std::string(root) + '/' + id + rest;
}

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

Search<Found> Resources::user(const std::string& id) {
  return one_in(api_.get(below(kUsers, id)), "user", read_user);
}

Search<Found> Resources::user_named(const std::string& name) {
  return first_of<Found>(each_of<Found>(api_.search(std::string(kUsers) + "/_search",
                                                    equals("userNameQuery", "userName", name)),
                                        read_user),
                         [&](const Found& each) { return each.name == name; });
}

ApiResult<std::string> Resources::make_user(const std::string& name, bool jwt) {
  return id_in(
      api_.post(std::string(kUsers) + "/machine",
                "{\"userName\":" + json_quote(name) + ",\"name\":" + json_quote(name) +
                    ",\"accessTokenType\":\"ACCESS_TOKEN_TYPE_" + (jwt ? "JWT" : "BEARER") + "\"}"),
      "userId");
}

ApiResult<std::vector<FoundKey>> Resources::user_keys(const std::string& user) {
  return each_of<FoundKey>(api_.search(below(kUsers, user, "/keys/_search")), read_key);
}

ApiResult<std::string> Resources::make_user_key(const std::string& user, const std::string& expires,
                                                const std::string& public_key) {
  return id_in(api_.post(below(kUsers, user, "/keys"),
                         R"({"type":"KEY_TYPE_JSON","expirationDate":)" + json_quote(expires) +
                             ",\"publicKey\":" + json_quote(auth::base64_encode(public_key)) + '}'),
               "keyId");
}

ApiResult<std::vector<FoundGrant>> Resources::grants(const std::string& queries) {
  return each_of<FoundGrant>(api_.search(std::string(kUsers) + "/grants/_search", queries),
                             read_grant);
}

Search<FoundGrant> Resources::grant(const std::string& user, const std::string& project) {
  return first_of<FoundGrant>(
      grants("[{\"userIdQuery\":{\"userId\":" + json_quote(user) +
             "}},{\"projectIdQuery\":{\"projectId\":" + json_quote(project) + "}}]"),
      [](const FoundGrant&) { return true; });
}

ApiResult<std::vector<FoundGrant>> Resources::grants_of_user(const std::string& user) {
  return grants("[{\"userIdQuery\":{\"userId\":" + json_quote(user) + "}}]");
}

ApiResult<std::vector<FoundGrant>> Resources::grants_of_project(const std::string& project) {
  return grants("[{\"projectIdQuery\":{\"projectId\":" + json_quote(project) + "}}]");
}

ApiResult<std::string> Resources::make_grant(const std::string& user, const std::string& project,
                                             const Strings& roles) {
  return id_in(
      api_.post(below(kUsers, user, "/grants"),
                "{\"projectId\":" + json_quote(project) + ",\"roleKeys\":" + list_of(roles) + '}'),
      "userGrantId");
}

ApiResult<void> Resources::change_grant(const std::string& user, const std::string& grant,
                                        const Strings& roles) {
  return nothing_in(
      api_.put(below(kUsers, user, "/grants/") + grant, "{\"roleKeys\":" + list_of(roles) + '}'));
}

ApiResult<void> Resources::remove(const std::string& path) {
  const auto answer = api_.remove(kRoot + path);
  if (answer || answer.error().is_missing()) return {};
  return answer.error();
}

}  // namespace cli
