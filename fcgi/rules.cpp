#include "fcgi/rules.h"

#include <algorithm>
#include <utility>

#include "auth/words.h"
#include "fcgi/request_path.h"

namespace fcgi {
namespace {

// Requirements are written in lower case.
bool is_method(std::string_view word) {
  return std::all_of(word.begin(), word.end(),
                     [](char letter) { return letter >= 'A' && letter <= 'Z'; });
}

// Whether the prefix, which has no slash at its end, is the path or a folder above it.
bool covers(std::string_view prefix, std::string_view path) {
  return path.starts_with(prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool names(const std::vector<std::string>& methods, std::string_view method) {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

// Whether one request could be meant by both: a line without methods is for those that no other
// line of its path names.
bool overlap(const std::vector<std::string>& some, const std::vector<std::string>& others) {
  if (some.empty() || others.empty()) return some.empty() && others.empty();
  return std::any_of(some.begin(), some.end(),
                     [&others](const std::string& method) { return names(others, method); });
}

// What is wrong with a prefix, or nothing.
std::optional<std::string> prefix_mistake(std::string_view prefix) {
  if (!prefix.starts_with('/')) return "the path must begin with \"/\"";
  if (prefix.find_first_of("%?#*") != prefix.npos) {
    return "a path is written decoded, without \"%\", \"?\", \"#\" or \"*\"";
  }
  const std::optional<std::string> folded = request_path(prefix);
  if (!folded) return "the path holds a backslash, a control character, or is not UTF-8";
  if (*folded != prefix) return "the path must be written without \"//\", \"/./\" and \"/../\"";
  return std::nullopt;
}

}  // namespace

std::variant<Rules, Rules::Mistakes> Rules::parse(std::string_view text) {
  if (text.size() > kMaxRulesBytes) return Mistakes{"the file is larger than 1 MiB"};
  Rules rules;
  Mistakes mistakes;
  for (std::size_t number = 1; !text.empty() && mistakes.size() < kMaxRulesMistakes; ++number) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    const std::vector<std::string_view> words = auth::words_of(line);
    if (words.empty() || words[0].starts_with('#')) continue;
    if (const std::optional<std::string> mistake = rules.add(words)) {
      mistakes.push_back("line " + std::to_string(number) + ": " + *mistake);
    }
    if (rules.rules_.size() > kMaxRules) return Mistakes{"the file holds more than 1,000 rules"};
  }
  if (mistakes.empty() && rules.rules_.empty()) mistakes.emplace_back("the file holds no rule");
  if (!mistakes.empty()) return mistakes;
  return rules;
}

std::optional<std::string> Rules::add(std::vector<std::string_view> words) {
  if (std::optional<std::string> mistake = prefix_mistake(words[0])) return mistake;
  Rule rule{std::string(words[0]), {}, {}};
  if (rule.prefix.ends_with('/')) rule.prefix.pop_back();
  for (; words.size() > 1 && is_method(words.back()); words.pop_back()) {
    rule.methods.emplace_back(words.back());
  }
  if (names(rule.methods, "GET") && !names(rule.methods, "HEAD")) {
    rule.methods.emplace_back("HEAD");
  }
  std::string requirement;
  for (std::size_t i = 1; i < words.size(); ++i) requirement.append(words[i]).append(" ");
  if (requirement.size() > kMaxRequirementBytes)
    return "what is required is longer than 2,000 bytes";
  auto parsed = auth::Requirement::parse(requirement);
  if (auto* mistake = std::get_if<auth::Requirement::Mistake>(&parsed)) return mistake->message;
  rule.requirement = std::get<auth::Requirement>(std::move(parsed));
  // Whichever of the two was meant, the other would silently be without effect.
  const bool repeated = std::any_of(rules_.begin(), rules_.end(), [&](const Rule& each) {
    return each.prefix == rule.prefix && overlap(each.methods, rule.methods);
  });
  if (repeated) return "an earlier line is for the same path and method";
  rules_.push_back(std::move(rule));
  return std::nullopt;
}

std::optional<std::string_view> Rules::longest_prefix(std::string_view path) const {
  const Rule* longest = nullptr;
  for (const Rule& rule : rules_) {
    if (!covers(rule.prefix, path)) continue;
    if (longest == nullptr || rule.prefix.size() > longest->prefix.size()) longest = &rule;
  }
  if (longest == nullptr) return std::nullopt;
  return longest->prefix;
}

std::variant<const auth::Requirement*, Rules::NoRule> Rules::find(std::string_view path,
                                                                  std::string_view method) const {
  const std::optional<std::string_view> prefix = longest_prefix(path);
  const Rule* of_all_methods = nullptr;
  bool matched = false;
  for (const Rule& rule : rules_) {
    if (rule.prefix != prefix) continue;
    matched = true;
    if (names(rule.methods, method)) return &rule.requirement;
    if (rule.methods.empty()) of_all_methods = &rule;
  }
  if (of_all_methods != nullptr) return &of_all_methods->requirement;
  return matched ? NoRule::kMethod : NoRule::kPath;
}

std::vector<std::string> Rules::methods(std::string_view path) const {
  const std::optional<std::string_view> prefix = longest_prefix(path);
  std::vector<std::string> methods;
  for (const Rule& rule : rules_) {
    if (rule.prefix == prefix) {
      methods.insert(methods.end(), rule.methods.begin(), rule.methods.end());
    }
  }
  return methods;
}

}  // namespace fcgi
