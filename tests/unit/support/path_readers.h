// SPDX-License-Identifier: Apache-2.0
// Programs that read a path in their own ways, as small models: each is a sequence of steps that
// real ones take, in any order. What such a program looks up must be among the readings that the
// rules are asked about.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/text.h"
#include "fcgi/http/path_segment.h"
#include "fcgi/http/request_path.h"

namespace support {

using Segments = std::vector<std::string>;

// "/a//b" is "a", "", "b"; a slash at the end is none.
inline Segments segments_of(std::string_view path) {
  Segments segments;
  while (path.size() > 1) {
    path.remove_prefix(1);
    segments.emplace_back(path.substr(0, path.find('/')));
    path.remove_prefix(segments.back().size());
  }
  return segments;
}

inline std::string path_of(const Segments& segments) {
  std::string path;
  for (const std::string& segment : segments) path.append("/").append(segment);
  return path.empty() ? "/" : path;
}

// The steps. Each takes and gives a path that begins with '/'.

inline std::string decode(std::string_view path) { return fcgi::decoded_leniently(path); }

// What a program does that parses a path as a URL once more.
inline std::string end_at_query(std::string_view path) {
  return std::string(path.substr(0, path.find_first_of("?#")));
}

inline std::string cut_parameters(std::string_view path) {
  Segments segments = segments_of(path);
  for (std::string& segment : segments) segment.resize(std::min(segment.find(';'), segment.size()));
  return path_of(segments) + (path.ends_with('/') && path.size() > 1 ? "/" : "");
}

inline std::string merge_slashes(std::string_view path) {
  Segments segments = segments_of(path);
  std::erase(segments, "");
  return path_of(segments);
}

// Empty segments count as segments.
inline std::string fold_dots(std::string_view path) {
  Segments folded;
  for (std::string& segment : segments_of(path)) {
    if (segment == "..") {
      if (!folded.empty()) folded.pop_back();
    } else if (segment != ".") {
      folded.push_back(std::move(segment));
    }
  }
  return path_of(folded);
}

inline std::string fold_all(std::string_view path) { return fold_dots(merge_slashes(path)); }

inline std::string leave_out_host(std::string_view path) {
  if (!path.starts_with("//")) return std::string(path);
  const std::size_t name = path.find_first_not_of('/');
  const std::size_t slash = name == path.npos ? name : path.find('/', name);
  return slash == path.npos ? "/" : std::string(path.substr(slash));
}

// As PHP's parse_url, which gives no path where the first ':' begins what looks like a port: that
// leads to the first page, which is no folder.
inline std::string end_at_port(std::string_view path) {
  const std::size_t colon = path.find(':');
  if (colon == path.npos) return std::string(path);
  const std::string_view port = path.substr(colon + 1, path.find('/', colon) - colon - 1);
  const bool is_port =
      !port.empty() && port.size() <= 5 && port.find_first_not_of("0123456789") == port.npos;
  return is_port ? "/:0" : std::string(path);
}

// Backslashes, dots and blanks at the end of a name.
inline std::string read_as_windows(std::string_view path) {
  std::string slashes(path);
  std::replace(slashes.begin(), slashes.end(), '\\', '/');
  Segments segments = segments_of(slashes);
  for (std::string& segment : segments) {
    if (segment == "." || segment == "..") continue;
    segment.resize(segment.find_last_not_of(". ") + 1);
  }
  return path_of(segments);
}

// Slashes, by compatibility. Dots count in dot segments alone, and those are refused.
inline std::string replace_lookalikes(std::string_view path) {
  std::string text(path);
  for (const std::string_view slash : {"\xef\xbc\x8f", "\xe2\x81\x84", "\xe2\x88\x95"}) {
    for (std::size_t at = text.find(slash); at != text.npos; at = text.find(slash, at)) {
      text.replace(at, slash.size(), "/");
    }
  }
  return text;
}

using Step = std::string (*)(std::string_view);
inline constexpr Step kSteps[] = {decode,         end_at_query, cut_parameters,  merge_slashes,
                                  fold_dots,      fold_all,     read_as_windows, replace_lookalikes,
                                  leave_out_host, end_at_port};

// What of them a program does after others: its file system sees decoded names, and a path has one
// host at most.
struct Program {
  std::size_t decodings = 0;
  std::size_t hosts = 0;

  [[nodiscard]] bool may_go_on_with(Step step) {
    if (step == decode) return ++decodings <= fcgi::kMaxDecodings;
    if (step == leave_out_host) return ++hosts <= 1;
    return step != read_as_windows || decodings > 0;
  }
};

// As who compares ASCII alone without regard to case.
inline std::string lower_ascii(std::string_view path) { return auth::lower_case(path); }

// As who compares all letters so, here one of those that become ASCII's.
inline std::string lower_all(std::string_view path) {
  constexpr std::string_view kLongS = "\xc5\xbf";
  std::string text = lower_ascii(path);
  for (std::size_t at = text.find(kLongS); at != text.npos; at = text.find(kLongS, at)) {
    text.replace(at, kLongS.size(), "s");
  }
  return text;
}

// The name that a rule could have for a segment, as the program sees it; nothing where it is none.
// A program that does not decode knows names as browsers encode them.
inline std::optional<std::string> plain_name(const std::string& segment, fcgi::Case letters) {
  if (fcgi::is_encoded_needlessly(segment)) return std::nullopt;
  const std::optional<std::string> name = fcgi::decoded(segment);
  if (!name || name->empty() || name->find_first_of("%?#*;/") != name->npos) return std::nullopt;
  const std::vector<fcgi::Reading> only = {{"/" + *name}};
  if (fcgi::request_paths("/" + *name, letters) != only) return std::nullopt;
  return name;
}

// The path as far as rules can name it.
inline fcgi::Reading as_rules_see(std::string_view path, fcgi::Case letters) {
  Segments names;
  for (const std::string& segment : segments_of(path)) {
    std::optional<std::string> name = plain_name(segment, letters);
    if (!name) return {path_of(names), true};
    names.push_back(*std::move(name));
  }
  return {path_of(names), false};
}

// Whether what the program looks up is one of the readings.
inline bool is_foreseen(std::string_view path, const std::vector<fcgi::Reading>& readings,
                        fcgi::Case letters = fcgi::Case::kMatters) {
  const fcgi::Reading looked_up = as_rules_see(path, letters);
  return std::any_of(readings.begin(), readings.end(), [&](const fcgi::Reading& each) {
    const fcgi::Reading seen = as_rules_see(each.path, letters);
    return seen.path == looked_up.path &&
           (looked_up.is_inside || !(each.is_inside || seen.is_inside));
  });
}

}  // namespace support
