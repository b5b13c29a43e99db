// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request_path.h"

#include <algorithm>
#include <utility>

#include "auth/base/text.h"

namespace fcgi {
namespace {

// Whether all programs read it in the same way. Nearly all segments are such, and they are
// recognised quickly.
bool is_plain(std::string_view segment) noexcept {
  return !segment.empty() && segment.front() != '.' && segment.back() != '.' &&
         std::all_of(segment.begin(), segment.end(), [](char byte) {
           return auth::is_letter_or_digit(byte) || byte == '.' || byte == '-' || byte == '_';
         });
}

// Whether a decoded segment may be something else to programs that decode it further.
bool may_be_more(std::string_view segment) noexcept {
  return std::any_of(segment.begin(), segment.end(),
                     [](char byte) { return byte == '%' || static_cast<signed char>(byte) < 0; });
}

// Goes through a path from left to right and keeps where programs may end up.
class PathReader {
 public:
  explicit PathReader(Case letters) noexcept : letters_(letters) {}

  // Returns false if the path is refused.
  [[nodiscard]] bool read(std::string_view path);
  // Returns what was kept; nullopt if that is too much.
  [[nodiscard]] std::optional<std::vector<Reading>> take();

 private:
  [[nodiscard]] bool read_segment(std::string_view segment);
  [[nodiscard]] bool read_encoded(std::string_view segment);
  [[nodiscard]] bool read_decoded(std::string_view segment);
  [[nodiscard]] bool read_dots(std::string_view segment);
  [[nodiscard]] bool read_parts(std::string_view segment);
  [[nodiscard]] bool read_part(std::string_view part);
  void enter(std::string_view name);
  void keep_path() { keep(folder_, false); }
  void keep_folder() { keep(folder_, true); }
  void keep_root_for_port(std::string_view segment);
  void keep(std::string_view path, bool is_inside);

  const Case letters_;
  std::vector<Reading> readings_{};
  std::string folder_{};          // where the path has led so far: "/a/b", "" for "/"
  bool has_dots_ = false;         // "." or ".." was there
  bool may_have_ended_ = false;   // '?' or '#' was there
  bool may_have_host_ = false;    // "//" was there at the root, or what becomes it
  bool has_colon_ = false;        // the first ':' was there, to all programs
  bool has_vague_depth_ = false;  // programs differ in what ".." would take away
};

// The text after a slash is a segment; a slash at the end has none after it.
bool PathReader::read(std::string_view path) {
  folder_.reserve(path.size());
  while (path.size() > 1) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (!read_segment(segment)) return false;
  }
  keep_path();
  return !(may_have_ended_ && has_dots_);
}

// To some programs "//host/path" is a relative URL (RFC 3986 §4.2), whose path is "/path".
std::optional<std::vector<Reading>> PathReader::take() {
  const std::vector<Reading> seen = may_have_host_ ? readings_ : std::vector<Reading>();
  for (const auto& [path, is_inside] : seen) {
    keep(path.substr(std::min(path.find('/', 1), path.size())), is_inside);
  }
  if (readings_.size() > kMaxReadings) return std::nullopt;
  return std::move(readings_);
}

bool PathReader::read_segment(std::string_view segment) {
  if (is_plain(segment)) {
    enter(segment);
    return true;
  }
  const bool is_host = may_have_host_ && folder_.empty();
  keep_root_for_port(segment);
  if (!read_encoded(segment)) return false;
  if (!is_host && core_of(segment).find(':') != segment.npos) has_colon_ = true;
  return true;
}

bool PathReader::read_encoded(std::string_view segment) {
  if (segment.find('%') == segment.npos) return is_clean(segment) && read_decoded(segment);
  const std::optional<std::string> text = decoded(segment);
  if (!text || !is_clean(*text)) return false;
  if (is_encoded_needlessly(segment)) keep_folder();
  if (!read_decoded(*text)) return false;
  // To a program that folds before it decodes "%2e" is a name, which ".." takes away.
  if (may_be_dots(*text)) has_vague_depth_ = true;
  return true;
}

bool PathReader::read_decoded(std::string_view segment) {
  if (segment == "." || segment == "..") return read_dots(segment);
  if (!may_be_more(segment)) return read_part(segment);
  const std::optional<std::string> further = decoded_further(segment, letters_);
  if (!further) return false;
  if (*further == segment) return read_part(segment);
  keep_folder();
  return read_parts(*further);
}

// RFC 3986 §5.2.4; but a program that does not fold ends up in this folder.
bool PathReader::read_dots(std::string_view segment) {
  keep_folder();
  has_dots_ = true;
  if (segment == ".") return true;
  if (folder_.empty() || has_vague_depth_) return false;
  folder_.erase(folder_.rfind('/'));
  has_colon_ = false;  // it may be gone
  return true;
}

// Something may be cut off from the last part only: a program that cuts before it decodes again
// would cut more. No part may be a host, which ends elsewhere for a program that does not decode
// again.
bool PathReader::read_parts(std::string_view segment) {
  for (std::size_t slash = segment.find('/'); slash != segment.npos; slash = segment.find('/')) {
    const std::string_view part = segment.substr(0, slash);
    const bool is_host = may_have_host_ && folder_.empty() && !part.empty();
    if (is_host || core_of(part) != part || !read_part(part)) return false;
    keep_folder();
    has_vague_depth_ = true;
    segment.remove_prefix(slash + 1);
  }
  return read_part(segment);
}

bool PathReader::read_part(std::string_view part) {
  if (may_be_dots(part) || names_stream(part)) return false;
  const std::string_view name = core_of(part);
  if (name.empty()) {
    has_vague_depth_ = true;
    if (folder_.empty()) may_have_host_ = true;
  }
  if (name != part || name.empty()) keep_folder();
  keep_root_for_port(part);
  if (!name.empty()) enter(name);
  if (part.find_first_of("?#") == part.npos) return true;
  may_have_ended_ = true;
  keep_path();
  return true;
}

void PathReader::enter(std::string_view name) {
  folder_.push_back('/');
  if (letters_ == Case::kMatters) {
    folder_.append(name);
  } else {
    folder_.append(auth::lower_case(name));
  }
}

// PHP's parse_url checks what is after the first ':', and returns no path if that seems to be a
// port.
void PathReader::keep_root_for_port(std::string_view segment) {
  if (!has_colon_ && seems_to_have_port(segment)) keep("", true);
}

// path: "" for "/".
void PathReader::keep(std::string_view path, bool is_inside) {
  if (path.empty()) path = "/";
  const auto found = std::find_if(readings_.begin(), readings_.end(),
                                  [path](const Reading& each) { return each.path == path; });
  if (found != readings_.end()) {
    found->is_inside = found->is_inside && is_inside;
  } else if (readings_.size() <= kMaxReadings) {
    readings_.push_back({std::string(path), is_inside});
  }
}

}  // namespace

std::optional<std::vector<Reading>> request_paths(std::string_view path, Case letters) {
  PathReader reader(letters);
  if (!path.starts_with('/') || !reader.read(path)) return std::nullopt;
  return reader.take();
}

}  // namespace fcgi
