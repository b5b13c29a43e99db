// SPDX-License-Identifier: Apache-2.0
// Defines the results of searches in ZITADEL.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/setup/management.h"

namespace cli {

// A project, an application or a user.
struct Found {
  std::string id{};
  std::string name{};
  bool active = true;
  bool locked = false;      // if it is not active: false means deactivated
  bool right_kind = true;   // an API application with a key, a service user
  std::string client_id{};  // of an application
  bool jwt = false;         // of a service user: whether its access tokens are JWTs
};

// A key, or a personal access token.
struct FoundKey {
  std::string id{};
  std::string expires{};  // RFC 3339
};

struct FoundGrant {
  std::string id{};
  std::vector<std::string> roles{};
  bool active = true;
};

// A member of the instance, not of an organisation.
struct FoundMember {
  std::string id{};  // the user's
  std::vector<std::string> roles{};
};

template <typename T>
using Search = ApiResult<std::optional<T>>;

}  // namespace cli
