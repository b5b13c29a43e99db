#include "auth/zitadel/basic.h"

#include <openssl/evp.h>

#include <algorithm>
#include <string>

#include "auth/base/secret.h"
#include "auth/zitadel/form.h"

namespace auth {
namespace {

constexpr std::string_view kScheme = "Basic ";

// RFC 4648 §4.
std::string base64(std::string_view bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3) + 1, '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                  reinterpret_cast<const unsigned char*>(bytes.data()),
                  static_cast<int>(bytes.size()));
  text.pop_back();  // EVP_EncodeBlock ends its text with a zero
  return text;
}

}  // namespace

Secret basic_authorization(std::string_view client_id, const Secret& client_secret) {
  std::string encoded_secret = form_encode(client_secret.reveal());
  std::string pair = form_encode(client_id) + ':' + encoded_secret;
  std::string encoded_pair = base64(pair);
  std::string header = std::string(kScheme) + encoded_pair;
  for (std::string* text : {&encoded_secret, &pair, &encoded_pair}) {
    wipe(text->data(), text->size());
  }
  return Secret::take(header);
}

Secret secret_of_basic(const Secret& authorization) {
  std::string_view text = authorization.reveal();
  if (!text.starts_with(kScheme)) return {};
  text.remove_prefix(kScheme.size());
  std::string pair(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(pair.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()),
                                   static_cast<int>(text.size()));
  pair.resize(static_cast<std::size_t>(std::max(size, 0)));
  while (pair.ends_with('\0')) pair.pop_back();  // what it makes of the padding
  const Secret whole = Secret::take(pair);
  const std::size_t colon = whole.reveal().find(':');
  return colon == std::string_view::npos ? Secret() : Secret(whole.reveal().substr(colon + 1));
}

}  // namespace auth
