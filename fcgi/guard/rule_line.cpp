// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/rule_line.h"

#include <algorithm>
#include <utility>

#include "auth/base/text.h"
#include "fcgi/http/methods.h"
#include "fcgi/http/request_path.h"

namespace fcgi {
namespace {

using Checked = auth::Result<void, auth::Mistake>;

bool is_ascii(std::string_view text) {
  return std::all_of(text.begin(), text.end(),
                     [](char byte) { return static_cast<signed char>(byte) >= 0; });
}

std::string_view without_slash(std::string_view path) {
  if (path.ends_with('/')) path.remove_suffix(1);
  return path;
}

// A path that programs may read in several ways cannot be the path of a rule.
Checked check_prefix(std::string_view path, Case letters) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (path.starts_with(kByteOrderMark)) {
    return auth::Mistake{"the file begins with a byte order mark: save it without"};
  }
  if (auth::lower_case(path) == "caseless") {
    return auth::Mistake{
        "the path must begin with \"/\"; \"caseless\" is written in small letters"};
  }
  if (!path.starts_with('/')) return auth::Mistake{"the path must begin with \"/\""};
  if (path.find_first_of("%?#*;") != path.npos) {
    return auth::Mistake{
        "a path is written decoded, without \"%\", \"?\", \"#\", \"*\" or \";\"; a folder with one "
        "of these or a blank in its name cannot be named: write the folder above it"};
  }
  if (letters == Case::kIgnored && !is_ascii(path)) {
    return auth::Mistake{
        "with \"caseless\" a path is written in ASCII alone, since programs differ in which other "
        "letters are the same"};
  }
  const auto readings = request_paths(path, letters);
  if (!readings) {
    return auth::Mistake{
        "the path holds a backslash, a control character, \":$\", leads above \"/\", or is not "
        "UTF-8"};
  }
  Reading only{std::string(path == "/" ? path : without_slash(path))};
  if (letters == Case::kIgnored) only.path = auth::lower_case(only.path);
  if (path != "//" && *readings == std::vector<Reading>{only}) return {};
  return auth::Mistake{
      "the path must be written without \"//\", \"/./\" and \"/../\", without dots or \":80\" at "
      "the end of a name and what looks like a slash: programs read such a path in several ways"};
}

Checked check_method(std::string_view word) {
  if (word == kOtherMethods || is_known_method(word)) return {};
  if (word == "PUBLIC" || word == "TOKEN") {
    return auth::Mistake{"\"" + std::string(word) + "\" is no method: \"" + auth::lower_case(word) +
                         "\" is written in small letters"};
  }
  const std::string_view nearest = nearest_method(word);
  return auth::Mistake{"neither HTTP nor WebDAV knows a method \"" + std::string(word) + "\"" +
                       (nearest.empty() ? "" : ": is " + std::string(nearest) + " meant?")};
}

// Takes the methods from the end of the words.
Checked take_methods(std::vector<std::string_view>& words, std::vector<std::string>& methods) {
  const auto is_one = [](std::string_view word) {
    return word == kOtherMethods || is_method(word);
  };
  auto first = words.end();
  while (first - 1 != words.begin() && is_one(*(first - 1))) --first;
  for (auto word = first; word != words.end(); ++word) {
    if (Checked checked = check_method(*word); !checked) return checked;
    methods.emplace_back(*word);
  }
  words.erase(first, words.end());
  const auto get = std::find(methods.begin(), methods.end(), "GET");
  const bool has_head = std::find(methods.begin(), methods.end(), "HEAD") != methods.end();
  if (get != methods.end() && !has_head) methods.insert(get + 1, "HEAD");
  return {};
}

}  // namespace

auth::Result<RuleLine, auth::Mistake> parse_rule_line(std::vector<std::string_view> words,
                                                      Case letters) {
  if (Checked checked = check_prefix(words[0], letters); !checked)
    return std::move(checked).error();
  RuleLine line{std::string(without_slash(words[0])), {}, {}, {}};
  if (letters == Case::kIgnored) line.prefix = auth::lower_case(line.prefix);
  if (Checked taken = take_methods(words, line.methods); !taken) return std::move(taken).error();
  for (std::size_t i = 1; i < words.size(); ++i) {
    if (words[i].starts_with('#')) return auth::Mistake{"a comment needs a line of its own"};
    if (is_known_method(auth::upper_case(words[i]))) {
      return auth::Mistake{"\"" + std::string(words[i]) +
                           "\": methods stand at the end of the line, in capitals"};
    }
    line.required.append(i > 1 ? " " : "").append(words[i]);
  }
  if (line.required.size() > kMaxRequirementBytes) {
    return auth::Mistake{"what is required is longer than 2,000 bytes"};
  }
  auto parsed = auth::Requirement::parse(line.required);
  if (!parsed) return std::move(parsed).error();
  line.requirement = *std::move(parsed);
  return line;
}

}  // namespace fcgi
