// Router, as these rooms name it. It is public: zitadel_fcgi/router.h.
#pragma once

#include "zitadel_fcgi/router.h"

namespace fcgi {

using zitadel_fcgi::Endpoint;
using zitadel_fcgi::Router;

}  // namespace fcgi
