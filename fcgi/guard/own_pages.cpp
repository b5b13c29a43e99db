// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/own_pages.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "auth/base/ip_address.h"
#include "auth/base/process_facts.h"
#include "fcgi/monitor/exposition.h"
#include "fcgi/monitor/health.h"
#include "fcgi/monitor/status_page.h"

namespace fcgi {
namespace {

constexpr std::string_view kFolder = "/zitadel/";

bool is_loopback(std::string_view address) {
  static const auto kV4 = auth::IpPrefix::parse("127.0.0.0/8");
  static const auto kV6 = auth::IpPrefix::parse("::1/128");
  const auto parsed = auth::IpAddress::parse(address);
  return parsed && ((kV4 && kV4->holds(*parsed)) || (kV6 && kV6->holds(*parsed)));
}

// Whether there is a header that proxies add. A caller who adds one himself only keeps himself out.
bool is_handed_on(const Request& request) {
  constexpr std::array<std::string_view, 7> kByProxies{
      "HTTP_FORWARDED",         "HTTP_VIA",       "HTTP_X_FORWARDED_FOR", "HTTP_X_FORWARDED_HOST",
      "HTTP_X_FORWARDED_PROTO", "HTTP_X_REAL_IP", "HTTP_CF_CONNECTING_IP"};
  return std::any_of(kByProxies.begin(), kByProxies.end(), [&](std::string_view name) {
    const std::vector<std::string_view> lines = request.variables(name);
    return std::any_of(lines.begin(), lines.end(),
                       [](std::string_view line) { return !line.empty(); });
  });
}

Response uncached(Response response) {
  response.headers.emplace_back("Cache-Control", "no-store");
  return response;
}

}  // namespace

OwnPages::OwnPages(auth::Metrics& metrics, std::optional<Access> access, About about,
                   auth::TokenValidator& validator, const Responder& responder,
                   ClientAddress client_address, const auth::Clock& clock)
    : metrics_(metrics),
      access_(std::move(access)),
      about_(about),
      validator_(validator),
      responder_(responder),
      client_address_(std::move(client_address)),
      clock_(clock) {}

// If a trusted proxy says who the client is, only that counts: what is no address is nobody's of
// this machine. Otherwise any header of a proxy says that there is a proxy in between.
bool OwnPages::is_local(const Request& request, const ClientAddress& client_address) {
  if (!is_loopback(request.variable("REMOTE_ADDR"))) return false;
  if (client_address.is_told_by_proxy(request)) return is_loopback(client_address.certain(request));
  return is_loopback(client_address.of(request)) && !is_handed_on(request);
}

bool OwnPages::answer(std::unique_ptr<Exchange>& exchange) const {
  const Request& request = exchange->request();
  if (!request.path_info().starts_with(kFolder)) return false;
  const std::string_view name = request.path_info().substr(kFolder.size());
  const bool is_health = name == "live" || name == "ready";
  const Page page = page_of(name);
  if (!is_health && (page == nullptr || !access_)) return false;
  if (request.method() != "GET" && request.method() != "HEAD") {
    std::exchange(exchange, nullptr)->finish(method_not_allowed("GET, HEAD"));
  } else if (name == "ready") {
    tell_readiness(std::move(exchange));
  } else if (name == "live") {
    std::exchange(exchange, nullptr)->finish(uncached(live()));
  } else {
    show(std::move(exchange), page);
  }
  return true;
}

OwnPages::Page OwnPages::page_of(std::string_view name) noexcept {
  if (name == "metrics") return &OwnPages::metrics;
  if (name == "status") return &OwnPages::status;
  if (name == "status.json") return &OwnPages::status_data;
  return nullptr;
}

// No CORS: no script of another origin may read this on this machine.
void OwnPages::show(std::unique_ptr<Exchange> exchange, Page page) const {
  if (!access_->is_local) {
    return responder_.admit(
        std::move(exchange), access_->requirement,
        Responder::Admitted(
            [this, page](const Request&, const auth::Claims&) -> auth::Result<Response, Refusal> {
              return uncached((this->*page)());
            }));
  }
  if (is_local(exchange->request(), client_address_)) {
    return exchange->finish(uncached((this->*page)()));
  }
  exchange->finish(uncached(error_response(403, "access_denied", "only for this machine")));
}

void OwnPages::tell_readiness(std::unique_ptr<Exchange> exchange) const {
  const std::shared_ptr<Exchange> waits(std::move(exchange));
  validator_.tell_readiness([this, waits](auth::Ready ready) {
    waits->finish(
        uncached(readiness({ready.knows_zitadel, about_.has_grace, ready.reaches_store})));
  });
}

Response OwnPages::live() const { return liveness(); }

auth::Metrics::Seen OwnPages::look() const {
  metrics_.look_after();
  metrics_.tick();
  if (const auto open = auth::own_descriptors()) {
    metrics_.set(auth::Gauge::kDescriptors, *open);
  }
  return metrics_.look();
}

Response OwnPages::metrics() const {
  return {.headers = {{"Content-Type", kExpositionType}},
          .body = exposition_of(look(), about_, clock_.wall_microseconds())};
}

Response OwnPages::status() const {
  return status_page(look(), about_, clock_.wall_microseconds());
}

Response OwnPages::status_data() const {
  return json_response(200, status_json(look(), about_, clock_.wall_microseconds()));
}

}  // namespace fcgi
