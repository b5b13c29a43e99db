// SPDX-License-Identifier: Apache-2.0
// The paths of this program: which endpoint answers each, and what it asks of a caller.
#pragma once

#include "fcgi/guard/router.h"

namespace fcgi {

[[nodiscard]] Router routes();

}  // namespace fcgi
