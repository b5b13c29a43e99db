// SPDX-License-Identifier: Apache-2.0
#include "fcgi/routes.h"

#include "fcgi/endpoints/private.h"
#include "fcgi/endpoints/private_scoped.h"
#include "fcgi/endpoints/public.h"

namespace fcgi {

Router routes() {
  Router router;
  router.add("/public", {"GET"}, "public", endpoints::public_route);
  router.add("/private", {"GET"}, "token", endpoints::private_route);
  router.add("/private-scoped", {"GET"}, "role:read:messages", endpoints::private_scoped_route);
  return router;
}

}  // namespace fcgi
