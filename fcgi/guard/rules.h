// SPDX-License-Identifier: Apache-2.0
// Rules: what the authorizer asks for before it lets a request go on to what another program
// serves.
//
//   # path prefix   what is required                          methods (optional)
//   /               token
//   /downloads/     public                                    GET
//   /reports/       role:reports.write                        *
//   /reports/       role:reports.read                         GET
//
// What is required is written as in auth/token/requirement.h; the words in capitals at the end of a
// line are methods, and GET brings HEAD along. The longest prefix wins, on whole segments of the
// path ("/reports" and "/reports/" are one, "/reports2" is another). If nothing matches, nobody
// gets in.
//
// A line without methods that is alone for its prefix is for all of them. If a prefix has several
// lines, the one without is for GET and HEAD, '*' is for all methods that no other line names, and
// what is left is refused.
//
// "caseless" alone on a line before the first rule: paths are compared without regard to case.
#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/token/requirement.h"
#include "fcgi/guard/rule_line.h"
#include "fcgi/http/path_segment.h"

namespace fcgi {

constexpr std::size_t kMaxRulesBytes = 1 << 20;
constexpr std::size_t kMaxRules = 1000;
constexpr std::size_t kMaxRulesMistakes = 20;  // what follows the last one is not read

// Immutable after construction, so any thread may use it.
class Rules {
 public:
  // Reads the rules of a file. Mistakes: "line 3: …".
  [[nodiscard]] static auth::Result<Rules, auth::Mistakes> parse(std::string_view text);

  Rules(const Rules&) = delete;
  Rules& operator=(const Rules&) = delete;
  Rules(Rules&&) = default;
  Rules& operator=(Rules&&) = default;
  ~Rules() = default;

  // Returns how letters of paths are compared.
  [[nodiscard]] Case letters() const noexcept { return letters_; }

  enum class NoRule {
    kPath,    // no prefix matches
    kMethod,  // the longest prefix is for other methods only
  };

  // A line of the text: its number, its words with a blank between them, and what it requires.
  struct Line {
    std::size_t number;
    std::string text;
    const auth::Requirement* requirement;
  };
  // Returns the lines in the order of the text. They live as long as the rules.
  [[nodiscard]] const std::vector<Line>& lines() const noexcept { return lines_; }

  // path: of a Reading. The requirement lives as long as the rules; lines that require the same
  // share one.
  [[nodiscard]] auth::Result<const auth::Requirement*, NoRule> find(std::string_view path,
                                                                    std::string_view method) const;

  // Returns the line that decides. REQUIRES: find gives its requirement.
  [[nodiscard]] const Line& line_for(std::string_view path, std::string_view method) const;

  // Returns the requirements of all prefixes below the path; a null pointer for a prefix that has
  // lines for other methods only.
  [[nodiscard]] std::vector<const auth::Requirement*> find_below(std::string_view path,
                                                                 std::string_view method) const;

  // Returns the methods of the longest prefix that matches the path: for an Allow header, if find
  // returns kMethod.
  [[nodiscard]] std::vector<std::string> methods(std::string_view path) const;

 private:
  struct Entry {
    std::vector<std::string> methods;  // empty, until all lines are read: none was written
    std::size_t line;                  // of lines_
  };
  // All lines of one prefix.
  struct Place {
    std::string prefix;
    std::vector<Entry> entries;
  };

  Rules() = default;
  // Takes one line, or returns what is wrong with it.
  [[nodiscard]] auth::Result<void, auth::Mistake> take(const std::vector<std::string_view>& words,
                                                       std::size_t number);
  [[nodiscard]] auth::Result<void, auth::Mistake> take_caseless(std::size_t words);
  [[nodiscard]] auth::Result<void, auth::Mistake> add(RuleLine line, std::size_t number,
                                                      std::string text);
  void settle_methods();

  [[nodiscard]] const Place* longest_prefix(std::string_view path) const;
  [[nodiscard]] const Line* find(const Place& place, std::string_view method) const;

  Case letters_ = Case::kMatters;
  std::vector<Place> places_{};
  std::vector<Line> lines_{};
  std::map<std::string, auth::Requirement> requirements_{};  // by their text; entries refer to them
};

}  // namespace fcgi
