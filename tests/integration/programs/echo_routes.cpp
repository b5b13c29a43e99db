// The paths of echo.fcgi: api.fcgi with an endpoint that tells its caller who it is.
#include <string>

#include "auth/json.h"
#include "fcgi/routes.h"

namespace fcgi {
namespace {

Response subject(const Request& request, const auth::Claims& claims) {
  return json_response(
      200, "{\"subject\": " + auth::json_quote(claims.subject()) +
               ", \"query\": " + auth::json_quote(request.variable("QUERY_STRING")) + "}");
}

}  // namespace

Router routes() {
  Router router;
  router.add("/subject", {"GET", "POST"}, "token", subject);
  router.add("/subject-with-role", {"GET", "POST"}, "role:read:messages", subject);
  return router;
}

}  // namespace fcgi
