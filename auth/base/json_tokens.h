// SPDX-License-Identifier: Apache-2.0
// The lexical rules of JSON (RFC 8259 §6, §7) and of UTF-8, where json-c is lenient: it takes NaN
// and Infinity, control characters in strings, overlong UTF-8 and a NUL that ends the text early.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

namespace auth {

// Checks tokens one by one, but not their order. Returns the number of colons between them: one for
// each member of a well-formed text. nullopt if the text holds anything but tokens and white space,
// two values side by side, or a string that names U+0000 (json-c would end a member's name there)
// or half a surrogate pair.
[[nodiscard]] std::optional<std::size_t> count_json_colons(std::string_view text) noexcept;

// Each takes one token from the front of the text by RFC 8259 alone, whatever code units a string
// names. Returns false if there is none; an unspecified part of the text is removed then.
[[nodiscard]] bool take_json_string(std::string_view& text) noexcept;
[[nodiscard]] bool take_json_scalar(std::string_view& text) noexcept;  // not an object or array

}  // namespace auth
