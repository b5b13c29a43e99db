// SPDX-License-Identifier: Apache-2.0
// Input: what lies in a bucket's file. With a first byte of 0 it lies there alone, else on top of
// sound entries, from a place on that the next two bytes tell.
#include <sys/mman.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "auth/base/descriptor.h"
#include "auth/store/bucket_file.h"
#include "auth/store/sealed_entry.h"
#include "tests/fuzz/fuzz.h"

namespace {

using auth::SecretView;
using auth::bucket::BucketFile;
using Kind = auth::SharedStore::Kind;

constexpr auth::WallTime kNow{std::chrono::seconds(1'700'000'000)};
constexpr auth::WallTime kUntil = kNow + std::chrono::seconds(30);

const auth::Sealer& sealer() {
  static const auto made = auth::Sealer::make(SecretView("secret"), "context");
  return made.value();
}

struct Known {
  SecretView token;
  auth::StoreKey key;
  std::string sealed;
  Kind kind;
};

Known known_of(const char* text, Kind kind) {
  const SecretView token(text);
  auth::SharedEntry entry{kNow, {}, {}};
  if (kind == Kind::kRefusal) {
    entry.refusal = auth::Reason::kInactive;
  } else {
    entry.claims = std::make_shared<auth::Claims>(auth::ClaimsBuilder().subject(text).build());
  }
  return {token, sealer().key_of(token).value(), sealer().seal(token, entry, kUntil).value(), kind};
}

// Nothing opens but what was put for the token.
void check(const Known& known, std::string_view found) {
  const auto entry = sealer().open(known.token, found, kNow);
  if (!entry) return;
  fuzz::require(entry->refusal.has_value() == (known.kind == Kind::kRefusal));
  if (entry->claims) fuzz::require(entry->claims->subject() == known.token.reveal());
}

void put(BucketFile& file, const Known& known) {
  const auto keeps = [&](std::string_view found) {
    check(known, found);
    return false;
  };
  fuzz::require(file.put(known.key, {known.sealed, kUntil, known.kind}, keeps, kNow).has_value());
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  constexpr std::size_t kOptionBytes = 3;
  if (size < kOptionBytes) return 0;
  static const std::array<Known, 3> known{known_of("first", Kind::kAnswer),
                                          known_of("second", Kind::kRefusal),
                                          known_of("third", Kind::kAnswer)};
  auth::Descriptor opened(::memfd_create("bucket", MFD_CLOEXEC));
  const int descriptor = opened.get();
  BucketFile file(std::move(opened), 1);
  std::size_t place = 0;
  if (data[0] != 0) {
    for (const Known& each : known) put(file, each);
    place = (std::size_t{data[1]} << 8 | data[2]) * 2;
  }
  const std::size_t length = size - kOptionBytes;
  fuzz::require(::pwrite(descriptor, data + kOptionBytes, length, static_cast<off_t>(place)) ==
                static_cast<ssize_t>(length));
  for (const Known& each : known) {
    if (const auto found = file.get(each.key, kNow)) check(each, *found);
  }
  for (const Known& each : known) {
    put(file, each);
    fuzz::require(file.get(each.key, kNow) == each.sealed);
  }
  return 0;
}
