// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/answers.h"

namespace cli::answers {
namespace {

using auth::json_quote;
using Strings = std::vector<std::string>;

Strings texts_in(const auth::Json& json, std::string_view member) {
  Strings texts;
  if (const auto list = json.member(member)) {
    list->for_each_element([&](const auth::Json& each) {
      if (const auto text = each.text()) texts.emplace_back(*text);
    });
  }
  return texts;
}

Found read_thing(const auth::Json& json, std::string_view name, std::string_view state) {
  const std::string now = json.text_of("state").value_or(std::string(state));
  return {.id = json.text_of("id").value_or(""),
          .name = json.text_of(name).value_or(""),
          .active = now == state,
          .locked = now.ends_with("_LOCKED")};
}

}  // namespace

std::string below(const char* root, const std::string& id, const char* rest) {
  return std::string(root) + '/' + id + rest;
}

std::string list_of(const Strings& texts) {
  std::string list = "[";
  for (const std::string& text : texts) list += (list.size() > 1 ? "," : "") + json_quote(text);
  return list + ']';
}

std::string equals(const std::string& query, const std::string& member, const std::string& value) {
  return "[{\"" + query + "\":{\"" + member + "\":" + json_quote(value) +
         R"(,"method":"TEXT_QUERY_METHOD_EQUALS"}}])";
}

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
  constexpr const char* kActive = "USER_GRANT_STATE_ACTIVE";
  return {.id = json.text_of("id").value_or(""),
          .roles = texts_in(json, "roleKeys"),
          .active = json.text_of("state").value_or(kActive) == kActive};
}

FoundMember read_member(const auth::Json& json) {
  return {json.text_of("userId").value_or(""), texts_in(json, "roles")};
}

}  // namespace cli::answers
