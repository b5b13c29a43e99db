// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/dotenv.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "auth/base/text.h"

namespace auth {
namespace {

constexpr std::string_view kBlanks = " \t\v\f";
constexpr std::string_view kNewlines = "\r\n";
constexpr std::string_view kNameCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-.";

bool is_one_of(char byte, std::string_view set) { return set.find(byte) != std::string_view::npos; }

class Parser {
 public:
  explicit Parser(std::string_view text) : rest_(text) {}

  Dotenv parse() && {
    constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
    if (rest_.starts_with(kByteOrderMark)) rest_.remove_prefix(kByteOrderMark.size());
    while (!rest_.empty() && result_.mistakes.size() < kMaxDotenvMistakes) parse_line();
    result_.is_incomplete = !rest_.empty();
    return std::move(result_);
  }

 private:
  void parse_line() {
    take_all(kBlanks);
    if (!at_end_of_content()) rest_[0] == '[' ? parse_heading() : parse_entry();
    skip_rest_of_line();
  }

  // A malformed heading counts as one, so that no setting after it goes to the section before it.
  void parse_heading() {
    const unsigned line = line_;
    const Secret taken = take_unquoted(false);
    std::string_view text = taken.reveal();
    const bool is_closed = text.ends_with(']');
    if (!is_closed)
      mistake(line, {}, "begins a heading that is not closed: write [HOST] or [/PATH]");
    text = is_closed ? trimmed(text.substr(1, text.size() - 2)) : "";
    if (is_closed && text.empty())
      mistake(line, {}, "is an empty heading: write [HOST] or [/PATH]");
    result_.headings.push_back({std::string(text), line});
  }

  void parse_entry() {
    const unsigned line = line_;
    std::string_view name = take_all(kNameCharacters);
    if (name == "export" && !rest_.empty() && is_one_of(rest_[0], kBlanks)) {
      take_all(kBlanks);
      name = take_all(kNameCharacters);
    }
    const bool blank = !take_all(kBlanks).empty();
    if (name.empty()) {
      const bool is_quoted = !rest_.empty() && is_one_of(rest_[0], "'\"");
      return mistake(line, name,
                     is_quoted ? "begins with a quote: write the name without it, NAME=value"
                               : "does not begin with a name of letters, digits and '_'");
    }
    if (at_end_of_content()) return add(line, name, Secret());
    if (rest_[0] == ':') {
      return mistake(line, name, "has ':' after the name: write '=' instead, NAME=value");
    }
    if (rest_[0] != '=') {
      return mistake(line, name,
                     blank ? "has no '=' after the name"
                           : "has a character in its name that is no letter, digit or '_'");
    }
    rest_.remove_prefix(1);
    parse_value(line, name);
  }

  void parse_value(unsigned line, std::string_view name) {
    const bool blank = !take_all(kBlanks).empty();
    if (rest_.empty() || !is_one_of(rest_[0], "'\"")) return add(line, name, take_unquoted(blank));
    std::optional<Secret> value = take_quoted(rest_[0]);
    if (!value) return mistake(line, name, "opens a quote that is never closed");
    take_all(kBlanks);
    if (!at_end_of_content()) return mistake(line_, name, "has text after the closing quote");
    add(line, name, *std::move(value));
  }

  // A '#' begins a comment where a blank precedes it.
  Secret take_unquoted(bool blank) {
    std::string_view value = rest_.substr(0, rest_.find_first_of(kNewlines));
    for (std::size_t i = 0; i < value.size(); ++i) {
      if (value[i] == '#' && blank) {
        value = value.substr(0, i);
        break;
      }
      blank = is_one_of(value[i], kBlanks);
    }
    rest_.remove_prefix(value.size());
    return Secret(value.substr(0, value.find_last_not_of(kBlanks) + 1));
  }

  // nullopt if the quote is not closed; the rest of the text is consumed then.
  std::optional<Secret> take_quoted(char quote) {
    const std::string_view escapes = quote == '"' ? R"(\'"abfnrtv)" : R"(\')";
    constexpr std::string_view kMeanings = "\\'\"\a\b\f\n\r\t\v";
    take_newline_or_byte();
    std::string value;
    value.reserve(rest_.size());  // growing would leave a copy behind
    while (!rest_.empty()) {
      if (rest_[0] == quote) {
        rest_.remove_prefix(1);
        return Secret::take(value);
      }
      const bool escaped = rest_[0] == '\\' && rest_.size() > 1 && is_one_of(rest_[1], escapes);
      if (escaped) {
        value.push_back(kMeanings[escapes.find(rest_[1])]);
        rest_.remove_prefix(2);
      } else {
        value.append(take_newline_or_byte());
      }
    }
    static_cast<void>(Secret::take(value));
    return std::nullopt;
  }

  std::string_view take_newline_or_byte() {
    const std::size_t size = rest_.starts_with("\r\n") ? 2 : 1;
    if (is_one_of(rest_[0], kNewlines)) ++line_;
    return take(size);
  }

  std::string_view take(std::size_t size) {
    const std::string_view taken = rest_.substr(0, size);
    rest_.remove_prefix(taken.size());
    return taken;
  }

  std::string_view take_all(std::string_view set) {
    return take(std::min(rest_.find_first_not_of(set), rest_.size()));
  }

  void skip_rest_of_line() {
    take(std::min(rest_.find_first_of(kNewlines), rest_.size()));
    if (!rest_.empty()) take_newline_or_byte();
  }

  // Returns whether the rest of the line is empty or a comment.
  [[nodiscard]] bool at_end_of_content() const {
    return rest_.empty() || rest_[0] == '#' || is_one_of(rest_[0], kNewlines);
  }

  void add(unsigned line, std::string_view name, Secret value) {
    result_.entries.push_back({std::string(name), std::move(value), line, result_.headings.size()});
  }

  void mistake(unsigned line, std::string_view name, std::string_view message) {
    result_.mistakes.push_back({line, std::string(name), std::string(message)});
  }

  std::string_view rest_;
  unsigned line_ = 1;
  Dotenv result_{};
};

}  // namespace

Dotenv parse_dotenv(SecretView text) {
  const std::string_view bytes = text.reveal();
  const std::size_t zero = bytes.find('\0');
  if (zero == std::string_view::npos) return Parser(bytes).parse();
  Dotenv result;
  const auto line = 1 + std::count(bytes.begin(), bytes.begin() + static_cast<long>(zero), '\n');
  result.mistakes.push_back({static_cast<unsigned>(line),
                             {},
                             "holds a zero byte: save the file as UTF-8, not as UTF-16"});
  result.is_incomplete = true;
  return result;
}

}  // namespace auth
