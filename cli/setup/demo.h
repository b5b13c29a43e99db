// SPDX-License-Identifier: Apache-2.0
// The tests' issuer in the place of a ZITADEL.
#pragma once

#include <string>

#include "auth/base/result.h"

namespace cli {

struct DemoIssuer {
  std::string domain;
  std::string token_file;  // of its administrator
};

// of_instance: its administrator is to be an IAM_OWNER.
// As the issuer that runs with --data FOLDER tells it there.
[[nodiscard]] auth::Result<DemoIssuer, auth::Mistake> read_demo_issuer(const std::string& folder,
                                                                       bool of_instance);

}  // namespace cli
