// SPDX-License-Identifier: Apache-2.0
// Sealed entries: the content of a shared store.
//
// The store key is HMAC-SHA-256 of the token under a key derived from the application's own secret.
// The entry is AES-256-GCM (NIST SP 800-38D) under a key that HKDF-SHA-256 (RFC 5869) derives from
// the token together with that secret; its expiry and its store key are authenticated with it. So a
// reader of the store learns nothing, and a writer can forge nothing: an entry opens only with the
// very token, in the place it was made for, by an application with the same key and the same
// settings, until it ends.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/store/shared_store.h"
#include "auth/token/claims.h"

namespace auth {

// The purges that a process knew (auth/events/purges.h): their number until then, and their chain.
struct PurgeStamp {
  std::uint64_t number = 0;
  std::uint64_t chain = 0;  // 0: none were reported

  friend bool operator==(const PurgeStamp&, const PurgeStamp&) = default;
};

// What one process knows of a token and shares with the others.
struct SharedEntry {
  WallMicroseconds sent;                   // when ZITADEL was asked
  std::shared_ptr<const Claims> claims{};  // of an active token, or
  std::optional<Reason> refusal{};         // why it was refused (Fault::kToken only)
  // For a refusal: ZITADEL called another token active meanwhile, so it was not failing inside
  // (auth/doubt.h).
  bool confirmed = false;
  PurgeStamp purges{};  // for claims: the purges that the asking process knew when it asked
};

// Immutable after construction, so any thread may use it.
class Sealer {
 public:
  // secret: of the application (SigningKey::derive, or the client secret). context: whatever must
  // be equal for two processes to believe each other: issuer, client id, project id, … Error:
  // kInternal where OpenSSL fails.
  [[nodiscard]] static Result<Sealer> make(SecretView secret, std::string_view context);

  [[nodiscard]] Result<StoreKey> key_of(SecretView token) const;

  // Error: kInternal where OpenSSL fails.
  [[nodiscard]] Result<std::string> seal(SecretView token, const SharedEntry& entry,
                                         WallTime until) const;

  // Returns nullopt if the entry is not exactly what seal made for this token, or has ended, or is
  // from more than a minute in the future (another machine's clock).
  [[nodiscard]] std::optional<SharedEntry> open(SecretView token, std::string_view sealed,
                                                WallTime now) const;

  // The same for a note that all these processes share. Its name has a blank in it, which no token
  // has.
  [[nodiscard]] Result<StoreKey> key_of_note(std::string_view name) const;
  [[nodiscard]] Result<std::string> seal_note(std::string_view name, std::string_view text,
                                              WallTime until) const;
  [[nodiscard]] std::optional<std::string> open_note(std::string_view name, std::string_view sealed,
                                                     WallTime now) const;

 private:
  [[nodiscard]] Result<std::string> seal(SecretView name, char version, std::string_view message,
                                         WallTime until) const;
  [[nodiscard]] std::optional<std::string> open(SecretView name, char version,
                                                std::string_view sealed, WallTime now) const;

  Sealer(Secret lookup_key, Secret sealing_key)
      : lookup_key_(std::move(lookup_key)), sealing_key_(std::move(sealing_key)) {}

  Secret lookup_key_;
  Secret sealing_key_;
};

}  // namespace auth
