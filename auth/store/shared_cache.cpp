#include "auth/store/shared_cache.h"

#include <algorithm>
#include <string>
#include <utility>

#include "auth/base/log.h"
#include "auth/cache/token_cache.h"

namespace auth {
namespace {

// Whether what the store has stays: it is newer or, at the same time, a refusal beside an answer.
// What a clock that was wrong has dated into the future cannot tell; then, too, a refusal stays.
bool stays(const SharedEntry& known, const SharedEntry& learned, WallTime now) {
  if (known.learned == learned.learned || known.learned > now) {
    return known.refusal && learned.claims;
  }
  return known.learned > learned.learned;
}

}  // namespace

SharedCache::SharedCache(std::unique_ptr<SharedStore> store, Sealer sealer, Lifetimes lifetimes,
                         const Clock& clock)
    : store_(std::move(store)), sealer_(std::move(sealer)), lifetimes_(lifetimes), clock_(clock) {}

std::optional<SharedEntry> SharedCache::find(SecretView token) {
  const Result<StoreKey> key = sealer_.key_of(token);
  if (!key) return std::nullopt;
  const std::optional<std::string> sealed = store_->get(*key);
  if (!sealed) return std::nullopt;
  return sealer_.open(token, *sealed, clock_.wall());
}

void SharedCache::store(SecretView token, const SharedEntry& entry) {
  WallTime until = entry.learned + (entry.refusal ? std::min(kRefusalLifetime, lifetimes_.ttl)
                                                  : lifetimes_.ttl + lifetimes_.grace);
  if (entry.claims && entry.claims->expiry()) until = std::min(until, *entry.claims->expiry());
  const Result<StoreKey> key = sealer_.key_of(token);
  const Result<std::string> sealed = sealer_.seal(token, entry, until);
  if (!key || !sealed) {
    log(LogLevel::kError, "an answer cannot be sealed for the shared cache");
    return;
  }
  const auto keeps = [&](std::string_view there) {
    const WallTime now = clock_.wall();
    const std::optional<SharedEntry> known = sealer_.open(token, there, now);
    return known && stays(*known, entry, now);
  };
  using Kind = SharedStore::Kind;
  store_->put(*key, {*sealed, until, entry.refusal ? Kind::kRefusal : Kind::kAnswer}, keeps);
}

}  // namespace auth
