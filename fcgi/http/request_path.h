// SPDX-License-Identifier: Apache-2.0
// The path of a request, in every way in which the web server and the programs behind it may read
// it.
//
// They differ in what they do before they search for what a path names: whether they decode it,
// once or again, whether they fold "/../" and "//", and what they cut off. If these make no
// difference to a path, as to nearly all paths, it has one reading. Otherwise it has several, and
// the rules must allow all of them:
//
//   /internal;v=1/x        /internal/x to Tomcat; something in / to others
//   /public/../internal/x  /internal/x; something in /public to a program that does not fold
//   //public/internal/x    /public/internal/x; something in /; and /internal/x to a program that
//                          takes the first name for a host (PHP's parse_url, JavaScript's URL)
//   /public/x:80           /public/x:80; something in / to PHP's parse_url, which takes that for a
//                          port and gives no path, so that a start page is shown
//
// "Something in" a folder means that a program sees a name there that no rule has, since rules are
// written plainly. Wherever that name leads, the rule of the folder applies.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "fcgi/http/path_segment.h"

namespace fcgi {

constexpr std::size_t kMaxReadings = 16;

struct Reading {
  std::string path;        // decoded and folded, without a slash at its end; "/" is the root
  bool is_inside = false;  // means something in it that no rule names, not the path itself
  friend bool operator==(const Reading&, const Reading&) = default;
};

// Returns the readings of a path. path: of a RequestTarget. No two readings have the same path; if
// case is ignored, they are in small letters. nullopt for a path that is refused, since no honest
// client sends it:
// - An unfinished encoding, or an encoded '/' ("%2F"), control character or backslash; not UTF-8,
//   overlong forms included; "/../" above the root.
// - A segment that becomes "." or ".." if parameters, blanks or encodings are removed, or if other
//   characters are read as dots: "..;", "%252e", "..%20".
// - ".." after a segment that is none or several to some programs, so that they do not agree on
//   what ".." removes: "//", "/;/", "%252f"; after "%2e", which is a name to some.
// - "." or ".." in a path with an encoded '?' or '#', where the path ends for some programs.
// - A stream's name of Windows ("::$DATA").
// - More than kMaxReadings readings.
[[nodiscard]] std::optional<std::vector<Reading>> request_paths(std::string_view path,
                                                                Case letters = Case::kMatters);

}  // namespace fcgi
