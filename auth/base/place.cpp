// SPDX-License-Identifier: Apache-2.0
#include "auth/base/place.h"

#include <algorithm>
#include <utility>

#include "auth/base/text.h"

namespace auth {
namespace {

constexpr std::size_t kMaxHost = 253;  // RFC 1035 §2.3.4
constexpr std::size_t kMaxLabel = 63;

using Checked = Result<void, Mistake>;

bool is_one_of(char byte, std::string_view set) { return set.find(byte) != std::string_view::npos; }

bool is_plain(std::string_view text, std::string_view marks) {
  return std::all_of(text.begin(), text.end(),
                     [&](char byte) { return is_letter_or_digit(byte) || is_one_of(byte, marks); });
}

// Calls check with each part between two separators until one is refused.
template <typename Check>
bool all_parts(std::string_view text, char separator, Check check) {
  for (;;) {
    const std::size_t end = std::min(text.find(separator), text.size());
    if (!check(text.substr(0, end))) return false;
    if (end == text.size()) return true;
    text.remove_prefix(end + 1);
  }
}

bool is_ipv6(std::string_view host) {
  return host.size() > 2 && host.starts_with('[') && host.ends_with(']') &&
         is_plain(host.substr(1, host.size() - 2), ":.");
}

bool is_host(std::string_view host) {
  return host.size() <= kMaxHost && all_parts(host, '.', [](std::string_view label) {
           return !label.empty() && label.size() <= kMaxLabel && is_plain(label, "-_");
         });
}

Checked check_host(std::string_view host) {
  if (host.empty() || is_host(host) || is_ipv6(host)) return {};
  if (host.find("://") != host.npos || host.ends_with(':')) {
    return Mistake{
        "names a URL: write the host without the scheme, [example.org] or [example.org/shop]"};
  }
  if (host.find('*') != host.npos)
    return Mistake{"names many hosts at once: write each, or a path"};
  const std::size_t colon = host.rfind(':');
  if (colon != host.npos && is_host(host.substr(0, colon))) {
    return Mistake{"names a port: write the host alone, which counts on all ports"};
  }
  if (std::any_of(host.begin(), host.end(), [](char byte) { return (byte & 0x80) != 0; })) {
    return Mistake{"names a host that is not ASCII: write it as the web server knows it (xn--…)"};
  }
  return Mistake{"names no host: write [example.org], [/shop] or [example.org/shop]"};
}

// Accepts only a path that all programs read alike.
Checked check_path(std::string_view path) {
  const bool is_good = path == "/" || all_parts(path.substr(1), '/', [](std::string_view segment) {
                         return !segment.empty() && segment.front() != '.' &&
                                segment.back() != '.' && is_plain(segment, ".-_~");
                       });
  if (is_good) return {};
  return Mistake{
      "names a path that is not plain: write names of letters, digits, '-', '_', '~' and '.' "
      "within, each behind one '/'"};
}

Result<Place, Mistake> parse_place(std::string_view text) {
  const std::size_t slash = std::min(text.find('/'), text.size());
  std::string_view host = text.substr(0, slash);
  if (host.size() > 1 && host.ends_with('.')) host.remove_suffix(1);
  std::string_view path = slash == text.size() ? "/" : text.substr(slash);
  if (Checked checked = check_host(host); !checked) return std::move(checked).error();
  if (path.size() > 2 && path.ends_with('/')) path.remove_suffix(1);
  if (Checked checked = check_path(path); !checked) return std::move(checked).error();
  return Place{plain_host(host), lower_case(path)};
}

}  // namespace

Result<std::vector<Place>, Mistake> parse_places(std::string_view heading) {
  std::vector<Place> places;
  for (const std::string_view word : words_of(heading)) {
    auto place = parse_place(word);
    if (!place) return std::move(place).error();
    places.push_back(*std::move(place));
  }
  if (places.empty())
    return Mistake{"is empty: write [example.org], [/shop] or [example.org/shop]"};
  return places;
}

std::string plain_host(std::string_view name) {
  const std::size_t colon = name.rfind(':');
  const bool has_port =
      colon != name.npos && name.find(':') == colon &&
      std::all_of(name.begin() + static_cast<long>(colon) + 1, name.end(), is_digit);
  const bool is_bracketed = name.starts_with('[');
  if (is_bracketed) name = name.substr(0, std::min(name.find(']'), name.size() - 1) + 1);
  if (has_port && !is_bracketed) name = name.substr(0, colon);
  if (name.ends_with('.')) name.remove_suffix(1);
  return lower_case(name);
}

std::string to_string(const Place& place) {
  return place.path == "/" && !place.host.empty() ? place.host : place.host + place.path;
}

std::string to_string(const std::vector<Place>& places) {
  std::string names;
  for (const Place& place : places) {
    names.append(names.empty() ? "" : " ").append(to_string(place));
  }
  return names;
}

}  // namespace auth
