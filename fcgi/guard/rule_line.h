// SPDX-License-Identifier: Apache-2.0
// RuleLine: one line of a rules file, as it is written (fcgi/guard/rules.h).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/token/requirement.h"
#include "fcgi/http/path_segment.h"

namespace fcgi {

// Maximum size of the requirement of one line, in bytes. A refusal contains it in a header, which
// has to leave the web server.
constexpr std::size_t kMaxRequirementBytes = 2000;

// The word for all methods that no other line of the prefix names.
constexpr std::string_view kOtherMethods = "*";

struct RuleLine {
  std::string prefix;                // without a slash at its end: "" for "/"
  std::string required;              // what is required, a blank between words
  auth::Requirement requirement;     // the same
  std::vector<std::string> methods;  // with HEAD if GET is there; empty: none was written
};

// words: at least one. The mistake says what is wrong with the line.
[[nodiscard]] auth::Result<RuleLine, auth::Mistake> parse_rule_line(
    std::vector<std::string_view> words, Case letters);

}  // namespace fcgi
