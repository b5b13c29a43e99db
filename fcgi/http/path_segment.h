// SPDX-License-Identifier: Apache-2.0
// Segments of a path, and how programs read them. A segment is the text between two slashes.
//
// A rule's path is written plainly, so that all programs read it alike; a request's need not be.
// These functions say how a segment looks to programs that read more into it than most do.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace fcgi {

// Maximum number of encodings of a path. A path that is encoded more often is refused.
constexpr std::size_t kMaxDecodings = 3;

enum class Case { kMatters, kIgnored };

// Returns the segment percent-decoded once (RFC 3986 §2.1), as all web servers do. nullopt for an
// unfinished encoding and for an encoded '/', which they treat in different ways.
[[nodiscard]] std::optional<std::string> decoded(std::string_view segment);

// Returns the text percent-decoded where possible; the rest stays as it is.
[[nodiscard]] std::string decoded_leniently(std::string_view text);

// Whether a decoded segment has neither a control character nor a backslash, and is UTF-8.
[[nodiscard]] bool is_clean(std::string_view segment) noexcept;

// Whether something is encoded in it that no client need encode: letters, digits, '-', '.' and '_'.
// Programs that compare paths as they were sent take it for another segment.
[[nodiscard]] bool is_encoded_needlessly(std::string_view segment) noexcept;

// Returns a clean segment as some programs read it: those that decode once more, that take a
// backslash or other characters for a slash, or that compare without regard to case. Letters that
// become ASCII letters by that are replaced, all others stay. The result may contain '/'. Returns
// nullopt if the segment is encoded more often than kMaxDecodings, or as "%uXXXX", or contains a
// control character after decoding.
[[nodiscard]] std::optional<std::string> decoded_further(std::string_view segment, Case letters);

// Returns the segment without its end: parameters (";v=1", RFC 3986 §3.3), a query or fragment that
// a program sees if it parses a decoded path again, and the dots and blanks at the end that Windows
// ignores.
[[nodiscard]] std::string_view core_of(std::string_view segment) noexcept;

// Whether its first ':' begins what looks like a port at its end, maybe when something is cut off:
// "x:80", "x:80;v=1".
[[nodiscard]] bool seems_to_have_port(std::string_view segment) noexcept;

// Whether a stream of NTFS is named in it: "x.txt::$DATA" is "x.txt".
[[nodiscard]] bool names_stream(std::string_view segment) noexcept;

// Whether it is "." or ".." to a program that cuts off such ends, removes blanks, or reads other
// characters as dots.
[[nodiscard]] bool may_be_dots(std::string_view segment) noexcept;

}  // namespace fcgi
