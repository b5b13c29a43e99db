// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/name_watch.h"

#include <netdb.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <thread>

#include "auth/zitadel/proxy.h"
#include "auth/zitadel/url.h"

namespace auth {
namespace {

std::set<IpAddress> addresses_of(const std::string& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &hints, &found) != 0) return {};
  std::set<IpAddress> addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    std::array<char, NI_MAXHOST> text{};
    if (::getnameinfo(each->ai_addr, each->ai_addrlen, text.data(), text.size(), nullptr, 0,
                      NI_NUMERICHOST) != 0) {
      continue;
    }
    if (const auto address = IpAddress::parse(text.data())) addresses.insert(*address);
  }
  ::freeaddrinfo(found);
  return addresses;
}

// libcurl knows localhost without looking it up.
bool is_name(const std::string& host) {
  return host != "localhost" && !host.ends_with(".localhost") && !IpAddress::parse(host);
}

}  // namespace

void NameWatch::connected(const std::string& url, std::string_view address) {
  const std::optional<Url> parsed = parse_url(url);
  const std::optional<IpAddress> used = IpAddress::parse(address);
  if (!parsed || !used || !is_name(parsed->host) || (parsed->https && https_proxy())) return;
  names_[parsed->host].used.insert(*used);
}

void NameWatch::look(Time now) {
  for (auto& [host, name] : names_) {
    if (name.lookup && name.lookup->ended.load()) take(name);
    if (!name.lookup && now >= next_) begin(host, name, now);
  }
  if (now >= next_) next_ = now + interval_;
}

void NameWatch::take(Name& name) {
  const std::set<IpAddress>& found = name.lookup->addresses;
  name.failed = found.empty();
  if (!name.failed &&
      !std::includes(found.begin(), found.end(), name.used.begin(), name.used.end())) {
    has_moved_ = true;
  }
  name.lookup = nullptr;
}

void NameWatch::begin(const std::string& host, Name& name, Time now) const {
  const auto lookup = std::make_shared<Lookup>();
  try {
    std::thread([host, lookup] {
      lookup->addresses = addresses_of(host);
      lookup->ended.store(true);
    }).detach();
  } catch (const std::system_error&) {
    return;  // no thread can be started: tried again after the interval
  }
  name.lookup = lookup;
  name.began = now;
}

bool NameWatch::is_failing(Time now) const noexcept {
  return std::any_of(names_.begin(), names_.end(), [now](const auto& each) {
    const Name& name = each.second;
    return name.failed || (name.lookup && now - name.began >= kSlowLookup);
  });
}

}  // namespace auth
