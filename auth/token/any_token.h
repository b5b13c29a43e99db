// SPDX-License-Identifier: Apache-2.0
// The requirement that any valid token meets: for callers that need the claims alone.
#pragma once

#include "auth/token/requirement.h"

namespace auth {

// Lives as long as the process.
[[nodiscard]] inline const Requirement& any_token() {
  static const Requirement token;
  return token;
}

}  // namespace auth
