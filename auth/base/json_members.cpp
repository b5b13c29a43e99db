// SPDX-License-Identifier: Apache-2.0
#include "auth/base/json_members.h"

#include <charconv>
#include <cstddef>
#include <cstdint>
#include <system_error>

#include "auth/base/json_tokens.h"

namespace auth {
namespace {

// A member as it is written.
struct Member {
  std::string_view name{};  // with its quotes
  std::string_view value{};
  bool is_readable = true;
};

// Each take_… removes something from the front of the text. Returns false if it is not there.

void skip_blanks(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\n\r"), text.size()));
}

// A bracket, comma or colon, and the blanks before it.
bool take_mark(std::string_view& text, char mark) {
  std::string_view rest = text;
  skip_blanks(rest);
  if (!rest.starts_with(mark)) return false;
  text = rest.substr(1);
  return true;
}

bool is_text(std::string_view string) { return count_json_colons(string).has_value(); }

template <typename Number>
bool fits(std::string_view text) {
  Number number{};
  return std::from_chars(text.data(), text.data() + text.size(), number).ec == std::errc();
}

bool is_readable(std::string_view scalar) {
  if (scalar.starts_with('"')) return is_text(scalar);
  if (scalar.find_first_of("0123456789") == std::string_view::npos) return true;
  if (scalar.find_first_of(".eE") != std::string_view::npos) return fits<double>(scalar);
  return fits<std::int64_t>(scalar) || fits<std::uint64_t>(scalar);
}

// A member's name and its colon.
bool take_name(std::string_view& text, Member& member) {
  skip_blanks(text);
  const std::string_view begin = text;
  if (!take_json_string(text)) return false;
  const std::string_view name = begin.substr(0, begin.size() - text.size());
  if (member.name.empty()) member.name = name;
  member.is_readable = member.is_readable && is_text(name);
  return take_mark(text, ':');
}

bool take_scalar(std::string_view& text, Member& member) {
  skip_blanks(text);
  const std::string_view begin = text;
  if (!take_json_scalar(text)) return false;
  member.is_readable =
      member.is_readable && is_readable(begin.substr(0, begin.size() - text.size()));
  return true;
}

// Takes the front of a value, through the first scalar or empty pair of brackets in it. open: the
// closing brackets that are still to come, the innermost last.
bool descend(std::string_view& text, Member& member, std::string& open) {
  while (true) {
    const bool object = take_mark(text, '{');
    if (!object && !take_mark(text, '[')) return take_scalar(text, member);
    open.push_back(object ? '}' : ']');
    // Two more levels: the object of all members, and what is inside these brackets.
    if (open.size() + 2 > kMaxJsonDepth) member.is_readable = false;
    if (take_mark(text, open.back())) {
      open.pop_back();
      return true;
    }
    if (object && !take_name(text, member)) return false;
  }
}

// Takes what follows, up to the front of the next value or through the last bracket.
bool ascend(std::string_view& text, Member& member, std::string& open) {
  while (!open.empty() && take_mark(text, open.back())) open.pop_back();
  if (open.empty()) return true;
  return take_mark(text, ',') && (open.back() == ']' || take_name(text, member));
}

// Not recursive: the writer of the text decides how deep it nests.
bool take_value(std::string_view& text, Member& member) {
  skip_blanks(text);
  const std::string_view begin = text;
  std::string open;
  do {
    if (!descend(text, member, open) || !ascend(text, member, open)) return false;
  } while (!open.empty());
  member.value = begin.substr(0, begin.size() - text.size());
  return true;
}

bool take_member(std::string_view& text, Member& member) {
  return take_name(text, member) && take_value(text, member);
}

std::optional<std::vector<Member>> members_of(std::string_view text) {
  std::vector<Member> members;
  if (!take_mark(text, '{')) return std::nullopt;
  if (!take_mark(text, '}')) {
    do {
      if (!take_member(text, members.emplace_back())) return std::nullopt;
    } while (take_mark(text, ','));
    if (!take_mark(text, '}')) return std::nullopt;
  }
  skip_blanks(text);
  if (!text.empty()) return std::nullopt;
  return members;
}

// Returns the text that a written name stands for; the name as written if it stands for no text.
std::string meant(std::string_view name) {
  if (name.find('\\') == std::string_view::npos)
    return std::string(name.substr(1, name.size() - 2));
  const std::optional<Json> read = Json::parse(name);
  return std::string(read ? read->text().value_or(name) : name);
}

bool holds_one_twice(std::vector<std::string> names) {
  std::sort(names.begin(), names.end());
  return std::adjacent_find(names.begin(), names.end()) != names.end();
}

// REQUIRES: it is one value, of well-formed JSON.
std::optional<std::vector<std::string_view>> elements_of(std::string_view array) {
  std::vector<std::string_view> elements;
  if (!take_mark(array, '[')) return std::nullopt;
  if (take_mark(array, ']')) return elements;
  do {
    Member element;
    if (!take_value(array, element)) return std::nullopt;
    elements.push_back(element.value);
  } while (take_mark(array, ','));
  return elements;
}

}  // namespace

std::optional<std::string_view> json_member(std::string_view object, std::string_view name) {
  const std::optional<std::vector<Member>> members = members_of(object);
  if (!members) return std::nullopt;
  std::string_view found;
  for (const Member& member : *members) {
    if (meant(member.name) != name) continue;
    if (!found.empty()) return std::nullopt;
    found = member.value;
  }
  return found;
}

std::optional<std::vector<std::string_view>> json_elements(std::string_view object,
                                                           std::string_view name) {
  const std::optional<std::string_view> member = json_member(object, name);
  return member ? elements_of(*member) : std::nullopt;
}

std::optional<JsonMembers> JsonMembers::parse(std::string_view text) {
  const std::optional<std::vector<Member>> members = members_of(text);
  if (!members) return std::nullopt;
  std::string readable;
  std::vector<std::string> names;
  std::vector<std::string> unreadable;
  for (const Member& member : *members) {
    names.push_back(meant(member.name));
    if (!member.is_readable) {
      unreadable.push_back(names.back());
    } else if (member.value != "null") {
      readable.append(readable.empty() ? "{" : ",").append(member.name).append(":");
      readable.append(member.value);
    }
  }
  if (holds_one_twice(std::move(names))) return std::nullopt;
  std::optional<Json> object = Json::parse(readable.empty() ? "{}" : readable + '}');
  if (!object) return std::nullopt;
  return JsonMembers(*std::move(object), std::move(unreadable));
}

}  // namespace auth
