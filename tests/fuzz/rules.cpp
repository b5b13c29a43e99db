// Input: a method, a path (a line each), then a rules file.
#include "fcgi/rules.h"

#include <algorithm>

#include "tests/fuzz/fuzz.h"

namespace {

std::string_view take_line(std::string_view& text) {
  const std::string_view line = text.substr(0, text.find('\n'));
  text.remove_prefix(std::min(text.size(), line.size() + 1));
  return line;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using fcgi::Rules;
  std::string_view text = fuzz::text_of(data, size);
  const std::string_view method = take_line(text);
  const std::string_view path = take_line(text);
  const auto outcome = Rules::parse(text);
  if (const auto* mistakes = std::get_if<Rules::Mistakes>(&outcome)) {
    fuzz::require(!mistakes->empty());
    return 0;
  }
  const auto& rules = std::get<Rules>(outcome);
  const auto found = rules.find(path, method);
  const auto methods = rules.methods(path);
  if (const auto* none = std::get_if<Rules::NoRule>(&found)) {
    fuzz::require((*none == Rules::NoRule::kMethod) == !methods.empty());
    fuzz::require(std::find(methods.begin(), methods.end(), method) == methods.end());
  } else {
    fuzz::require(std::get<const auth::Requirement*>(found) != nullptr);
    // What lies below is decided by the same rule, or a longer one: never by none.
    const auto below = rules.find(std::string(path) + "/", method);
    fuzz::require(std::holds_alternative<const auth::Requirement*>(below));
  }
  return 0;
}
