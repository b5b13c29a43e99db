// SPDX-License-Identifier: Apache-2.0
// The paths of this API: which function answers each, and what it asks of a caller.
#pragma once

#include <zitadel_fcgi/router.h>

namespace own_api {

[[nodiscard]] zitadel_fcgi::Router routes();

}  // namespace own_api
