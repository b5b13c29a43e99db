// SPDX-License-Identifier: Apache-2.0
// Writes parts of questions to ZITADEL, and reads its answers into the types of the set-up.
#pragma once

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cli/setup/found.h"

namespace cli::answers {

constexpr const char* kProjects = "/management/v1/projects";
constexpr const char* kUsers = "/management/v1/users";
constexpr const char* kMembers = "/admin/v1/members";  // of the instance

// Returns a path below root: "/management/v1/projects/1/apps".
[[nodiscard]] std::string below(const char* root, const std::string& id, const char* rest = "");

// Texts as a JSON array.
[[nodiscard]] std::string list_of(const std::vector<std::string>& texts);

// Returns the queries of a search: one member must be equal to a value.
[[nodiscard]] std::string equals(const std::string& query, const std::string& member,
                                 const std::string& value);

// Returns the id in an answer. Refuses a text that is no id (is_id), so that it gets into no path.
[[nodiscard]] ApiResult<std::string> id_in(const ApiResult<auth::Json>& answer,
                                           std::string_view member);
[[nodiscard]] ApiResult<void> nothing_in(ApiResult<auth::Json> answer);

// Returns the member of an answer to a GET; nullopt if ZITADEL does not have it.
[[nodiscard]] Search<Found> one_in(ApiResult<auth::Json> answer, std::string_view member,
                                   Found (*read)(const auth::Json&));

[[nodiscard]] Found read_project(const auth::Json& json);
[[nodiscard]] Found read_application(const auth::Json& json);
[[nodiscard]] Found read_user(const auth::Json& json);
[[nodiscard]] FoundKey read_key(const auth::Json& json);
[[nodiscard]] FoundGrant read_grant(const auth::Json& json);
[[nodiscard]] FoundMember read_member(const auth::Json& json);

// Reads what was found into the type of the set-up. Leaves out what has no usable id.
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

}  // namespace cli::answers
