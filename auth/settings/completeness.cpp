// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/completeness.h"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <string_view>

namespace auth {
namespace {

// Returns whether one of these may be in a line that could not be read. It is not reported as
// missing then.
bool any_unread(const SettingSources& sources, std::initializer_list<std::string_view> names) {
  return sources.is_incomplete ||
         std::any_of(sources.unread.begin(), sources.unread.end(), [&](const std::string& each) {
           return std::find(names.begin(), names.end(), each) != names.end();
         });
}

// Names a variable that resembles the setting if there is one; gives the advice otherwise.
std::string not_set(const SettingSources& sources, std::string_view name, std::string_view advice) {
  const auto alike = sources.alike.find(name);
  std::string line = std::string(name) + " is not set";
  if (alike == sources.alike.end()) return line.append(": ").append(advice);
  return line.append(", but ")
      .append(alike->second)
      .append(" is: write ")
      .append(name)
      .append(" in its place if that is meant");
}

void check_domain(const SettingSources& sources, Mistakes& mistakes) {
  constexpr std::string_view kDomain = "ZITADEL_DOMAIN";
  if (sources.found.contains(kDomain) || any_unread(sources, {kDomain})) return;
  mistakes.push_back(not_set(sources, kDomain,
                             "write the URL of your ZITADEL instance, such as "
                             "https://my-instance.zitadel.cloud"));
}

// The header needs trusted proxies: any client could write any address into it.
void check_proxies(const SettingSources& sources, Mistakes& mistakes) {
  constexpr std::string_view kHeader = "ZITADEL_CLIENT_ADDRESS_HEADER";
  constexpr std::string_view kProxies = "ZITADEL_TRUSTED_PROXIES";
  const bool has_header = sources.found.contains(kHeader);
  if (has_header == sources.found.contains(kProxies)) return;
  if (any_unread(sources, {kHeader, kProxies})) return;
  mistakes.push_back(std::string(has_header ? kProxies : kHeader) + " is not set, but " +
                     with_origin(sources, has_header ? kHeader : kProxies) +
                     " is: write both, the header and the addresses of the proxies that are "
                     "believed when they send it");
}

void check_cache(const SettingSources& sources, Mistakes& mistakes) {
  constexpr std::string_view kFolder = "ZITADEL_CACHE_DIR";
  constexpr std::string_view kServer = "ZITADEL_CACHE_URL";
  if (!sources.found.contains(kFolder) || !sources.found.contains(kServer)) return;
  mistakes.push_back(with_origin(sources, kFolder) + " is set beside " +
                     with_origin(sources, kServer) +
                     ": write the folder for processes of one machine, or the URL of a server for "
                     "those of several, not both");
}

// This API authenticates by key, or by client id and secret, not by both or by half of the latter.
// Validation::kJwt asks ZITADEL about no token and needs neither, but needs an id that says which
// tokens are meant for this API.
void check_authentication(const SettingSources& sources, Validation validation,
                          Mistakes& mistakes) {
  constexpr std::string_view kKey = "API_PRIVATE_KEY_FILE_PATH";
  constexpr std::string_view kId = "ZITADEL_CLIENT_ID";
  constexpr std::string_view kSecret = "ZITADEL_CLIENT_SECRET";
  constexpr std::string_view kProject = "ZITADEL_PROJECT_ID";
  const auto is_set = [&](std::string_view name) { return sources.found.contains(name); };
  if (any_unread(sources, {kKey, kId, kSecret, kProject})) return;
  if (is_set(kKey) && (is_set(kId) || is_set(kSecret))) {
    mistakes.push_back(with_origin(sources, kKey) + " is set beside " +
                       with_origin(sources, is_set(kId) ? kId : kSecret) +
                       ": write the key's path for an API application with the method Private Key "
                       "JWT, or client id and secret for one with the method Basic, not both");
  } else if (validation == Validation::kJwt && !is_set(kSecret)) {
    if (is_set(kKey) || is_set(kId) || is_set(kProject)) return;
    mistakes.push_back(not_set(sources, kProject,
                               "with ZITADEL_VALIDATION=jwt, write the id of the project that "
                               "tokens must be meant for, or the client id of this API into "
                               "ZITADEL_CLIENT_ID"));
  } else if (!is_set(kKey) && is_set(kId) != is_set(kSecret)) {
    const std::string_view there = is_set(kId) ? kId : kSecret;
    const std::string_view missing = is_set(kId) ? kSecret : kId;
    mistakes.push_back(std::string(missing) + " is not set, but " + with_origin(sources, there) +
                       " is: write both, or " + std::string(kKey) + " instead");
  } else if (!is_set(kKey) && !is_set(kId)) {
    const bool sounds_basic = sources.alike.contains(kId) && !sources.alike.contains(kKey);
    mistakes.push_back(not_set(sources, sounds_basic ? kId : kKey,
                               "write the path of the API application's key file, or set "
                               "ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET instead"));
  }
}

}  // namespace

Mistakes check_completeness(const SettingSources& sources, Validation validation) {
  Mistakes mistakes;
  check_domain(sources, mistakes);
  check_authentication(sources, validation, mistakes);
  check_cache(sources, mistakes);
  check_proxies(sources, mistakes);
  return mistakes;
}

}  // namespace auth
