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

void SharedCache::find(SecretView token, Found found) {
  const Result<StoreKey> key = sealer_.key_of(token);
  if (!key) return found(std::nullopt);
  store_->get(*key, [this, token, found = std::move(found)](
                        const std::vector<std::string>& sealed) { found(newest(token, sealed)); });
}

std::optional<SharedEntry> SharedCache::newest(SecretView token,
                                               const std::vector<std::string>& sealed) const {
  const WallTime now = clock_.wall();
  std::optional<SharedEntry> newest;
  for (const std::string& one : sealed) {
    std::optional<SharedEntry> entry = sealer_.open(token, one, now);
    if (entry && !(newest && stays(*newest, *entry, now))) newest = std::move(entry);
  }
  return newest;
}

void SharedCache::store(SecretView token, SharedEntry entry, Stored stored) {
  WallTime until = entry.learned + (entry.refusal ? std::min(kRefusalLifetime, lifetimes_.ttl)
                                                  : lifetimes_.ttl + lifetimes_.grace);
  if (entry.claims && entry.claims->expiry()) until = std::min(until, *entry.claims->expiry());
  const Result<StoreKey> key = sealer_.key_of(token);
  Result<std::string> sealed = sealer_.seal(token, entry, until);
  if (!key || !sealed) {
    log(LogLevel::kError, "an answer cannot be sealed for the shared cache");
    return stored(std::nullopt);
  }
  using Kind = SharedStore::Kind;
  const Kind kind = entry.refusal ? Kind::kRefusal : Kind::kAnswer;
  const auto instead = std::make_shared<std::optional<SharedEntry>>();
  const auto keeps = [this, token, entry = std::move(entry), instead](std::string_view there) {
    const WallTime now = clock_.wall();
    std::optional<SharedEntry> known = sealer_.open(token, there, now);
    if (!known || !stays(*known, entry, now)) return false;
    *instead = std::move(known);
    return true;
  };
  store_->put(*key, {*std::move(sealed), until, kind}, keeps,
              [instead, stored = std::move(stored)] { stored(std::move(*instead)); });
}

}  // namespace auth
