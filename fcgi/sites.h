// SPDX-License-Identifier: Apache-2.0
// Sites: the site of each section of the settings, read at one time; each request goes to its own.
#pragma once

#include <chrono>
#include <memory>
#include <string_view>
#include <vector>

#include "auth/base/quiet_log.h"
#include "auth/base/result.h"
#include "auth/settings/settings.h"
#include "fcgi/guard/section_choice.h"
#include "fcgi/http/exchange.h"
#include "fcgi/site.h"

namespace fcgi {

// Made, started and stopped by one thread; handle is thread-safe.
class Sites {
 public:
  // all: the result of load_sections. Returns the sites, or all mistakes in their rules. They must
  // end before the server whose exchanges they handle. before: the sites that they replace, or
  // null.
  [[nodiscard]] static auth::Result<std::unique_ptr<Sites>, auth::Mistakes> make(
      std::vector<auth::Settings> all, const Site::Surroundings& surroundings,
      const Sites* before = nullptr);

  // Each calls the function of that name of each site. before: as above.
  void start(Sites* before = nullptr);
  void look_alive(const auth::Workers::Task& alive);
  void stop();
  void reopen_audit();

  // Never empty.
  [[nodiscard]] const std::vector<std::unique_ptr<Site>>& all() const noexcept { return sites_; }

  // Returns how long a request may wait for ZITADEL at most.
  [[nodiscard]] std::chrono::milliseconds longest_wait() const;

  // Finishes the exchange, now or later and on another thread. It must outlive what it handles.
  void handle(std::unique_ptr<Exchange> exchange) const;

 private:
  Sites(SectionChoice choice, std::vector<std::unique_ptr<Site>> sites, const auth::Clock& clock)
      : choice_(std::move(choice)), sites_(std::move(sites)), refusals_(kRefusalLine, clock) {}

  static constexpr std::chrono::seconds kRefusalLine{1};

  // Returns the site of the section; null if there is none.
  [[nodiscard]] Site* site_of(std::string_view section) const;

  const SectionChoice choice_;
  const std::vector<std::unique_ptr<Site>> sites_;
  mutable auth::QuietLog refusals_;
};

// Returns a line for the operator, who has to mend it: why no section is in charge of a request.
[[nodiscard]] std::string refusal_line(const Refusal& refusal, const Request& request);

}  // namespace fcgi
