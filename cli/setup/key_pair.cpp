// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/key_pair.h"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

#include <memory>
#include <string_view>
#include <utility>

#include "auth/jose/signing_key.h"

namespace cli {
namespace {

constexpr std::size_t kBits = 2048;

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

// Returns a BIO in memory that is wiped when it is freed.
Bio new_bio() { return {BIO_new(BIO_s_secmem()), &BIO_free_all}; }

std::string_view text_in(const Bio& bio) {
  char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  return size > 0 ? std::string_view(bytes, static_cast<std::size_t>(size)) : std::string_view();
}

std::string public_pem(EVP_PKEY* key) {
  const Bio bio = new_bio();
  if (!bio || PEM_write_bio_PUBKEY(bio.get(), key) != 1) return {};
  return std::string(text_in(bio));
}

}  // namespace

auth::Result<KeyPair, auth::Mistake> make_key_pair() {
  const auth::jose::Key key(EVP_RSA_gen(kBits));
  const Bio bio = new_bio();
  if (!key || !bio ||
      PEM_write_bio_PrivateKey_traditional(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                           nullptr) != 1) {
    return auth::Mistake{"OpenSSL cannot make a key"};
  }
  KeyPair pair{auth::Secret(text_in(bio)), public_pem(key.get())};
  if (pair.public_pem.empty()) return auth::Mistake{"OpenSSL cannot write a public key"};
  return pair;
}

std::string public_half(auth::SecretView private_pem) {
  const std::string_view text = private_pem.reveal();
  const Bio bio(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())), &BIO_free_all);
  const auth::jose::Key key(
      bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, nullptr, const_cast<char*>("")) : nullptr);
  return key ? public_pem(key.get()) : std::string();
}

}  // namespace cli
