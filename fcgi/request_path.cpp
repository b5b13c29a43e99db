#include "fcgi/request_path.h"

#include <algorithm>
#include <utility>

#include "fcgi/ascii.h"

namespace fcgi {
namespace {

// Whether all programs read it in the same way. Nearly all segments are such, and they are told at
// a glance.
bool is_plain(std::string_view segment) noexcept {
  return !segment.empty() && segment.front() != '.' && segment.back() != '.' &&
         std::all_of(segment.begin(), segment.end(), [](char byte) {
           return is_letter_or_digit(byte) || byte == '.' || byte == '-' || byte == '_';
         });
}

// Whether a decoded segment may be something else to programs that decode it further.
bool may_be_more(std::string_view segment) noexcept {
  return std::any_of(segment.begin(), segment.end(),
                     [](char byte) { return byte == '%' || static_cast<signed char>(byte) < 0; });
}

// Behind what some programs take for a host: "//host/path" is a relative URL (RFC 3986 §4.2).
std::string_view behind_host(std::string_view path) noexcept {
  path.remove_prefix(std::min(path.find_first_not_of('/'), path.size()));
  const std::size_t slash = path.find('/');
  return slash == std::string_view::npos ? std::string_view("/") : path.substr(slash);
}

// PHP's parse_url looks for a port behind the first ':', finds no host before it, and fails: a
// front controller then shows its start page.
bool seems_to_have_port(std::string_view path) noexcept {
  constexpr std::size_t kMaxDigits = 5;
  const std::size_t colon = path.find(':');
  if (colon == std::string_view::npos) return false;
  path.remove_prefix(colon + 1);
  const std::size_t digits = std::min(path.find_first_not_of("0123456789"), path.size());
  return digits > 0 && digits <= kMaxDigits && (digits == path.size() || path[digits] == '/');
}

// Goes through a path from left to right and keeps where programs may end up.
class PathReader {
 public:
  explicit PathReader(Case letters) noexcept : letters_(letters) {}

  // False: the path is refused.
  [[nodiscard]] bool read(std::string_view path);
  // A program may also show its start page, or what it takes that for.
  void add_root() {
    folder_.clear();
    keep_folder();
  }
  [[nodiscard]] std::vector<Reading> take() { return std::move(readings_); }

 private:
  [[nodiscard]] bool read_segment(std::string_view segment);
  [[nodiscard]] bool read_decoded(std::string_view segment);
  [[nodiscard]] bool read_dots(std::string_view segment);
  [[nodiscard]] bool read_parts(std::string_view segment);
  [[nodiscard]] bool read_part(std::string_view part);
  void enter(std::string_view name);
  void keep_path() { keep(false); }
  void keep_folder() { keep(true); }
  void keep(bool is_inside);

  const Case letters_;
  std::vector<Reading> readings_{};
  std::string folder_{};          // where the path has led so far: "/a/b", "" for "/"
  bool has_dots_ = false;         // "." or ".." was there
  bool has_empty_ = false;        // a segment was there that is none to some programs
  bool may_have_ended_ = false;   // '?' or '#' was there
  bool has_vague_depth_ = false;  // programs differ in what ".." would take away
};

// What stands behind a slash is a segment; a slash at the end has none behind it.
bool PathReader::read(std::string_view path) {
  folder_.clear();
  folder_.reserve(path.size());
  while (path.size() > 1) {
    path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    if (!read_segment(segment)) return false;
  }
  keep_path();
  return readings_.size() <= kMaxReadings && !(has_dots_ && (may_have_ended_ || has_empty_));
}

bool PathReader::read_segment(std::string_view segment) {
  if (is_plain(segment)) {
    enter(segment);
    return true;
  }
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

// RFC 3986 §5.2.4; but a program that does not fold ends up here.
bool PathReader::read_dots(std::string_view segment) {
  keep_folder();
  has_dots_ = true;
  if (segment == ".") return true;
  if (folder_.empty() || has_vague_depth_) return false;
  folder_.erase(folder_.rfind('/'));
  return true;
}

// Only of the last part something may be cut off: a program that cuts before it decodes again would
// cut more.
bool PathReader::read_parts(std::string_view segment) {
  for (std::size_t slash = segment.find('/'); slash != segment.npos; slash = segment.find('/')) {
    const std::string_view part = segment.substr(0, slash);
    if (core_of(part) != part || !read_part(part)) return false;
    keep_folder();
    has_vague_depth_ = true;
    segment.remove_prefix(slash + 1);
  }
  return read_part(segment);
}

bool PathReader::read_part(std::string_view part) {
  if (may_be_dots(part)) return false;
  const std::string_view name = core_of(part);
  if (name.empty()) has_empty_ = has_vague_depth_ = true;
  if (name != part || name.empty()) keep_folder();
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
    folder_.append(lower_case(name));
  }
}

void PathReader::keep(bool is_inside) {
  const std::string_view path = folder_.empty() ? std::string_view("/") : folder_;
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
  if (path.starts_with("//") && !reader.read(behind_host(path))) return std::nullopt;
  if (seems_to_have_port(path)) reader.add_root();
  return reader.take();
}

}  // namespace fcgi
