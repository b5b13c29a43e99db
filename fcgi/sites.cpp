// SPDX-License-Identifier: Apache-2.0
#include "fcgi/sites.h"

#include <algorithm>
#include <atomic>
#include <string>
#include <utility>

#include "auth/base/log.h"
#include "auth/base/log_request.h"

namespace fcgi {
namespace {

// Maximum number of questions for a token: for discovery and keys, about the token, and once more.
constexpr int kQuestions = 3;
constexpr std::size_t kMostName = 100;

}  // namespace

auth::Result<std::unique_ptr<Sites>, auth::Mistakes> Sites::make(
    std::vector<auth::Settings> all, const Site::Surroundings& surroundings, const Sites* before) {
  SectionChoice choice(auth::places_of(all));
  std::vector<std::unique_ptr<Site>> sites;
  auth::Mistakes mistakes;
  for (auth::Settings& settings : all) {
    const Site* const same = before == nullptr ? nullptr : before->site_of(settings.section);
    auto site = Site::make(std::move(settings), surroundings, same);
    if (site) {
      sites.push_back(*std::move(site));
    } else {
      mistakes.insert(mistakes.end(), site.error().begin(), site.error().end());
    }
  }
  if (!mistakes.empty()) return mistakes;
  return std::unique_ptr<Sites>(new Sites(std::move(choice), std::move(sites), surroundings.clock));
}

void Sites::start(Sites* before) {
  for (const auto& site : sites_) {
    site->start(before == nullptr ? nullptr : before->site_of(site->settings().section));
  }
}

// When the last of them has given its sign, all have.
void Sites::look_alive(const auth::Workers::Task& alive) {
  const auto left = std::make_shared<std::atomic<std::size_t>>(sites_.size());
  for (const auto& site : sites_) {
    site->look_alive([left, alive] {
      if (left->fetch_sub(1) == 1) alive();
    });
  }
}

void Sites::stop() {
  for (const auto& site : sites_) site->stop();
}

void Sites::reopen_audit() {
  for (const auto& site : sites_) site->reopen_audit();
}

std::chrono::milliseconds Sites::longest_wait() const {
  std::chrono::milliseconds longest{};
  for (const auto& site : sites_) {
    const auth::Settings& settings = site->settings();
    longest = std::max(longest, kQuestions * (settings.connect_timeout + settings.timeout));
  }
  return longest;
}

void Sites::handle(std::unique_ptr<Exchange> exchange) const {
  const auto section = choice_.find(exchange->request());
  if (section) return sites_[*section]->handle(std::move(exchange));
  const Refusal& refusal = section.error();
  const auth::LogRequest about(exchange->request().request_id());
  refusals_.add(auth::LogLevel::kWarn, refusal.sentence,
                [&] { return refusal_line(refusal, exchange->request()); });
  exchange->finish(refusal.response);
}

Site* Sites::site_of(std::string_view section) const {
  const auto found = std::find_if(sites_.begin(), sites_.end(), [&](const auto& each) {
    return each->settings().section == section;
  });
  return found == sites_.end() ? nullptr : found->get();
}

std::string refusal_line(const Refusal& refusal, const Request& request) {
  const std::string_view host = auth::cut_to(request.variable("SERVER_NAME"), kMostName);
  return "refused: " + std::string(refusal.sentence) + ": the host is \"" + std::string(host) + '"';
}

}  // namespace fcgi
