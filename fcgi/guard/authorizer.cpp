// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/authorizer.h"

#include <string>
#include <string_view>
#include <utility>

#include "fcgi/guard/demand.h"

namespace fcgi {
namespace {

void forbid_storing(Response& response) {
  response.headers.emplace_back("Cache-Control", "no-store");
}

// A refusal that the operator has to act on.
Refusal unable(std::string_view why) {
  Refusal refusal{error_response(503, "server_error", why), why};
  forbid_storing(refusal.response);
  return refusal;
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
  if (only_reports() && responder_.is_preflight(exchange->request())) {
    return responder_.refuse(std::move(exchange), {{204, {}, {}}, "a preflight is answered here"},
                             spared());
  }
  if (rules_ == nullptr) {
    failures_.add({auth::Reason::kInternal,
                   "asked whether a request may go on, but ZITADEL_RULES is not set: nobody is let "
                   "in"});
    return responder_.refuse(std::move(exchange), unable("there are no rules"), spared());
  }
  // The demand keeps the rules alive, whatever happens to their file meanwhile.
  auto demand = demand_of(exchange->request(), rules_->current());
  if (!demand) return responder_.refuse(std::move(exchange), std::move(demand).error(), spared());
  const auth::Requirement& required = **demand;
  responder_.admit(
      std::move(exchange), required,
      Responder::Admitted(
          [this, demand = *demand](const Request& admitted,
                                   const auth::Claims& claims) -> auth::Result<Response, Refusal> {
            const bool has_name = demand->is_public() || !claims.subject().empty();
            if (!has_name) return refuse_nameless();
            return admit(admitted, claims);
          }),
      spared());
}

// A program that gets no user name takes a caller for nobody, or for anybody.
Refusal Authorizer::refuse_nameless() const {
  failures_.add({auth::Reason::kMalformedAnswer,
                 "ZITADEL calls a token active and does not say whose it is: its sub is missing, "
                 "empty or no string; REMOTE_USER would be empty: not let in"});
  return unable("nobody can tell whose token this is");
}

auth::Result<Response, Refusal> Authorizer::admit(const Request& request,
                                                  const auth::Claims& claims) const {
  auto variables = variables_.of(request, claims, only_reports() ? "200" : "");
  if (variables) return let_go_on(request, *std::move(variables));
  // Part of a claim would be worse than nothing, and the web server would only say 500 or 502.
  failures_.add(
      {auth::Reason::kInternal,
       "a caller has longer claims of ZITADEL_PASS_CLAIMS, or a longer name, than the web server "
       "could hand on (" +
           CallerVariables::limits() + "): not let in"});
  return unable("more is known of the caller than can be handed on");
}

// Nothing of a token that would be refused is told.
Responder::Spared Authorizer::spared() const {
  if (!only_reports()) return {};
  return [this](const Request& request, int status, std::string_view sentence) {
    const std::string would_be = std::to_string(status) + ' ' + std::string(sentence);
    auto variables = variables_.of(request, {}, would_be);
    return let_go_on(request, variables ? *std::move(variables) : CallerVariables::List());
  };
}

Response Authorizer::let_go_on(const Request& request, CallerVariables::List variables) const {
  Response response;
  // A decision about one caller is for no other, wherever there is a cache. Through Apache, the
  // header would apply to the served content.
  if (!is_asked_by_apache(request)) forbid_storing(response);
  if (responder_.tokens().takes_subprotocols() && !is_access_check(request)) {
    variables.emplace_back("AUTH_WEBSOCKET_PROTOCOL",
                           responder_.tokens().other_subprotocols(request));
  }
  for (auto& [name, value] : variables) {
    response.headers.emplace_back("Variable-" + name, std::move(value));
  }
  return response;
}

}  // namespace fcgi
