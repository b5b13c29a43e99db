// SPDX-License-Identifier: Apache-2.0
#include "fcgi/site.h"

#include <optional>
#include <string>
#include <utility>

#include "auth/base/log.h"
#include "auth/base/timestamp.h"
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

std::string whose_metrics(const auth::Settings& settings) {
  return settings.domain + ' ' + settings.client_id + ' ' + settings.project_id;
}

// Counts with the other processes of this machine where somebody may see it, and goes on where the
// site before has counted.
std::shared_ptr<auth::Metrics> metrics_of(const auth::Settings& settings, auth::Lifespan lifespan,
                                          const std::shared_ptr<auth::Metrics>& before,
                                          const auth::Settings* settings_before) {
  const std::string whose = whose_metrics(settings);
  const std::string folder = auth::cache_folder(settings);
  if (settings_before != nullptr &&
      settings.metrics.has_value() == settings_before->metrics.has_value() &&
      whose == whose_metrics(*settings_before) && folder == auth::cache_folder(*settings_before)) {
    return before;
  }
  auto metrics = std::make_shared<auth::Metrics>();
  if (!settings.metrics) return metrics;
  const auto shared = metrics->share(folder, whose, lifespan == auth::Lifespan::kManyRequests);
  if (!shared) {
    auth::log(auth::LogLevel::kWarn, "each process counts for itself: ZITADEL_CACHE_DIR " + folder +
                                         ' ' + shared.error().sentence);
  }
  return metrics;
}

std::optional<OwnPages::Access> access_of(const auth::Settings& settings) {
  if (!settings.metrics) return std::nullopt;
  return OwnPages::Access{settings.metrics->is_local, settings.metrics->requirement};
}

About about(const auth::Settings& settings) {
  About about{.has_grace = settings.grace.count() > 0};
  if (settings.application_key) {
    about.key_expires = auth::parse_timestamp(settings.application_key->expires);
  }
  return about;
}

}  // namespace

auth::Result<std::unique_ptr<Site>, auth::Mistakes> Site::make(auth::Settings settings,
                                                               const Surroundings& surroundings,
                                                               const Site* before) {
  auto metrics = metrics_of(settings, surroundings.lifespan,
                            before == nullptr ? nullptr : before->metrics_,
                            before == nullptr ? nullptr : &before->settings_);
  auto rules = open_rules(settings, surroundings.clock, *metrics);
  if (!rules) return std::move(rules).error();
  return std::unique_ptr<Site>(
      new Site(std::move(settings), std::move(metrics), *std::move(rules), surroundings, before));
}

// Where nobody may see what is counted, no time is taken either.
DecisionObservers Site::observers_of(const Surroundings& surroundings) {
  DecisionObservers observers = surroundings.observers;
  if (settings_.metrics) observers.push_back(&counter_);
  return observers;
}

Site::Site(auth::Settings settings, std::shared_ptr<auth::Metrics> metrics,
           std::unique_ptr<RulesFile> rules, const Surroundings& surroundings, const Site* before)
    : settings_(std::move(settings)),
      about_(about(settings_)),
      metrics_(std::move(metrics)),
      counter_(*metrics_),
      rules_(std::move(rules)),
      metadata_(settings_.resource, settings_.domain, scopes_of(settings_)),
      parts_(settings_, surroundings.lifespan, surroundings.clock, metrics_,
             before == nullptr ? nullptr : &before->parts_),
      responder_(parts_.validator(), ProtectedResource{settings_.realm, metadata_.url()},
                 Cors(settings_.cors_origins),
                 ClientAddress(settings_.client_address_header, settings_.trusted_proxies),
                 TokenSources(settings_), observers_of(surroundings)),
      authorizer_(rules_.get(), responder_, CallerVariables(settings_.pass_claims),
                  surroundings.clock, settings_.mode),
      own_pages_(*metrics_, access_of(settings_), about_, parts_.validator(), responder_,
                 ClientAddress(settings_.client_address_header, settings_.trusted_proxies),
                 surroundings.clock),
      dispatcher_(surroundings.router, authorizer_, metadata_, responder_, &own_pages_, *metrics_) {
}

}  // namespace fcgi
