// SPDX-License-Identifier: Apache-2.0
// The answers for a load balancer.
#pragma once

#include "fcgi/http/response.h"

namespace fcgi {

[[nodiscard]] Response liveness();

struct Readiness {
  bool knows_zitadel;  // has found its endpoints
  bool has_grace;      // remembered answers may serve while ZITADEL cannot be reached
  bool reaches_store;  // or uses none
};
// Returns 200, or 503 if something is missing.
[[nodiscard]] Response readiness(Readiness state);

}  // namespace fcgi
