// SPDX-License-Identifier: Apache-2.0
#include "auth/base/hmac.h"

#include <openssl/core_names.h>
#include <openssl/evp.h>
#include <openssl/params.h>

#include <array>
#include <memory>

namespace auth {
namespace {

struct MacDeleter {
  void operator()(EVP_MAC* mac) const noexcept { EVP_MAC_free(mac); }
  void operator()(EVP_MAC_CTX* context) const noexcept { EVP_MAC_CTX_free(context); }
};
using MacContext = std::unique_ptr<EVP_MAC_CTX, MacDeleter>;

MacContext make_context() noexcept {
  const std::unique_ptr<EVP_MAC, MacDeleter> hmac(EVP_MAC_fetch(nullptr, "HMAC", nullptr));
  MacContext context(hmac ? EVP_MAC_CTX_new(hmac.get()) : nullptr);
  std::array<char, 7> digest{"SHA256"};
  const std::array parameters{
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest.data(), 0),
      OSSL_PARAM_construct_end()};
  if (!context || EVP_MAC_CTX_set_params(context.get(), parameters.data()) != 1) return {};
  return context;
}

const unsigned char* bytes(std::string_view text) noexcept {
  return reinterpret_cast<const unsigned char*>(text.data());
}

}  // namespace

std::optional<Secret> hmac_sha256(SecretView key, std::initializer_list<std::string_view> parts) {
  // Fetching algorithms takes longer than using them. The key is freed together with the copy.
  static const MacContext prepared = make_context();
  const MacContext context(prepared ? EVP_MAC_CTX_dup(prepared.get()) : nullptr);
  if (!context || EVP_MAC_init(context.get(), bytes(key.reveal()), key.size(), nullptr) != 1) {
    return std::nullopt;
  }
  for (const std::string_view part : parts) {
    if (EVP_MAC_update(context.get(), bytes(part), part.size()) != 1) return std::nullopt;
  }
  std::string mac(kHmacBytes, '\0');
  std::size_t size = 0;
  if (EVP_MAC_final(context.get(), reinterpret_cast<unsigned char*>(mac.data()), &size,
                    mac.size()) != 1 ||
      size != kHmacBytes) {
    return std::nullopt;
  }
  return Secret::take(mac);
}

}  // namespace auth
