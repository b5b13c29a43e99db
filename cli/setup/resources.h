// SPDX-License-Identifier: Apache-2.0
// Makes, finds and removes in ZITADEL what the set-up needs, with the management API.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "auth/base/secret.h"
#include "cli/setup/found.h"
#include "cli/setup/management.h"

namespace cli {

// One thread at a time. A search that finds nothing is no error. Only ids for which is_id is true
// are accepted.
class Resources {
 public:
  // api must outlive it.
  explicit Resources(Management& api) : api_(api) {}

  [[nodiscard]] Search<Found> project(const std::string& id);
  [[nodiscard]] Search<Found> project_named(const std::string& name);
  [[nodiscard]] ApiResult<std::string> make_project(const std::string& name);

  [[nodiscard]] ApiResult<bool> has_role(const std::string& project, const std::string& key);
  [[nodiscard]] ApiResult<std::vector<std::string>> roles(const std::string& project);
  [[nodiscard]] ApiResult<void> make_role(const std::string& project, const std::string& key);

  [[nodiscard]] ApiResult<std::vector<Found>> applications(const std::string& project);
  // Makes an application with a key (Private Key JWT). Returns its id and client id.
  [[nodiscard]] ApiResult<Found> make_application(const std::string& project,
                                                  const std::string& name);
  [[nodiscard]] ApiResult<std::vector<FoundKey>> application_keys(const std::string& project,
                                                                  const std::string& application);
  // Returns the key file, which ZITADEL shows only once.
  [[nodiscard]] ApiResult<auth::Secret> make_application_key(const std::string& project,
                                                             const std::string& application,
                                                             const std::string& expires);

  [[nodiscard]] Search<Found> user(const std::string& id);
  [[nodiscard]] Search<Found> user_named(const std::string& name);
  [[nodiscard]] ApiResult<std::string> make_user(const std::string& name, bool jwt);
  [[nodiscard]] ApiResult<std::vector<FoundKey>> user_keys(const std::string& user);
  // Returns the personal access tokens, as keys.
  [[nodiscard]] ApiResult<std::vector<FoundKey>> user_tokens(const std::string& user);
  // public_key: PEM. Returns the key's id.
  [[nodiscard]] ApiResult<std::string> make_user_key(const std::string& user,
                                                     const std::string& expires,
                                                     const std::string& public_key);

  [[nodiscard]] Search<FoundGrant> grant(const std::string& user, const std::string& project);
  // Return all authorizations: of a user, of a project.
  [[nodiscard]] ApiResult<std::vector<FoundGrant>> grants_of_user(const std::string& user);
  [[nodiscard]] ApiResult<std::vector<FoundGrant>> grants_of_project(const std::string& project);
  [[nodiscard]] ApiResult<std::string> make_grant(const std::string& user,
                                                  const std::string& project,
                                                  const std::vector<std::string>& roles);
  [[nodiscard]] ApiResult<void> change_grant(const std::string& user, const std::string& grant,
                                             const std::vector<std::string>& roles);

  [[nodiscard]] Search<FoundMember> instance_member(const std::string& user);
  [[nodiscard]] ApiResult<void> make_instance_member(const std::string& user,
                                                     const std::string& role);
  // It is no error if the user is not a member any more.
  [[nodiscard]] ApiResult<void> remove_instance_member(const std::string& user);

  // Removes what has this path below /management/v1. It is no error if that is gone already.
  [[nodiscard]] ApiResult<void> remove(const std::string& path);

 private:
  [[nodiscard]] ApiResult<std::vector<FoundGrant>> grants(const std::string& queries);

  Management& api_;
};

}  // namespace cli
