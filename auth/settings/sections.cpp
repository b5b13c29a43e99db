// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/sections.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "auth/base/place.h"
#include "auth/settings/rows.h"

namespace auth {
namespace {

constexpr std::string_view kDomain = "ZITADEL_DOMAIN";
// Settings that exclude each other. A section that has the second does not take over the first.
constexpr std::pair<std::string_view, std::string_view> kEitherOr[] = {
    {"ZITADEL_CACHE_DIR", "ZITADEL_CACHE_URL"}, {"ZITADEL_CACHE_URL", "ZITADEL_CACHE_DIR"}};

bool is_emptied(const SettingSection& section, std::string_view name) {
  return std::find(section.emptied.begin(), section.emptied.end(), name) != section.emptied.end();
}

bool is_replaced(const SettingSection& section, std::string_view name) {
  return std::any_of(std::begin(kEitherOr), std::end(kEitherOr), [&](const auto& pair) {
    return pair.first == name && section.found.contains(pair.second);
  });
}

void add(FoundSettings& found, std::string_view name, const FoundSettings& from) {
  const auto it = from.find(name);
  if (it == from.end()) return;
  const FoundSetting& setting = it->second;
  found.try_emplace(std::string(name),
                    FoundSetting{setting.value.copy(), setting.origin, setting.folder});
}

void check_place_of_settings(const SettingSection& section, Mistakes& mistakes) {
  for (const SettingRow& row : setting_rows()) {
    const auto found = section.found.find(row.setting.name);
    if (row.part != SettingPart::kWholeProgram || found == section.found.end()) continue;
    mistakes.push_back(std::string(row.setting.name) + " (" + found->second.origin +
                       ") counts for the whole program: write it before the first section");
  }
}

// Without an instance before the first section, its settings would count nowhere. Those of the
// environment are no mistake: it may be that of all programs, or of systemd's unit.
void check_settings_of_no_instance(const SettingSources& all, Mistakes& mistakes) {
  if (names_instance(all)) return;
  for (const SettingRow& row : setting_rows()) {
    const auto found = all.found.find(row.setting.name);
    if (row.part != SettingPart::kOfInstance || found == all.found.end()) continue;
    if (found->second.origin == kEnvironment) continue;
    mistakes.push_back(std::string(row.setting.name) + " (" + found->second.origin +
                       ") counts for no section, and ZITADEL_DOMAIN does not stand before the "
                       "first one: write it into the section that it is for");
  }
}

class HeadingCheck {
 public:
  explicit HeadingCheck(Mistakes& mistakes) : mistakes_(mistakes) {}

  void occupy(const Place& place, const std::string& by) { taken_.emplace(to_string(place), by); }

  // An empty heading was reported as a mistake of its line already.
  void check(const SettingSection& section) {
    if (section.heading.empty()) return;
    const auto places = parse_places(section.heading);
    if (!places) return mistake(section, places.error().sentence);
    for (const Place& place : *places) {
      const std::string name = to_string(place);
      const auto [first, added] = taken_.emplace(name, section.origin);
      if (!added) {
        mistake(section, "names " + name + ", which is in the care of " + first->second +
                             " already: leave one of the two");
      }
    }
  }

 private:
  void mistake(const SettingSection& section, const std::string& what) {
    mistakes_.push_back(section.origin + ": the heading " + what);
  }

  Mistakes& mistakes_;
  std::map<std::string, std::string> taken_{};  // place → origin of its section
};

}  // namespace

SettingSources sources_of(const SettingSection& section, const SettingSources& all) {
  SettingSources sources;
  sources.alike = section.alike;
  sources.unread = all.unread;
  sources.is_incomplete = all.is_incomplete;
  for (const SettingRow& row : setting_rows()) {
    const std::string_view name = row.setting.name;
    add(sources.found, name, section.found);
    if (row.part == SettingPart::kOfInstance || is_emptied(section, name)) continue;
    if (!is_replaced(section, name)) add(sources.found, name, all.found);
  }
  return sources;
}

bool names_instance(const SettingSources& all) {
  return all.sections.empty() || all.is_incomplete || all.found.contains(kDomain) ||
         std::find(all.unread.begin(), all.unread.end(), kDomain) != all.unread.end();
}

Mistakes check_sections(const SettingSources& all) {
  Mistakes mistakes;
  if (all.sections.size() > kMostSections) {
    mistakes.push_back(all.sections[kMostSections].origin + ": there are more than " +
                       std::to_string(kMostSections) + " sections: run one more program");
    return mistakes;
  }
  check_settings_of_no_instance(all, mistakes);
  HeadingCheck headings(mistakes);
  if (names_instance(all)) headings.occupy({}, "what stands before the first section");
  for (const SettingSection& section : all.sections) {
    headings.check(section);
    check_place_of_settings(section, mistakes);
  }
  return mistakes;
}

std::string with_origin(const SettingSection& section) {
  return "[" + section.heading + "] (" + section.origin + ")";
}

}  // namespace auth
