// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/section_choice.h"

#include <algorithm>
#include <optional>

#include "auth/base/text.h"
#include "fcgi/guard/authorizer.h"
#include "fcgi/guard/reach.h"
#include "fcgi/guard/resource_metadata.h"

namespace fcgi {
namespace {

bool is_within(std::string_view path, std::string_view folder) {
  if (folder == "/") return true;
  return path.starts_with(folder) && (path.size() == folder.size() || path[folder.size()] == '/');
}

bool is_of(const auth::Place& place, std::string_view host) {
  return place.host.empty() || place.host == host;
}

// Returns the host; nullopt if the web server names none, or several: then nobody can know which
// one it serves.
std::optional<std::string> host_of(const Request& request) {
  std::optional<std::string> host;
  bool agree = true;
  request.for_each("SERVER_NAME", [&](std::string_view name, std::string_view value) {
    if (name != "SERVER_NAME") return;
    std::string plain = auth::plain_host(value);
    agree = agree && (!host || *host == plain);
    host = std::move(plain);
  });
  return agree ? host : std::nullopt;
}

// The document about the API at /shop is asked for at /.well-known/…/shop (RFC 9728 §3.1).
bool is_about_metadata(const Request& request) {
  return !Authorizer::is_asked(request) && ResourceMetadata::is_asked(request);
}

}  // namespace

SectionChoice::SectionChoice(const std::vector<std::vector<auth::Place>>& sections) {
  for (std::size_t i = 0; i < sections.size(); ++i) {
    for (const auth::Place& place : sections[i]) {
      places_.push_back({place, i});
      has_hosts_ = has_hosts_ || !place.host.empty();
      has_paths_ = has_paths_ || place.path != "/";
    }
  }
  if (places_.empty()) return;
  for (std::size_t i = 0; i < sections.size(); ++i) {
    if (sections[i].empty()) places_.push_back({{}, i});
  }
  const auto before = [](const Entry& a, const Entry& b) {
    if (a.place.host.empty() != b.place.host.empty()) return b.place.host.empty();
    return a.place.path.size() > b.place.path.size();
  };
  std::stable_sort(places_.begin(), places_.end(), before);
}

auth::Result<std::size_t, Refusal> SectionChoice::find(const Request& request) const {
  if (!is_free()) return std::size_t{0};
  const std::optional<std::string> host = has_hosts_ ? host_of(request) : std::string();
  if (!host) return forbidden("the web server does not say which host it serves (SERVER_NAME)");
  if (!has_paths_) return section_at(*host, "/");
  if (is_about_metadata(request)) return section_at(*host, auth::lower_case(request.path_info()));
  return find_by_path(request, *host);
}

auth::Result<std::size_t, Refusal> SectionChoice::find_by_path(const Request& request,
                                                               std::string_view host) const {
  if (request.variable("REQUEST_URI").empty()) {
    return forbidden("the web server does not say which URL was asked for (REQUEST_URI)");
  }
  std::optional<std::size_t> section;
  const auto visit = [&](const std::vector<Reading>& paths, std::string_view,
                         bool reaches_below) -> std::optional<Refusal> {
    for (const auto& [path, is_inside] : paths) {
      auto found = section_at(host, path);
      if (!found) return std::move(found).error();
      if (section.value_or(*found) != *found) {
        return forbidden("the request is about what several sections of the settings are for");
      }
      section = *found;
      if (reaches_below && !is_inside && has_other_below(host, path, *found)) {
        return forbidden("a path below this one is for another section of the settings");
      }
    }
    return std::nullopt;
  };
  if (auto refusal = visit_reach(request, Case::kIgnored, visit)) return *std::move(refusal);
  return *section;
}

auth::Result<std::size_t, Refusal> SectionChoice::section_at(std::string_view host,
                                                             std::string_view path) const {
  for (const auto& [place, section] : places_) {
    if (is_of(place, host) && is_within(path, place.path)) return section;
  }
  return forbidden("no section of the settings is for this host and path");
}

bool SectionChoice::has_other_below(std::string_view host, std::string_view path,
                                    std::size_t section) const {
  return std::any_of(places_.begin(), places_.end(), [&](const Entry& each) {
    if (!is_of(each.place, host) || !is_within(each.place.path, path)) return false;
    const auto found = section_at(host, each.place.path);
    return !found || *found != section;
  });
}

}  // namespace fcgi
