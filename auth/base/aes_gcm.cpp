// SPDX-License-Identifier: Apache-2.0
#include "auth/base/aes_gcm.h"

#include <openssl/evp.h>
#include <openssl/rand.h>

#include <limits>
#include <memory>

namespace auth {
namespace {

constexpr std::size_t kNonceBytes = 12;
constexpr std::size_t kTagBytes = 16;
static_assert(kNonceBytes + kTagBytes == kAesGcmOverhead);
constexpr std::size_t kMaxBytes = std::numeric_limits<int>::max() - kAesGcmOverhead;

struct CipherDeleter {
  void operator()(EVP_CIPHER_CTX* context) const noexcept { EVP_CIPHER_CTX_free(context); }
};
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, CipherDeleter>;

// Fetched once: fetching the cipher takes longer than using it.
const EVP_CIPHER* aes_256_gcm() noexcept {
  static EVP_CIPHER* const cipher = EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr);
  return cipher;
}

const unsigned char* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

unsigned char* bytes(std::string& text, std::size_t from) noexcept {
  return reinterpret_cast<unsigned char*>(text.data()) + from;
}

int count(std::string_view text) noexcept { return static_cast<int>(text.size()); }

bool fits(SecretView key, std::string_view associated, std::string_view text) noexcept {
  return key.size() == kAesKeyBytes && associated.size() <= kMaxBytes && text.size() <= kMaxBytes;
}

}  // namespace

std::optional<std::string> aes_gcm_seal(SecretView key, std::string_view associated,
                                        std::string_view message) {
  if (!fits(key, associated, message)) return std::nullopt;
  std::string sealed(kNonceBytes + message.size() + kTagBytes, '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context || aes_256_gcm() == nullptr ||
      RAND_bytes(bytes(sealed, 0), static_cast<int>(kNonceBytes)) != 1 ||
      EVP_EncryptInit_ex2(context.get(), aes_256_gcm(), bytes(key.reveal()), bytes(sealed),
                          nullptr) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, bytes(associated), count(associated)) != 1 ||
      EVP_EncryptUpdate(context.get(), bytes(sealed, kNonceBytes), &size, bytes(message),
                        count(message)) != 1 ||
      EVP_EncryptFinal_ex(context.get(), bytes(sealed, kNonceBytes + message.size()), &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, static_cast<int>(kTagBytes),
                          bytes(sealed, kNonceBytes + message.size())) != 1) {
    return std::nullopt;
  }
  return sealed;
}

std::optional<std::string> aes_gcm_open(SecretView key, std::string_view associated,
                                        std::string_view sealed) {
  if (!fits(key, associated, sealed) || sealed.size() < kAesGcmOverhead) return std::nullopt;
  const std::string_view nonce = sealed.substr(0, kNonceBytes);
  const std::string_view encrypted =
      sealed.substr(kNonceBytes, sealed.size() - kNonceBytes - kTagBytes);
  std::string tag(sealed.substr(sealed.size() - kTagBytes));
  std::string message(encrypted.size(), '\0');
  const CipherContext context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context || aes_256_gcm() == nullptr ||
      EVP_DecryptInit_ex2(context.get(), aes_256_gcm(), bytes(key.reveal()), bytes(nonce),
                          nullptr) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, static_cast<int>(kTagBytes),
                          tag.data()) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, bytes(associated), count(associated)) != 1 ||
      EVP_DecryptUpdate(context.get(), bytes(message, 0), &size, bytes(encrypted),
                        count(encrypted)) != 1 ||
      EVP_DecryptFinal_ex(context.get(), bytes(message, message.size()), &size) != 1) {
    return std::nullopt;
  }
  return message;
}

}  // namespace auth
