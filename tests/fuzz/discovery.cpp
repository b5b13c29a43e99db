// SPDX-License-Identifier: Apache-2.0
// Input: a discovery document.
#include "auth/zitadel/discovery.h"

#include "auth/zitadel/url.h"
#include "tests/fuzz/fuzz.h"

namespace {

void check(std::string_view body, bool allow_http) {
  const auto document = auth::parse_discovery(body, "https://issuer.example", allow_http);
  if (!document) return;
  for (const std::string& endpoint :
       {document->introspection_endpoint, document->token_endpoint, document->jwks_uri}) {
    fuzz::require(endpoint.empty() || auth::check_url(endpoint, allow_http));
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  check(fuzz::text_of(data, size), false);
  check(fuzz::text_of(data, size), true);
  return 0;
}
