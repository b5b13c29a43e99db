// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/basic.h"

#include <string>

#include "auth/base/base64.h"
#include "auth/base/secret.h"
#include "auth/zitadel/form.h"

namespace auth {
namespace {

constexpr std::string_view kScheme = "Basic ";

}  // namespace

Secret basic_authorization(std::string_view client_id, const Secret& client_secret) {
  std::string encoded_secret = form_encode(client_secret.reveal());
  std::string pair = form_encode(client_id) + ':' + encoded_secret;
  std::string encoded_pair = base64_encode(pair);
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
  const Secret whole = base64_decode(SecretView(text));
  const std::size_t colon = whole.reveal().find(':');
  return colon == std::string_view::npos ? Secret() : Secret(whole.reveal().substr(colon + 1));
}

}  // namespace auth
