// SPDX-License-Identifier: Apache-2.0
// Input: a key file, as JSON in which @ stands for the PEM of a private key made at start; and in
// front of it two bytes, a place, and a third that the byte of the PEM there is changed by.
#include "auth/zitadel/key_file.h"

#include <openssl/pem.h>

#include <memory>
#include <string>

#include "tests/fuzz/fuzz.h"

namespace {

constexpr std::size_t kChangeBytes = 3;

// With its line ends as JSON spells them.
std::string new_pem() {
  const auth::jose::Key key(EVP_RSA_gen(2048));
  const std::unique_ptr<BIO, decltype(&BIO_free_all)> bio(BIO_new(BIO_s_mem()), &BIO_free_all);
  fuzz::require(key && bio &&
                PEM_write_bio_PKCS8PrivateKey(bio.get(), key.get(), nullptr, nullptr, 0, nullptr,
                                              nullptr) == 1);
  const char* bytes = nullptr;
  const long size = BIO_get_mem_data(bio.get(), &bytes);
  std::string pem;
  for (const char byte : std::string_view(bytes, static_cast<std::size_t>(size))) {
    byte == '\n' ? pem += "\\n" : pem += byte;
  }
  return pem;
}

template <typename Key>
void check(const auth::Result<Key>& file, std::string Key::*id) {
  if (file) {
    fuzz::require(file->key != nullptr && !file->key_id.empty() && !((*file).*id).empty());
  } else {
    fuzz::require(file.error().reason == auth::Reason::kKeyUnusable);
    fuzz::require(!file.error().detail.empty());
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const std::string pem = new_pem();
  if (size < kChangeBytes || size > auth::kMaxKeyFileBytes) return 0;
  std::string changed = pem;
  const std::size_t place = (data[0] | std::size_t{data[1]} << 8) % pem.size();
  changed[place] = static_cast<char>(changed[place] ^ data[2]);
  std::string text(fuzz::text_of(data, size).substr(kChangeBytes));
  if (const std::size_t at = text.find('@'); at != text.npos) text.replace(at, 1, changed);
  check(auth::parse_application_key(text), &auth::ApplicationKey::client_id);
  check(auth::parse_service_user_key(text), &auth::ServiceUserKey::user_id);
  return 0;
}
