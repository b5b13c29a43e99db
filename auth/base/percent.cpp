#include "auth/base/percent.h"

#include <algorithm>
#include <charconv>
#include <system_error>

namespace auth {
namespace {

// Two hexadecimal digits.
std::optional<char> byte_of(std::string_view code) {
  unsigned char byte = 0;
  const auto [end, problem] = std::from_chars(code.data(), code.data() + code.size(), byte, 16);
  if (code.size() != 2 || problem != std::errc() || end != code.data() + 2) return std::nullopt;
  return static_cast<char>(byte);
}

}  // namespace

std::string percent_encode(std::string_view text) {
  constexpr std::string_view kHexDigits = "0123456789ABCDEF";
  std::string out;
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (code > 0x20 && code < 0x7f && byte != '%') {
      out.push_back(byte);
    } else {
      out.append({'%', kHexDigits[code >> 4], kHexDigits[code & 0xf]});
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
    const std::optional<char> byte = byte_of(text.substr(1, 2));
    if (!byte) return std::nullopt;
    out.push_back(*byte);
    text.remove_prefix(3);
  }
  return out;
}

}  // namespace auth
