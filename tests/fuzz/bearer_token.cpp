// SPDX-License-Identifier: Apache-2.0
// Input: the values of the Authorization headers, one a line.
#include "auth/token/bearer_token.h"

#include <string>
#include <vector>

#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::string_view kTokenBytes =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~+/=";

std::vector<std::string_view> lines_of(std::string_view text) {
  std::vector<std::string_view> lines;
  while (!text.empty()) {
    lines.push_back(text.substr(0, text.find('\n')));
    text.remove_prefix(std::min(text.size(), lines.back().size() + 1));
  }
  return lines;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::vector<std::string_view> headers = lines_of(fuzz::text_of(data, size));
  const auto token = auth::bearer_token(headers);
  if (!token) return 0;
  fuzz::require(headers.size() == 1 && headers[0].size() <= auth::kUsualAuthorizationBytes);
  const std::string_view text = token->reveal();
  fuzz::require(!text.empty() && text.find_first_not_of(kTokenBytes) == text.npos);
  fuzz::require(headers[0].find(text) != std::string_view::npos);
  const std::string again = "Bearer " + std::string(text);
  const std::string_view header = again;
  const auto same = auth::bearer_token({&header, 1});
  fuzz::require(same.has_value() && same->reveal() == text);
  return 0;
}
