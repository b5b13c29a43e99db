// SPDX-License-Identifier: Apache-2.0
// About: facts of the settings that monitoring shows.
#pragma once

#include <optional>

#include "auth/base/clock.h"

namespace fcgi {

struct About {
  std::optional<auth::WallTime> key_expires{};  // this API's own key, if its file says so
  bool has_grace = false;                       // ZITADEL_GRACE
  bool only_reports = false;                    // ZITADEL_MODE
};

}  // namespace fcgi
