// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/request_target.h"

#include <algorithm>

#include "auth/base/text.h"

namespace fcgi {
namespace {

// RFC 3986 §2: no blank and no control character. Apache joins two header fields of one name, with
// a blank between them.
bool is_one_word(std::string_view text) {
  return std::all_of(text.begin(), text.end(), [](char byte) {
    const auto code = static_cast<unsigned char>(byte);
    return code > 0x20 && code != 0x7f;
  });
}

// RFC 3986 §3.2, without user names and without characters that host names do not have.
bool is_authority(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char byte) {
    return auth::is_letter_or_digit(byte) ||
           std::string_view("-._:[]").find(byte) != std::string_view::npos;
  });
}

// Removes "http://" or "https://", in any case of letters (RFC 3986 §3.1).
bool take_scheme(std::string_view& text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (auth::lower_case(text.substr(0, scheme.size())) != scheme) continue;
    text.remove_prefix(scheme.size());
    return true;
  }
  return false;
}

}  // namespace

std::optional<RequestTarget> request_target(std::string_view text) {
  if (text.find('#') != std::string_view::npos || !is_one_word(text)) return std::nullopt;
  RequestTarget target{};
  if (!text.starts_with('/')) {
    if (!take_scheme(text)) return std::nullopt;
    target.authority = text.substr(0, text.find_first_of("/?"));
    if (!is_authority(target.authority)) return std::nullopt;
    text.remove_prefix(target.authority.size());
  }
  target.path = text.substr(0, text.find('?'));
  if (text.size() > target.path.size()) target.query = text.substr(target.path.size() + 1);
  if (target.path.empty()) target.path = "/";
  return target;
}

}  // namespace fcgi
