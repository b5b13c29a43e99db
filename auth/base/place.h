// SPDX-License-Identifier: Apache-2.0
// Place: where a section of the settings file applies: a host, a path, or a path on a host.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"

namespace auth {

struct Place {
  std::string host{};     // in small letters, without a port; empty: each host
  std::string path{"/"};  // in small letters, without a slash at its end; "/": each path
  friend bool operator==(const Place&, const Place&) = default;
};

// Reads the places of a heading, separated by blanks: "example.org", "/shop", "example.org/shop".
// The mistake holds nothing of the heading.
[[nodiscard]] Result<std::vector<Place>, Mistake> parse_places(std::string_view heading);

// Returns a host's name, as a web server may give it (SERVER_NAME), in the form of Place::host.
[[nodiscard]] std::string plain_host(std::string_view name);

// Both return the text by which a heading names the place, or the places.
[[nodiscard]] std::string to_string(const Place& place);
[[nodiscard]] std::string to_string(const std::vector<Place>& places);

}  // namespace auth
