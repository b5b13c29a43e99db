#include "fcgi/request_path.h"

#include <vector>

namespace fcgi {
namespace {

int hex_value(char digit) {
  if (digit >= '0' && digit <= '9') return digit - '0';
  if (digit >= 'a' && digit <= 'f') return digit - 'a' + 10;
  if (digit >= 'A' && digit <= 'F') return digit - 'A' + 10;
  return -1;
}

// What is before '?'; of an absolute form, what is behind the authority.
std::string_view path_of(std::string_view target) {
  target = target.substr(0, target.find_first_of("?#"));
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (!target.starts_with(scheme)) continue;
    const std::size_t slash = target.find('/', scheme.size());
    return slash == target.npos ? std::string_view("/") : target.substr(slash);
  }
  return target;
}

std::optional<std::string> decode(std::string_view path) {
  std::string decoded;
  decoded.reserve(path.size());
  for (std::size_t i = 0; i < path.size(); ++i) {
    if (path[i] != '%') {
      decoded.push_back(path[i]);
      continue;
    }
    if (path.size() - i < 3) return std::nullopt;
    const int high = hex_value(path[i + 1]);
    const int low = hex_value(path[i + 2]);
    if (high < 0 || low < 0) return std::nullopt;
    const auto byte = static_cast<char>(high * 16 + low);
    if (byte == '/') return std::nullopt;
    decoded.push_back(byte);
    i += 2;
  }
  return decoded;
}

// Length of the UTF-8 character at the beginning (RFC 3629 §4), 0 where there is none.
std::size_t character_length(std::string_view text) {
  const auto byte = [text](std::size_t index) {
    return index < text.size() ? static_cast<unsigned char>(text[index]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0x80) return 1;
  std::size_t length = 0;
  unsigned second_from = 0x80;
  unsigned second_to = 0xbf;
  if (first >= 0xc2 && first <= 0xdf) {
    length = 2;
  } else if (first >= 0xe0 && first <= 0xef) {
    length = 3;
    if (first == 0xe0) second_from = 0xa0;
    if (first == 0xed) second_to = 0x9f;
  } else if (first >= 0xf0 && first <= 0xf4) {
    length = 4;
    if (first == 0xf0) second_from = 0x90;
    if (first == 0xf4) second_to = 0x8f;
  }
  if (length == 0 || byte(1) < second_from || byte(1) > second_to) return 0;
  for (std::size_t i = 2; i < length; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xbf) return 0;
  }
  return length;
}

bool is_clean(std::string_view text) {
  while (!text.empty()) {
    const auto code = static_cast<unsigned char>(text[0]);
    if (code < 0x20 || code == 0x7f || code == '\\') return false;
    const std::size_t length = character_length(text);
    if (length == 0) return false;
    text.remove_prefix(length);
  }
  return true;
}

// RFC 3986 §5.2.4, and empty segments left out.
std::optional<std::string> fold(std::string_view path) {
  std::vector<std::string_view> segments;
  bool ends_in_folder = false;
  while (!path.empty()) {
    path.remove_prefix(1);  // the slash
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    ends_in_folder = segment.empty() || segment == "." || segment == "..";
    if (segment == "..") {
      if (segments.empty()) return std::nullopt;
      segments.pop_back();
    } else if (!ends_in_folder) {
      segments.push_back(segment);
    }
  }
  std::string folded;
  for (const std::string_view segment : segments) folded.append("/").append(segment);
  if (ends_in_folder || folded.empty()) folded.push_back('/');
  return folded;
}

}  // namespace

std::optional<std::string> request_path(std::string_view request_uri) {
  const std::optional<std::string> decoded = decode(path_of(request_uri));
  if (!decoded || !decoded->starts_with('/') || !is_clean(*decoded)) return std::nullopt;
  return fold(*decoded);
}

}  // namespace fcgi
