// Rules: what the authorizer asks for before it lets a request go on to what another program
// serves.
//
//   # path prefix   what is required                          methods (optional)
//   /               token
//   /downloads/     public                                    GET HEAD
//   /reports/       role:reports.read
//   /reports/       role:reports.write                        POST PUT DELETE
//
// What is required is written as in auth/requirement.h; the words in capitals at the end of a line
// are methods, and GET brings HEAD along. The longest prefix wins, on whole segments of the path
// ("/reports" and "/reports/" are one, "/reports2" is another). Of the lines of one prefix, one
// that names the method goes before one that names none. Where nothing matches, nobody gets in.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "auth/requirement.h"

namespace fcgi {

constexpr std::size_t kMaxRulesBytes = 1 << 20;
constexpr std::size_t kMaxRules = 1000;
// Of what one line requires: a refusal says it in a header, which has to leave the web server.
constexpr std::size_t kMaxRequirementBytes = 2000;
constexpr std::size_t kMaxRulesMistakes = 20;  // what follows the last one is not read

// Immutable after construction, so any thread may use it.
class Rules {
 public:
  // "line 3: …", one each.
  using Mistakes = std::vector<std::string>;

  [[nodiscard]] static std::variant<Rules, Mistakes> parse(std::string_view text);

  enum class NoRule {
    kPath,    // no prefix matches
    kMethod,  // the longest prefix names only other methods
  };

  // path: as request_path gives it. The requirement lives as long as the rules.
  [[nodiscard]] std::variant<const auth::Requirement*, NoRule> find(std::string_view path,
                                                                    std::string_view method) const;

  // The methods named for the longest prefix that matches the path, for an Allow header.
  [[nodiscard]] std::vector<std::string> methods(std::string_view path) const;

 private:
  struct Rule {
    std::string prefix;  // without a slash at its end: "" for "/"
    auth::Requirement requirement;
    std::vector<std::string> methods;  // none: all
  };

  // Adds the rule of one line, or gives what is wrong with it.
  [[nodiscard]] std::optional<std::string> add(std::vector<std::string_view> words);
  [[nodiscard]] std::optional<std::string_view> longest_prefix(std::string_view path) const;

  std::vector<Rule> rules_;
};

}  // namespace fcgi
