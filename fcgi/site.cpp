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
#include "fcgi/guard/token_sources.h"
#include "fcgi/http/client_address.h"

namespace fcgi {
namespace {

// Returns the scopes that a client asks ZITADEL for to get a token that is valid here.
std::string scopes_of(const auth::Settings& settings) {
  if (settings.project_id.empty()) return "openid";
  return "openid urn:zitadel:iam:org:project:id:" + settings.project_id + ":aud";
}

std::string whose_metrics(const auth::Settings& settings) {
  const std::string whose = settings.domain + ' ' + settings.client_id + ' ' + settings.project_id;
  return settings.section.empty() ? whose : whose + " [" + settings.section + ']';
}

// Returns metrics that are shared with the other processes of this machine if somebody may see
// them, and that continue the metrics of the site before.
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
  About about{.has_grace = settings.grace.count() > 0,
              .only_reports = settings.mode == auth::Mode::kReport};
  if (settings.application_key) {
    about.key_expires = auth::parse_timestamp(settings.application_key->expires);
  }
  return about;
}

// Null if none is wanted.
std::unique_ptr<Audit> audit_of(const auth::Settings& settings,
                                const Site::Surroundings& surroundings,
                                const ClientAddress& client_address) {
  if (settings.audit_file.empty() && !settings.audit_to_journal) return nullptr;
  using Thread = auth::LineWriter::Thread;
  const bool stays = surroundings.lifespan == auth::Lifespan::kManyRequests;
  return std::make_unique<Audit>(settings.audit_file, stays ? Thread::kOwn : Thread::kNone,
                                 settings.section, client_address, surroundings.clock);
}

TokenSources tokens_of(const auth::Settings& settings) {
  return {settings.max_token_bytes,
          {settings.token_cookie, settings.token_websocket, settings.cors_origins}};
}

Cors cors_of(const auth::Settings& settings) {
  return Cors(settings.cors_origins,
              settings.token_cookie.empty() ? Cors::Cookies::kNotAllowed : Cors::Cookies::kAllowed);
}

Authorizer::Refusals refusals_of(const auth::Settings& settings) {
  return settings.mode == auth::Mode::kReport ? Authorizer::Refusals::kOnlyReported
                                              : Authorizer::Refusals::kCount;
}

}  // namespace

auth::Result<std::unique_ptr<Site>, auth::Mistakes> Site::make(auth::Settings settings,
                                                               const Surroundings& surroundings,
                                                               const Site* before) {
  const auth::LogSection about(auth::LogSection::name_of(settings.section));
  auto metrics =
      metrics_of(settings, surroundings.lifespan, before == nullptr ? nullptr : before->metrics_,
                 before == nullptr ? nullptr : &before->settings_);
  auto rules = open_rules(settings, surroundings.clock, *metrics);
  if (!rules) return std::move(rules).error();
  return std::unique_ptr<Site>(
      new Site(std::move(settings), std::move(metrics), *std::move(rules), surroundings, before));
}

DecisionObservers Site::observers_of(const Surroundings& surroundings) {
  DecisionObservers observers = surroundings.observers;
  observers.of_refusals.push_back(&permissions_);
  if (audit_) observers.of_all.push_back(audit_.get());
  if (settings_.metrics) observers.of_all.push_back(&counter_);
  return observers;
}

Site::Site(auth::Settings settings, std::shared_ptr<auth::Metrics> metrics,
           std::unique_ptr<RulesFile> rules, const Surroundings& surroundings, const Site* before)
    : settings_(std::move(settings)),
      name_(auth::LogSection::name_of(settings_.section)),
      about_(about(settings_)),
      metrics_(std::move(metrics)),
      counter_(*metrics_),
      client_address_(settings_.client_address_header, settings_.trusted_proxies),
      permissions_(surroundings.clock),
      audit_(audit_of(settings_, surroundings, client_address_)),
      rules_(std::move(rules)),
      metadata_(settings_.resource, settings_.domain, scopes_of(settings_)),
      parts_(settings_, surroundings.lifespan, surroundings.clock, metrics_,
             before == nullptr ? nullptr : &before->parts_),
      responder_(parts_.validator(), ProtectedResource{settings_.realm, metadata_.url()},
                 cors_of(settings_), client_address_, tokens_of(settings_),
                 observers_of(surroundings)),
      authorizer_(rules_.get(), responder_, CallerVariables(settings_.pass_claims),
                  surroundings.clock, refusals_of(settings_)),
      own_pages_(*metrics_, access_of(settings_), about_, parts_.validator(), responder_,
                 client_address_, surroundings.clock),
      dispatcher_(surroundings.router, authorizer_, metadata_, responder_, &own_pages_, *metrics_) {
}

}  // namespace fcgi
