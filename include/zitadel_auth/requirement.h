// SPDX-License-Identifier: Apache-2.0
/// @file
/// Requirement: what an endpoint or a protected path asks of its caller.
///
///   requirement = "public" | "token" | alternative *( "or" alternative )
///   alternative = condition *( condition )
///   condition   = "role:" NAME | "scope:" NAME | "org:" ID
///
/// "token" lets in any user of the instance who has a token for this API. A scope keeps nobody out,
/// as anybody may ask for it. All conditions of one alternative must hold, and one alternative
/// suffices. Blanks or tabs stand between words. A name may hold ':'; a blank in it is written %20,
/// a '%' %25, and any other byte may be written so too: "role:a%20b" is the role "a b". A comma is
/// in no name: ZITADEL makes two roles of it. An alternative names at most one organisation: with
/// roles, "org:" asks that this organisation granted each of them; without one, that the user
/// belongs to it.
#ifndef ZITADEL_AUTH_REQUIREMENT_H
#define ZITADEL_AUTH_REQUIREMENT_H

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zitadel_auth/claims.h"
#include "zitadel_auth/result.h"

namespace zitadel_auth {

/// Bound of describe() for several requirements: the text goes into a header.
constexpr std::size_t kMaxDescribedBytes = 2000;

/// RFC 6749 §3.3. No token can carry another scope.
[[nodiscard]] bool is_scope_token(std::string_view name) noexcept;

/// Immutable after construction, so any thread may use it. A default one is "token".
class Requirement {
 public:
  /// The mistake says what is wrong with the text and what may stand there instead.
  [[nodiscard]] static Result<Requirement, Mistake> parse(std::string_view text);

  /// Returns the requirement that is met if all of these are met. It is public if each of them is,
  /// and "token" if there are none. The parts must outlive it.
  [[nodiscard]] static Requirement all_of(const std::vector<const Requirement*>& parts);

  /// True: no token is looked at.
  [[nodiscard]] bool is_public() const noexcept { return public_; }

  /// Whether the claims meet it. Errors: kRoleMissing, kScopeMissing, kWrongOrganisation,
  /// whichever the first alternative failed by.
  [[nodiscard]] Result<void> check(const Claims& claims) const;

  /// Returns what a refused caller lacks: "the role read:messages", "the scope a or the role b".
  /// Names are written as in a requirement. Of several requirements, those beyond
  /// kMaxDescribedBytes are "more".
  [[nodiscard]] std::string describe() const;

  /// Scopes that would satisfy it, space-separated, for a challenge's scope attribute (RFC 6750
  /// §3); empty where scopes alone do not open the door.
  [[nodiscard]] std::string scopes() const;

 private:
  struct Alternative {
    std::vector<std::string> roles;
    std::vector<std::string> scopes;
    std::string organisation;
  };

  [[nodiscard]] static Result<void, Mistake> add(Alternative& alternative, std::string_view word);
  static std::optional<Reason> refusal(const Alternative& alternative, const Claims& claims);

  [[nodiscard]] std::string describe_all() const;
  [[nodiscard]] std::string scopes_of_all() const;

  bool public_ = false;
  std::vector<Alternative> alternatives_;   ///< none: any valid token
  std::vector<const Requirement*> all_of_;  ///< those that ask for more than a token
};

}  // namespace zitadel_auth

#endif
