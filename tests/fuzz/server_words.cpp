// SPDX-License-Identifier: Apache-2.0
// Input: an answer to a request that carried two secrets.
#include "auth/zitadel/server_words.h"

#include "auth/base/utf8.h"
#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::string_view kToken = "9dD3Ps6dUiHvyj7V";
constexpr std::string_view kAssertion = "eyJhbGciOiJSUzI1NiJ9";

bool holds_piece_of(std::string_view words, std::string_view secret) {
  for (std::size_t at = 0; at + 8 <= secret.size(); ++at) {
    if (words.find(secret.substr(at, 8)) != std::string_view::npos) return true;
  }
  return false;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  std::string form =
      "token=" + std::string(kToken) + "&client_assertion=" + std::string(kAssertion);
  const auth::HttpRequest sent{"https://issuer.example/", auth::Secret::take(form), {}};
  const std::string words = auth::server_words(fuzz::text_of(data, size), sent);
  fuzz::require(words.size() <= auth::kMaxServerWords && auth::is_utf8(words));
  for (const char byte : words) {
    const auto code = static_cast<unsigned char>(byte);
    fuzz::require(code >= 0x20 && code != 0x7f);
  }
  fuzz::require(!holds_piece_of(words, kToken) && !holds_piece_of(words, kAssertion));
  return 0;
}
