#include "fcgi/authorizer.h"

#include <string_view>
#include <utility>
#include <variant>

#include "fcgi/request_path.h"

namespace fcgi {
namespace {

void forbid_storing(Response& response) {
  response.headers.emplace_back("Cache-Control", "no-store");
}

// Nobody gets in whatever token they hold: there is nothing to ask the caller for.
Response forbidden(std::string_view why) {
  Response response = error_response(403, "access_denied", why);
  forbid_storing(response);
  return response;
}

// It is the operator's turn.
Response unable(std::string_view why) {
  Response response = error_response(503, "server_error", why);
  forbid_storing(response);
  return response;
}

Response wrong_method(const std::vector<std::string>& methods) {
  Response response = error_response(405, "method_not_allowed",
                                     "this path does not answer the method of the request");
  std::string allow;
  for (const std::string& method : methods) allow += (allow.empty() ? "" : ", ") + method;
  response.headers.emplace_back("Allow", allow);
  forbid_storing(response);
  return response;
}

}  // namespace

bool Authorizer::is_asked(const Request& request) noexcept {
  return request.variable("FCGI_ROLE") == "AUTHORIZER" ||
         !request.variable("ZITADEL_AUTHORIZE").empty();
}

bool Authorizer::success_lets_through(const Request& request) noexcept {
  return request.variable("FCGI_ROLE") != "AUTHORIZER";
}

void Authorizer::handle(std::unique_ptr<Exchange> exchange) const {
  const Request& request = exchange->request();
  const std::optional<std::string> path = request_path(request.variable("REQUEST_URI"));
  if (!path) {
    return gatekeeper_.answer(std::move(exchange),
                              forbidden("the path of the request is ambiguous"));
  }
  if (rules_ == nullptr) {
    failures_.add(
        {auth::Reason::kInternal,
         "asked to protect " + *path + ", but ZITADEL_RULES is not set: nobody is let in"});
    return gatekeeper_.answer(std::move(exchange), unable("there are no rules"));
  }
  const std::shared_ptr<const Rules> rules = rules_->current();
  const auto found = rules->find(*path, request.method());
  if (const auto* no_rule = std::get_if<Rules::NoRule>(&found)) {
    return gatekeeper_.answer(std::move(exchange), *no_rule == Rules::NoRule::kMethod
                                                       ? wrong_method(rules->methods(*path))
                                                       : forbidden("no rule opens this path"));
  }
  // The rules live on with the requirement, whatever becomes of their file meanwhile.
  gatekeeper_.admit(std::move(exchange), *std::get<const auth::Requirement*>(found),
                    [this, rules](const Request& admitted, const auth::Claims& claims) {
                      return admit(admitted, claims);
                    });
}

Response Authorizer::admit(const Request& request, const auth::Claims& claims) const {
  Response response;
  // What is decided about one caller is for no other, wherever a cache stands. Through Apache it
  // would be said of what is served.
  if (!is_asked_by_apache(request)) forbid_storing(response);
  auto variables = variables_.of(request, claims);
  if (!variables) {
    // Some of the roles would be worse than nothing, and the web server would only say 500 or 502.
    failures_.add(
        {auth::Reason::kInternal,
         "a caller has more roles, or longer claims of ZITADEL_PASS_CLAIMS, than the web server "
         "could hand on (" +
             CallerVariables::limits() + "): not let in"});
    return unable("more is known of the caller than can be handed on");
  }
  for (auto& [name, value] : *variables) {
    response.headers.emplace_back("Variable-" + name, std::move(value));
  }
  return response;
}

}  // namespace fcgi
