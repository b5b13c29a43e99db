// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/rules.h"

#include <algorithm>
#include <utility>

#include "auth/base/text.h"

namespace fcgi {
namespace {

using Methods = std::vector<std::string>;

// Whether the prefix, which has no slash at its end, is the path or a folder above it.
bool covers(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool names(const Methods& methods, std::string_view method) {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

// The methods of a line without methods if its prefix has other lines.
const Methods& reading_methods() {
  static const Methods methods = {"GET", "HEAD"};
  return methods;
}

// Whether both lines of a prefix could be for one request.
bool overlap(const Methods& some, const Methods& others) {
  if (some.empty() && others.empty()) return true;
  if (some.empty()) return overlap(reading_methods(), others);
  if (others.empty()) return overlap(some, reading_methods());
  return std::any_of(some.begin(), some.end(),
                     [&others](const std::string& method) { return names(others, method); });
}

std::string joined(const std::vector<std::string_view>& words) {
  std::string text;
  for (const std::string_view word : words) text.append(text.empty() ? "" : " ").append(word);
  return text;
}

std::string_view take_line(std::string_view& text) {
  std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(line.size() + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

}  // namespace

auth::Result<Rules, auth::Mistakes> Rules::parse(std::string_view text) {
  if (text.size() > kMaxRulesBytes) return auth::Mistakes{"the file is larger than 1 MiB"};
  Rules rules;
  auth::Mistakes mistakes;
  for (std::size_t number = 1; !text.empty() && mistakes.size() < kMaxRulesMistakes; ++number) {
    const std::vector<std::string_view> words = auth::words_of(take_line(text));
    if (words.empty() || words[0].starts_with('#')) continue;
    if (const auto taken = rules.take(words, number); !taken) {
      mistakes.push_back("line " + std::to_string(number) + ": " + taken.error().sentence);
    }
    if (rules.lines_.size() > kMaxRules)
      return auth::Mistakes{"the file holds more than 1,000 rules"};
  }
  if (mistakes.empty() && rules.lines_.empty()) mistakes.emplace_back("the file holds no rule");
  if (!mistakes.empty()) return mistakes;
  rules.settle_methods();
  return rules;
}

auth::Result<void, auth::Mistake> Rules::take(const std::vector<std::string_view>& words,
                                              std::size_t number) {
  if (words[0] == "caseless") return take_caseless(words.size());
  auto line = parse_rule_line(words, letters_);
  if (!line) return std::move(line).error();
  return add(*std::move(line), number, joined(words));
}

auth::Result<void, auth::Mistake> Rules::take_caseless(std::size_t words) {
  if (words > 1) return auth::Mistake{"\"caseless\" stands alone on its line"};
  if (!lines_.empty()) return auth::Mistake{"\"caseless\" must stand before the first rule"};
  letters_ = Case::kIgnored;
  return {};
}

auth::Result<void, auth::Mistake> Rules::add(RuleLine line, std::size_t number, std::string text) {
  lines_.push_back({number, std::move(text), nullptr});
  auto place = std::find_if(places_.begin(), places_.end(),
                            [&](const Place& each) { return each.prefix == line.prefix; });
  if (place == places_.end()) place = places_.insert(place, Place{std::move(line.prefix), {}});
  // Whichever of the two was meant, the other would silently have no effect.
  for (const Entry& each : place->entries) {
    if (!overlap(each.methods, line.methods)) continue;
    std::string sentence = "an earlier line is for the same path and method";
    if (each.methods.empty() != line.methods.empty()) {
      sentence +=
          ": beside others, a line without methods is for GET and HEAD; write \"*\" for all "
          "that no other line names";
    }
    return auth::Mistake{std::move(sentence)};
  }
  const auto required =
      requirements_.try_emplace(std::move(line.required), std::move(line.requirement)).first;
  lines_.back().requirement = &required->second;
  place->entries.push_back({std::move(line.methods), lines_.size() - 1});
  return {};
}

void Rules::settle_methods() {
  for (Place& place : places_) {
    const bool is_alone = place.entries.size() == 1;
    for (Entry& entry : place.entries) {
      if (!entry.methods.empty()) continue;
      entry.methods = is_alone ? Methods{std::string(kOtherMethods)} : reading_methods();
    }
  }
}

const Rules::Place* Rules::longest_prefix(std::string_view path) const {
  const Place* longest = nullptr;
  for (const Place& place : places_) {
    if (!covers(place.prefix, path)) continue;
    if (longest == nullptr || place.prefix.size() > longest->prefix.size()) longest = &place;
  }
  return longest;
}

const Rules::Line* Rules::find(const Place& place, std::string_view method) const {
  const Line* of_others = nullptr;
  for (const Entry& entry : place.entries) {
    if (names(entry.methods, method)) return &lines_[entry.line];
    if (names(entry.methods, kOtherMethods)) of_others = &lines_[entry.line];
  }
  return of_others;
}

const Rules::Line& Rules::line_for(std::string_view path, std::string_view method) const {
  return *find(*longest_prefix(path), method);
}

auth::Result<const auth::Requirement*, Rules::NoRule> Rules::find(std::string_view path,
                                                                  std::string_view method) const {
  const Place* const place = longest_prefix(path);
  if (place == nullptr) return NoRule::kPath;
  const Line* const line = find(*place, method);
  if (line == nullptr) return NoRule::kMethod;
  return line->requirement;
}

std::vector<const auth::Requirement*> Rules::find_below(std::string_view path,
                                                        std::string_view method) const {
  const std::string_view folder = path == "/" ? std::string_view() : path;
  std::vector<const auth::Requirement*> found;
  for (const Place& place : places_) {
    const bool is_below = place.prefix.size() > folder.size() && covers(folder, place.prefix);
    if (!is_below) continue;
    const Line* const line = find(place, method);
    found.push_back(line == nullptr ? nullptr : line->requirement);
  }
  return found;
}

std::vector<std::string> Rules::methods(std::string_view path) const {
  std::vector<std::string> methods;
  if (const Place* const place = longest_prefix(path)) {
    for (const Entry& entry : place->entries) {
      methods.insert(methods.end(), entry.methods.begin(), entry.methods.end());
    }
  }
  return methods;
}

}  // namespace fcgi
