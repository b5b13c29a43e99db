// SPDX-License-Identifier: Apache-2.0
// Site: everything that is made from one set of settings: the rules, the check of tokens, and the
// parts that answer.
#pragma once

#include <memory>
#include <utility>

#include "auth/base/clock.h"
#include "auth/base/log_section.h"
#include "auth/base/metrics.h"
#include "auth/base/result.h"
#include "auth/parts.h"
#include "auth/settings/settings.h"
#include "fcgi/guard/audit.h"
#include "fcgi/guard/authorizer.h"
#include "fcgi/guard/decision.h"
#include "fcgi/guard/decision_counter.h"
#include "fcgi/guard/dispatcher.h"
#include "fcgi/guard/own_pages.h"
#include "fcgi/guard/permission_log.h"
#include "fcgi/guard/resource_metadata.h"
#include "fcgi/guard/responder.h"
#include "fcgi/guard/router.h"
#include "fcgi/guard/rules_file.h"
#include "fcgi/http/client_address.h"
#include "fcgi/http/exchange.h"
#include "fcgi/monitor/about.h"

namespace fcgi {

// Made, started and stopped by one thread; handle is thread-safe.
class Site {
 public:
  // Things that the process has once, whatever its settings are. All must outlive the site.
  struct Surroundings {
    const Router& router;
    const auth::Clock& clock;
    auth::Lifespan lifespan;
    DecisionObservers observers{};
  };

  // Returns the site, or all mistakes in the rules. It must end before the server whose exchanges
  // it handles. before: the site that it replaces, or null.
  [[nodiscard]] static auth::Result<std::unique_ptr<Site>, auth::Mistakes> make(
      auth::Settings settings, const Surroundings& surroundings, const Site* before = nullptr);
  // Calls stop.
  ~Site() { stop(); }
  Site(const Site&) = delete;
  Site& operator=(const Site&) = delete;

  // See Parts.
  void start(Site* before = nullptr) {
    const auth::LogSection about(name_);
    parts_.start(before == nullptr ? nullptr : &before->parts_);
  }
  void look_alive(auth::Workers::Task alive) { parts_.look_alive(std::move(alive)); }
  void stop() {
    const auth::LogSection about(name_);
    parts_.stop();
  }

  // Reopens the file of the audit, if there is one. Thread-safe.
  void reopen_audit() {
    if (audit_) audit_->reopen();
  }
  // Null if there are none.
  [[nodiscard]] std::shared_ptr<const Rules> rules() const {
    return rules_ ? rules_->current() : nullptr;
  }

  [[nodiscard]] const auth::Settings& settings() const noexcept { return settings_; }
  [[nodiscard]] auth::Metrics& metrics() const noexcept { return *metrics_; }

  // Finishes the exchange, now or later and on another thread. It must outlive what it handles.
  void handle(std::unique_ptr<Exchange> exchange) const {
    const auth::LogSection about(name_);
    dispatcher_.handle(std::move(exchange));
  }

 private:
  Site(auth::Settings settings, std::shared_ptr<auth::Metrics> metrics,
       std::unique_ptr<RulesFile> rules, const Surroundings& surroundings, const Site* before);

  [[nodiscard]] DecisionObservers observers_of(const Surroundings& surroundings);

  // The members are in the order in which they need each other.
  auth::Settings settings_;
  const auth::LogSection::Name name_;
  const About about_;  // before the parts take the key out of the settings
  const std::shared_ptr<auth::Metrics> metrics_;
  DecisionCounter counter_;
  const ClientAddress client_address_;
  PermissionLog permissions_;
  const std::unique_ptr<Audit> audit_;  // null if none is wanted
  const std::unique_ptr<RulesFile> rules_;
  const ResourceMetadata metadata_;
  auth::Parts parts_;
  const Responder responder_;
  const Authorizer authorizer_;
  const OwnPages own_pages_;
  const Dispatcher dispatcher_;
};

}  // namespace fcgi
