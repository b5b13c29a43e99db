// SPDX-License-Identifier: Apache-2.0
// Input: what a shared store gives for a token; and, for no key would open what a fuzzer makes up,
// the record of claims inside.
#include "auth/store/sealed_entry.h"

#include <chrono>
#include <memory>

#include "tests/fuzz/fuzz.h"

namespace {

constexpr auth::WallTime kNow{std::chrono::seconds(1'700'000'000)};
constexpr auth::SecretView kToken("token");

const auth::Sealer& sealer() {
  static const auto made = auth::Sealer::make(auth::SecretView("secret"), "context");
  return made.value();
}

// As small as an entry can be, and one bit of it wrong.
void check_changed(std::string sealed, std::size_t place) {
  sealed[place % sealed.size()] = static_cast<char>(sealed[place % sealed.size()] ^ 1);
  const auto opened = sealer().open(kToken, sealed, kNow);
  fuzz::require(!opened);
}

void check_record(std::string_view record) {
  const std::optional<auth::Claims> claims = auth::Claims::from_record(record);
  if (!claims) return;
  fuzz::require(claims->record() == record);
  for (const auth::Role& role : claims->roles()) fuzz::require(claims->has_role(role.name));
  for (const std::string_view scope : claims->scopes()) fuzz::require(claims->has_scope(scope));
  for (const std::string_view name : claims->audience()) fuzz::require(claims->has_audience(name));
  const auto sealed = sealer().seal(kToken, {kNow, std::make_shared<const auth::Claims>(*claims)},
                                    kNow + std::chrono::seconds(9));
  fuzz::require(sealed.has_value());
  const auto opened = sealer().open(kToken, *sealed, kNow);
  fuzz::require(sealed->size() > auth::kMaxSealedBytes || opened.has_value());
  if (opened) fuzz::require(opened->claims && opened->claims->record() == record);
  check_changed(*sealed, record.size() * 7);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  if (const auto entry = sealer().open(kToken, bytes, kNow)) {
    fuzz::require((entry->claims != nullptr) != entry->refusal.has_value());
    check_changed(std::string(bytes), size * 7);
  }
  check_record(bytes);
  return 0;
}
