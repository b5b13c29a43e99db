// SPDX-License-Identifier: Apache-2.0
#include "auth/token/bearer_token.h"

#include <algorithm>
#include <array>

#include "auth/base/text.h"

namespace auth {
namespace {

constexpr std::string_view kLetters = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ";
constexpr std::string_view kDigits = "0123456789";

class ByteSet {
 public:
  constexpr explicit ByteSet(std::string_view others) {
    for (const std::string_view bytes : {kLetters, kDigits, others}) {
      for (const char byte : bytes) members_[static_cast<unsigned char>(byte)] = true;
    }
  }
  [[nodiscard]] constexpr bool operator()(char byte) const noexcept {
    return members_[static_cast<unsigned char>(byte)];
  }

 private:
  std::array<bool, 256> members_{};
};

constexpr ByteSet kInToken("!#$%&'*+-.^_`|~");  // RFC 9110 §5.6.2
constexpr ByteSet kInB64Token("-._~+/");        // RFC 6750 §2.1

}  // namespace

bool is_bearer(std::string_view word) noexcept {
  constexpr std::string_view kBearer = "bearer";
  // Setting the case bit maps no other letter, digit or mark of a token onto one of these letters.
  return std::equal(word.begin(), word.end(), kBearer.begin(), kBearer.end(),
                    [](char a, char b) { return (a | 0x20) == b; });
}

bool is_bearer_token(std::string_view text, std::size_t most) noexcept {
  constexpr std::size_t kRest = std::string_view("Bearer ").size();
  const auto padding = std::find_if_not(text.begin(), text.end(), kInB64Token);
  return text.size() + kRest <= most && padding != text.begin() &&
         std::all_of(padding, text.end(), [](char byte) { return byte == '='; });
}

std::string_view token_text_mistake(std::string_view text) noexcept {
  if (text.empty()) return "is empty";
  if (is_bearer_token(text, std::string_view::npos)) return {};
  if (is_bearer(text.substr(0, text.find(' ')))) {
    return "holds the word Bearer before the token: leave the token alone in it";
  }
  for (const std::string_view mark : {"\xef\xbb\xbf", "\xff\xfe", "\xfe\xff"}) {
    if (text.starts_with(mark)) {
      return "begins with a byte order mark: save it as plain text (ASCII or UTF-8) without one";
    }
  }
  if (text.starts_with('{')) return "holds JSON and no access token";
  if (text.find_first_of("\r\n") != std::string_view::npos) {
    return "holds several lines: leave one access token alone in it";
  }
  if (text.find_first_of(" \t") != std::string_view::npos) {
    return "holds several words: leave one access token alone in it";
  }
  return "holds characters that are in no access token, which is one word of letters, digits and "
         "-._~+/=";
}

Result<SecretView> bearer_token(std::span<const std::string_view> headers, std::size_t most) {
  if (headers.size() > 1) return Reason::kRepeatedAuthorization;
  if (headers.empty()) return Reason::kNoToken;
  if (headers[0].size() > most) return Reason::kAuthorizationTooLong;

  const std::string_view value = trimmed(headers[0]);
  const auto scheme_end = std::find_if_not(value.begin(), value.end(), kInToken);
  const auto scheme_size = static_cast<std::size_t>(scheme_end - value.begin());
  if (!is_bearer(value.substr(0, scheme_size))) return Reason::kNoToken;

  std::string_view rest = value.substr(scheme_size);
  rest.remove_prefix(std::min(rest.find_first_not_of(' '), rest.size()));
  if (rest.size() == value.size() - scheme_size) return Reason::kMalformedAuthorization;
  if (!is_bearer_token(rest, most)) return Reason::kMalformedAuthorization;
  return SecretView(rest);
}

}  // namespace auth
