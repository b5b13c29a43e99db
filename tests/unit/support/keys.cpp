// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/keys.h"

#include <openssl/bio.h>
#include <openssl/ec.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include <memory>
#include <stdexcept>

#include "auth/base/json.h"
#include "auth/jose/base64url.h"

namespace support {
namespace {

using Bio = std::unique_ptr<BIO, decltype(&BIO_free_all)>;

void require(bool done) {
  if (!done) throw std::runtime_error("OpenSSL could not make what the test needs");
}

template <typename Write>
std::string pem_of(Write write) {
  const Bio bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  require(bio && write(bio.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

unsigned char* bytes_of(std::string_view passphrase) {
  return reinterpret_cast<unsigned char*>(const_cast<char*>(passphrase.data()));
}

bool verify(std::string_view signed_text, std::string_view signature) {
  const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                        &EVP_MD_CTX_free);
  require(context &&
          EVP_DigestVerifyInit(context.get(), nullptr, EVP_sha256(), nullptr, rsa_key()) == 1);
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(signature.data()),
                          signature.size(),
                          reinterpret_cast<const unsigned char*>(signed_text.data()),
                          signed_text.size()) == 1;
}

std::string key_file(std::string_view type, std::string_view key_id, std::string_view ids) {
  return "{\"type\":\"" + std::string(type) + "\",\"keyId\":\"" + std::string(key_id) +
         "\",\"key\":" + auth::json_quote(pkcs1_pem(rsa_key())) + ',' + std::string(ids) + '}';
}

}  // namespace

EVP_PKEY* rsa_key() {
  static const auth::jose::Key key = new_rsa_key(2048);
  return key.get();
}

EVP_PKEY* other_rsa_key() {
  static const auth::jose::Key key = new_rsa_key(2048);
  return key.get();
}

auth::jose::Key new_rsa_key(unsigned bits) {
  auth::jose::Key key(EVP_RSA_gen(bits));
  require(key != nullptr);
  return key;
}

auth::jose::Key new_ec_key() {
  auth::jose::Key key(EVP_EC_gen("P-256"));
  require(key != nullptr);
  return key;
}

std::string pkcs1_pem(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string pkcs8_pem(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  });
}

std::string encrypted_pkcs1_pem(EVP_PKEY* key, std::string_view passphrase) {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PrivateKey_traditional(bio, key, EVP_aes_128_cbc(), bytes_of(passphrase),
                                                static_cast<int>(passphrase.size()), nullptr,
                                                nullptr);
  });
}

std::string encrypted_pkcs8_pem(EVP_PKEY* key, std::string_view passphrase) {
  return pem_of([&](BIO* bio) {
    return PEM_write_bio_PKCS8PrivateKey(bio, key, EVP_aes_128_cbc(), passphrase.data(),
                                         static_cast<int>(passphrase.size()), nullptr, nullptr);
  });
}

std::string public_pem(EVP_PKEY* key) {
  return pem_of([&](BIO* bio) { return PEM_write_bio_PUBKEY(bio, key); });
}

std::string application_key_file() {
  return key_file("application", "111", R"("appId":"555","clientId":"222@project")");
}

std::string service_user_key_file() {
  return key_file("serviceaccount", "333",
                  R"("expirationDate":"2030-01-01T00:00:00Z","userId":"444")");
}

Jws take_apart(std::string_view compact) {
  const std::size_t first = compact.find('.');
  const std::size_t last = compact.rfind('.');
  if (first == std::string_view::npos || first == last) throw std::runtime_error("not three parts");
  const auto decode = [](std::string_view part) {
    const std::optional<std::string> decoded = auth::jose::base64url_decode(part);
    if (!decoded) throw std::runtime_error("a part is not base64url");
    return *decoded;
  };
  return {decode(compact.substr(0, first)), decode(compact.substr(first + 1, last - first - 1)),
          verify(compact.substr(0, last), decode(compact.substr(last + 1)))};
}

}  // namespace support
