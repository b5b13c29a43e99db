// SPDX-License-Identifier: Apache-2.0
#include "auth/base/percent.h"

#include <algorithm>

#include "auth/base/text.h"

namespace auth {
namespace {

constexpr std::string_view kHexDigits = "0123456789ABCDEF";

}  // namespace

void append_percent(std::string& out, char byte) {
  const auto code = static_cast<unsigned char>(byte);
  out.append({'%', kHexDigits[code >> 4], kHexDigits[code & 0xf]});
}

std::optional<char> percent_byte(std::string_view text) noexcept {
  if (text.size() < 3 || text[0] != '%') return std::nullopt;
  const int high = hex_value(text[1]);
  const int low = hex_value(text[2]);
  if (high < 0 || low < 0) return std::nullopt;
  return static_cast<char>(high * 16 + low);
}

std::string percent_encode(std::string_view text) {
  std::string out;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code > 0x20 && code < 0x7f && byte != '%') {
      out.push_back(byte);
    } else {
      append_percent(out, byte);
    }
  }
  return out;
}

std::optional<std::string> percent_decode(std::string_view text) {
  std::string out;
  out.reserve(text.size());  // it may be a secret: growing would leave pieces behind
  while (!text.empty()) {
    const std::size_t percent = std::min(text.find('%'), text.size());
    out.append(text.substr(0, percent));
    text.remove_prefix(percent);
    if (text.empty()) break;
    const std::optional<char> byte = percent_byte(text);
    if (!byte) return std::nullopt;
    out.push_back(*byte);
    text.remove_prefix(3);
  }
  return out;
}

}  // namespace auth
