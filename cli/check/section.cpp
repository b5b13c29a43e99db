// SPDX-License-Identifier: Apache-2.0
#include "cli/check/section.h"

#include <algorithm>
#include <string>
#include <utility>

#include "auth/base/place.h"

namespace cli {
namespace {

bool has_sections(const std::vector<auth::Settings>& all) { return !all.back().section.empty(); }

bool is_of(const auth::Settings& settings, const auth::Place& place) {
  if (settings.places.empty()) return place == auth::Place{};
  return std::find(settings.places.begin(), settings.places.end(), place) != settings.places.end();
}

// "/, example.org, /shop"
std::string names_of(const std::vector<auth::Settings>& all) {
  std::string names;
  for (const auth::Settings& each : all) {
    names += names.empty() ? "" : ", ";
    names += to_string(each.places.empty() ? auth::Place{} : each.places.front());
  }
  return names;
}

}  // namespace

auth::Result<auth::Settings, auth::Mistake> choose_section(std::vector<auth::Settings> all,
                                                           std::string_view place) {
  if (!has_sections(all)) {
    if (place.empty()) return std::move(all.front());
    return auth::Mistake{"--section is for a settings file with sections: leave it out"};
  }
  const std::string one_of = "one of " + names_of(all);
  if (place.empty()) {
    return auth::Mistake{"the settings file has sections: say which one with --section, " + one_of};
  }
  const auto places = auth::parse_places(place);
  if (places && places->size() == 1) {
    const auto found = std::find_if(all.begin(), all.end(), [&](const auth::Settings& each) {
      return is_of(each, places->front());
    });
    if (found != all.end()) return std::move(*found);
  }
  return auth::Mistake{"--section names no section of the settings file: write " + one_of};
}

}  // namespace cli
