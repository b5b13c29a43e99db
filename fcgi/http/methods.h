// SPDX-License-Identifier: Apache-2.0
// Request methods (RFC 9110 §9), also those of WebDAV (RFC 4918 §9 and what builds upon it).
#pragma once

#include <string_view>

namespace fcgi {

// Whether the text is written like a method: capital letters and '-', at least one letter. All
// registered methods are, and programs differ in how they treat "post".
[[nodiscard]] bool is_method(std::string_view text) noexcept;

// Whether it is in IANA's registry of methods.
[[nodiscard]] bool is_known_method(std::string_view method) noexcept;

// Returns the known method that somebody may have meant; empty if none is similar.
[[nodiscard]] std::string_view nearest_method(std::string_view text);

// Whether the method may act on what is below the path, as DELETE and PROPFIND do on a folder: true
// for all but those that are known to act on the resource alone.
[[nodiscard]] bool acts_below(std::string_view method) noexcept;

// Returns whether every server keeps the method to the resource itself with "Depth: 0" (RFC 4918
// §9).
[[nodiscard]] bool heeds_depth(std::string_view method) noexcept;

}  // namespace fcgi
