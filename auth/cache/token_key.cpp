// SPDX-License-Identifier: Apache-2.0
#include "auth/cache/token_key.h"

#include <openssl/evp.h>

#include <memory>

namespace auth {
namespace {

// Fetching an algorithm and making a context cost more than the hash itself: both are kept.
const EVP_MD* sha256() noexcept {
  static EVP_MD* const algorithm = EVP_MD_fetch(nullptr, "SHA256", nullptr);
  return algorithm;
}

EVP_MD_CTX* context() noexcept {
  thread_local const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> kept(EVP_MD_CTX_new(),
                                                                                  &EVP_MD_CTX_free);
  return kept.get();
}

}  // namespace

std::optional<TokenKey> TokenKey::of(SecretView token) noexcept {
  TokenKey key{};
  EVP_MD_CTX* const digest = context();
  if (digest == nullptr || sha256() == nullptr ||
      EVP_DigestInit_ex2(digest, sha256(), nullptr) != 1 ||
      EVP_DigestUpdate(digest, token.reveal().data(), token.size()) != 1 ||
      EVP_DigestFinal_ex(digest, key.digest.data(), nullptr) != 1) {
    return std::nullopt;
  }
  return key;
}

}  // namespace auth
