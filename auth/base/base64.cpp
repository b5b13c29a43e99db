// SPDX-License-Identifier: Apache-2.0
#include "auth/base/base64.h"

#include <openssl/evp.h>

#include <algorithm>
#include <limits>

namespace auth {

std::string base64_encode(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();  // EVP_EncodeBlock ends its text with a zero
  return text;
}

Secret base64_decode(SecretView secret) {
  const std::string_view text = secret.reveal();
  if (text.size() % 4 != 0 || text.size() > std::numeric_limits<int>::max()) return {};
  std::string bytes(text.size() / 4 * 3, '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  const Secret all = Secret::take(bytes);
  if (size < 0) return {};
  // EVP_DecodeBlock turns the padding into zero bytes.
  const auto padding =
      static_cast<std::size_t>(std::count(text.end() - std::min<long>(2, size), text.end(), '='));
  return Secret(all.reveal().substr(0, static_cast<std::size_t>(size) - padding));
}

}  // namespace auth
