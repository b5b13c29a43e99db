// SPDX-License-Identifier: Apache-2.0
// What an event ends: the scope of a purge.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

namespace auth {

enum class Ends : std::uint8_t {
  kEverything,  // all that is known
  kToken,       // the token with that id (its jti)
  kSession,     // the tokens of that session (in front of the "-" of their jti)
  kSubject,     // the tokens of that user
  kRole,        // the tokens with that role in that project
  kAnyRole,     // the tokens with a role
  kProject,     // the tokens for the API of that project
  kKeys,        // no token: the instance signs with other keys
};

// The kind, and a hash of the names. Two scopes may be equal by chance: then too much is ended.
// Programs of several versions share them: a kind never changes its number, nor the hash its form.
using Scope = std::uint64_t;

[[nodiscard]] Scope scope_of(Ends what, std::string_view name = {},
                             std::string_view second = {}) noexcept;

[[nodiscard]] constexpr Ends kind_of(Scope scope) noexcept { return static_cast<Ends>(scope & 7); }

// What has ended. Of JWTs, those that ZITADEL issued until issued_until (seconds since 1970).
struct Ending {
  Ending(Scope ended, std::uint64_t until = 0) noexcept : scope(ended), issued_until(until) {}

  Scope scope;
  std::uint64_t issued_until;
};
using Endings = std::vector<Ending>;

[[nodiscard]] inline Endings endings_of(const std::vector<Scope>& scopes) {
  return {scopes.begin(), scopes.end()};
}

// A hash that is the same in all processes (FNV-1a), of texts and numbers one after the other.
class Digest {
 public:
  Digest& add(std::string_view text) noexcept;
  Digest& add(std::uint64_t number) noexcept;
  [[nodiscard]] std::uint64_t value() const noexcept;

 private:
  std::uint64_t state_ = 0xcbf29ce484222325;
};

}  // namespace auth
