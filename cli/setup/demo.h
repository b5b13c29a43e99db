// SPDX-License-Identifier: Apache-2.0
// --demo: finds the tests' issuer, which then takes the place of a ZITADEL.
#pragma once

#include <string>

#include "auth/base/result.h"

namespace cli {

struct DemoIssuer {
  std::string domain;
  std::string token_file;  // of its administrator
};

// Reads what the issuer that runs with --data FOLDER has written there. of_instance: whether its
// administrator must be an IAM_OWNER.
[[nodiscard]] auth::Result<DemoIssuer, auth::Mistake> read_demo_issuer(const std::string& folder,
                                                                       bool of_instance);

}  // namespace cli
