// SPDX-License-Identifier: Apache-2.0
// Percent-encoding (RFC 3986 §2.1), so that values keep their place in a list: as they are
// written in a requirement, and as a protected program gets them.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace auth {

// '%', blanks, control characters and all beyond ASCII become %XX: the value can leave neither its
// line nor its place in a list whose items are separated by blanks.
[[nodiscard]] std::string percent_encode(std::string_view text);

// Each %XX becomes its byte, everything else stands for itself. Returns nullopt if a '%' is not
// followed by two hexadecimal digits.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text);

// Appends %XX.
void append_percent(std::string& out, char byte);

// Returns the byte whose %XX the text begins with; nullopt if it begins with none.
[[nodiscard]] std::optional<char> percent_byte(std::string_view text) noexcept;

}  // namespace auth
