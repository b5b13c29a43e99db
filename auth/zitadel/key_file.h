// SPDX-License-Identifier: Apache-2.0
// Key files as ZITADEL's console hands them out, JSON with a PEM private key inside.
#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/jose/signing_key.h"

namespace auth {

constexpr std::size_t kMaxKeyFileBytes = 64 << 10;

// The key of an API application with the authentication method "Private Key JWT".
struct ApplicationKey {
  std::string key_id;
  std::string client_id;
  std::shared_ptr<const jose::SigningKey> key;
  std::string expires{};         // as its file says, RFC 3339; empty where it does not say so
  std::string application_id{};  // empty where it does not say so
};

// The key of a service user.
struct ServiceUserKey {
  std::string key_id;
  std::string user_id;
  std::shared_ptr<const jose::SigningKey> key;
  std::string expires{};  // as its file says, RFC 3339; empty where it does not say so
};

// Checks that the key has not expired, by its file. The mistake is a sentence for the user.
[[nodiscard]] Result<void, Mistake> check_expiry(const ServiceUserKey& key, WallTime now);

// Read a key file. Refuse one that others can read, as ssh does: any permission of group or others
// where the file belongs to this process's user, any permission of others where it does not.
// Error: kKeyUnusable; its detail is one sentence for the operator that names the path, what is
// wrong and what to do ("chmod 600 PATH"; "this is a service user's key: …"). Never the key.
[[nodiscard]] Result<ApplicationKey> read_application_key(
    const std::string& path, jose::KeyReading reading = jose::KeyReading::kNow);
[[nodiscard]] Result<ServiceUserKey> read_service_user_key(const std::string& path);

// The same from the text of the file, for tests and fuzzing.
[[nodiscard]] Result<ApplicationKey> parse_application_key(std::string_view text);
[[nodiscard]] Result<ServiceUserKey> parse_service_user_key(std::string_view text);

}  // namespace auth
