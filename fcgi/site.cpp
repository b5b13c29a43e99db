// SPDX-License-Identifier: Apache-2.0
#include "fcgi/site.h"

#include <string>
#include <utility>

#include "fcgi/command/settings_rules.h"
#include "fcgi/guard/caller_variables.h"
#include "fcgi/guard/cors.h"
#include "fcgi/http/client_address.h"

namespace fcgi {
namespace {

// What a client asks ZITADEL for to get a token that is good here.
std::string scopes_of(const auth::Settings& settings) {
  if (settings.project_id.empty()) return "openid";
  return "openid urn:zitadel:iam:org:project:id:" + settings.project_id + ":aud";
}

}  // namespace

auth::Result<std::unique_ptr<Site>, auth::Mistakes> Site::make(auth::Settings settings,
                                                               const Surroundings& surroundings,
                                                               const Site* before) {
  auto rules = open_rules(settings, surroundings.clock);
  if (!rules) return std::move(rules).error();
  return std::unique_ptr<Site>(
      new Site(std::move(settings), *std::move(rules), surroundings, before));
}

Site::Site(auth::Settings settings, std::unique_ptr<RulesFile> rules,
           const Surroundings& surroundings, const Site* before)
    : settings_(std::move(settings)),
      rules_(std::move(rules)),
      metadata_(settings_.resource, settings_.domain, scopes_of(settings_)),
      parts_(settings_, surroundings.lifespan, surroundings.clock,
             before == nullptr ? nullptr : &before->parts_),
      responder_(parts_.validator(), ProtectedResource{settings_.realm, metadata_.url()},
                 Cors(settings_.cors_origins),
                 ClientAddress(settings_.client_address_header, settings_.trusted_proxies),
                 TokenSources(settings_), surroundings.observers),
      authorizer_(rules_.get(), responder_, CallerVariables(settings_.pass_claims),
                  surroundings.clock, settings_.mode),
      dispatcher_(surroundings.router, authorizer_, metadata_, responder_) {}

}  // namespace fcgi
