// SPDX-License-Identifier: Apache-2.0
// The members of a JSON object to which others add what they like: the claims of a token, where a
// member that this program cannot keep must not spoil the rest.
#pragma once

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/json.h"

namespace auth {

// Immutable; one thread at a time, as Json.
class JsonMembers {
 public:
  // Takes time in proportion to the text; deeper nesting needs no deeper stack. Returns nullopt if
  // the text is not exactly one object in well-formed JSON (RFC 8259), or names a member twice.
  [[nodiscard]] static std::optional<JsonMembers> parse(std::string_view text);

  // An object of those members that could be read. A member that is null is absent.
  [[nodiscard]] const Json& readable() const noexcept { return readable_; }

  // Returns whether the object has that member, but readable() does not: it names U+0000 or half a
  // surrogate pair, nests deeper than kMaxJsonDepth, or holds a number beyond 64 bits.
  [[nodiscard]] bool is_unreadable(std::string_view name) const {
    return std::find(unreadable_.begin(), unreadable_.end(), name) != unreadable_.end();
  }

 private:
  JsonMembers(Json readable, std::vector<std::string> unreadable)
      : readable_(std::move(readable)), unreadable_(std::move(unreadable)) {}

  Json readable_;
  std::vector<std::string> unreadable_;  // names
};

// Returns the text of that member as a view into the object, so that no other member spoils it;
// empty if there is none. nullopt if the text is not exactly one object in well-formed JSON, or
// names that member twice.
[[nodiscard]] std::optional<std::string_view> json_member(std::string_view object,
                                                          std::string_view name);

// Returns the texts of the elements of that member as views into the object, so that an element
// which cannot be read spoils no other. nullopt if json_member returns it, if there is no such
// member, or if it is no array.
[[nodiscard]] std::optional<std::vector<std::string_view>> json_elements(std::string_view object,
                                                                         std::string_view name);

}  // namespace auth
