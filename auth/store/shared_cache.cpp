// SPDX-License-Identifier: Apache-2.0
#include "auth/store/shared_cache.h"

#include <algorithm>
#include <string>
#include <utility>

#include "auth/base/log.h"
#include "auth/cache/token_cache.h"

namespace auth {
namespace {

// Returns whether the entry in the store stays: ZITADEL was asked for it later or, at the same
// time, it is a refusal and the new one an answer. The date of an entry from the future, by a wrong
// clock, says nothing; then, too, a refusal stays instead of an answer.
bool stays(const SharedEntry& known, const SharedEntry& learned, WallMicroseconds now) {
  if (known.sent == learned.sent || known.sent > now + kClockStep) {
    return known.refusal && learned.claims;
  }
  return known.sent > learned.sent;
}

}  // namespace

SharedCache::SharedCache(std::unique_ptr<SharedStore> store, Sealer sealer, Lifetimes lifetimes,
                         const Clock& clock)
    : store_(std::move(store)),
      sealer_(std::move(sealer)),
      lifetimes_(lifetimes),
      clock_(clock),
      log_(kFailureLogInterval, clock) {}

void SharedCache::find(SecretView token, Found found) {
  const Result<StoreKey> key = sealer_.key_of(token);
  if (!key) return found(std::nullopt);
  store_->get(*key, [this, token, found = std::move(found)](
                        const std::vector<std::string>& sealed) { found(newest(token, sealed)); });
}

std::optional<SharedEntry> SharedCache::newest(SecretView token,
                                               const std::vector<std::string>& sealed) const {
  const WallMicroseconds now = clock_.wall_microseconds();
  std::optional<SharedEntry> newest;
  for (const std::string& one : sealed) {
    std::optional<SharedEntry> entry = sealer_.open(token, one, clock_.wall());
    if (entry && !(newest && stays(*newest, *entry, now))) newest = std::move(entry);
  }
  return newest;
}

WallTime SharedCache::end_of(const SharedEntry& entry, bool was_good) const {
  using std::chrono::ceil;
  using std::chrono::seconds;
  const WallTime sent = ceil<seconds>(entry.sent);
  const seconds timeout = ceil<seconds>(lifetimes_.timeout);
  if (entry.refusal) {
    return sent + timeout +
           (was_good ? lifetimes_.ttl + lifetimes_.grace
                     : std::min(kRefusalLifetime, lifetimes_.ttl));
  }
  const WallTime end = sent + lifetimes_.ttl + lifetimes_.grace;
  const std::optional<WallTime> expiry = entry.claims ? entry.claims->expiry() : std::nullopt;
  return expiry ? std::min(end, *expiry) : end;
}

void SharedCache::store(SecretView token, SharedEntry entry, bool was_good, Stored stored) {
  const WallTime until = end_of(entry, was_good);
  const Result<StoreKey> key = sealer_.key_of(token);
  Result<std::string> sealed = sealer_.seal(token, entry, until);
  if (!key || !sealed) {
    log_.add(LogLevel::kError, "answer", "an answer cannot be sealed for the shared cache");
    return stored(std::nullopt);
  }
  using Kind = SharedStore::Kind;
  const Kind kind = entry.refusal ? Kind::kRefusal : Kind::kAnswer;
  const auto later = std::make_shared<std::optional<SharedEntry>>();
  const auto keeps = [this, token, entry = std::move(entry), later](std::string_view there) {
    std::optional<SharedEntry> known = sealer_.open(token, there, clock_.wall());
    if (!known || !stays(*known, entry, clock_.wall_microseconds())) return false;
    *later = std::move(known);
    return true;
  };
  store_->put(*key, {*std::move(sealed), until, kind}, keeps,
              [later, stored = std::move(stored)] { stored(std::move(*later)); });
}

void SharedCache::find_note(const std::string& name, FoundNote found) {
  const Result<StoreKey> key = sealer_.key_of_note(name);
  if (!key) return found(std::nullopt);
  store_->get(*key, [this, name, found = std::move(found)](const std::vector<std::string>& sealed) {
    found(sealed.empty() ? std::nullopt : sealer_.open_note(name, sealed.front(), clock_.wall()));
  });
}

void SharedCache::store_note(const std::string& name, std::string_view text, WallTime until,
                             KeepsNote keeps, std::function<void()> stored) {
  const Result<StoreKey> key = sealer_.key_of_note(name);
  Result<std::string> sealed = sealer_.seal_note(name, text, until);
  if (!key || !sealed) {
    log_.add(LogLevel::kError, "note", "a note cannot be sealed for the shared cache");
    return stored();
  }
  const auto stays = [this, name, keeps = std::move(keeps)](std::string_view there) {
    const std::optional<std::string> note = sealer_.open_note(name, there, clock_.wall());
    return note && keeps(*note);
  };
  store_->put(*key, {*std::move(sealed), until, SharedStore::Kind::kAnswer}, stays,
              std::move(stored));
}

}  // namespace auth
