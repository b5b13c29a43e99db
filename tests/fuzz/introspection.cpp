// SPDX-License-Identifier: Apache-2.0
// Input: the body of an introspection answer.
#include "auth/zitadel/introspection.h"

#include <chrono>

#include "tests/fuzz/fuzz.h"

namespace {

constexpr auth::WallTime kNow{std::chrono::seconds(1'700'000'000)};

void check(std::string_view body, const auth::Expectations& expected) {
  const auth::Result<auth::Claims> claims = auth::parse_introspection(body, expected, kNow);
  if (!claims) return;
  fuzz::require(!claims->expiry() || *claims->expiry() > kNow - auth::kClockSkew);
  fuzz::require(claims->issuer().empty() || claims->issuer() == expected.issuer);
  fuzz::require(expected.project_id.empty() || claims->audience().empty() ||
                claims->has_audience(expected.client_id) ||
                claims->has_audience(expected.project_id));
  for (const auth::Role& role : claims->roles()) {
    fuzz::require(claims->has_role(role.name));
    for (const std::string_view organisation : role.organisations) {
      fuzz::require(claims->has_role(role.name, organisation));
    }
  }
  for (const std::string_view scope : claims->scopes()) fuzz::require(claims->has_scope(scope));
  const auto again = auth::Claims::from_record(claims->record());
  fuzz::require(again.has_value() && again->record() == claims->record());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  check(body, {"https://issuer.example", "client", "123"});
  check(body, {"https://issuer.example", "client", ""});
  return 0;
}
