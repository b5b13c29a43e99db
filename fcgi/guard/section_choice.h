// SPDX-License-Identifier: Apache-2.0
// SectionChoice: which section of the settings a request is for, by the host and path that it is
// about.
//
// The host is what the web server says that it serves (SERVER_NAME), not what the client says. The
// path is that of the URL that the client asked for (REQUEST_URI), in every way in which it may be
// read: if these belong to several sections, the request is refused, since the token of one
// instance must not open what another one guards.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/place.h"
#include "auth/base/result.h"
#include "fcgi/guard/refusal.h"
#include "fcgi/http/request.h"

namespace fcgi {

// Immutable after construction, so any thread may use it.
class SectionChoice {
 public:
  // sections: the places of each; a section without places is for all requests that no other
  // section is for.
  explicit SectionChoice(const std::vector<std::vector<auth::Place>>& sections);

  // Whether there is something to choose.
  [[nodiscard]] bool is_free() const noexcept { return !places_.empty(); }

  // Whether the choice depends on the host.
  [[nodiscard]] bool goes_by_host() const noexcept { return has_hosts_; }

  // Returns the index of the section, or a 403 if no section is in charge, if several might be, or
  // if the web server does not say what this needs to know.
  [[nodiscard]] auth::Result<std::size_t, Refusal> find(const Request& request) const;

 private:
  struct Entry {
    auth::Place place;
    std::size_t section;
  };

  [[nodiscard]] auth::Result<std::size_t, Refusal> find_by_path(const Request& request,
                                                                std::string_view host) const;
  [[nodiscard]] auth::Result<std::size_t, Refusal> section_at(std::string_view host,
                                                              std::string_view path) const;
  [[nodiscard]] bool has_other_below(std::string_view host, std::string_view path,
                                     std::size_t section) const;

  std::vector<Entry> places_{};  // the first that fits is in charge
  bool has_hosts_ = false;
  bool has_paths_ = false;
};

}  // namespace fcgi
