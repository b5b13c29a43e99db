// SPDX-License-Identifier: Apache-2.0
/// @file
/// Requirement: what an endpoint or a protected path asks of its caller.
///
///   requirement = "public" | "token" | alternative *( "or" alternative )
///   alternative = condition *( condition )
///   condition   = "role:" NAME | "scope:" NAME | "org:" ID | "net:" NETWORK
///
/// "token" lets in any user of the instance who has a token for this API. A scope keeps nobody out,
/// as anybody may ask for it. All conditions of one alternative must hold, and one alternative
/// suffices. Blanks or tabs stand between words. A name may hold ':'; a blank in it is written %20,
/// a '%' %25, and any other byte may be written so too: "role:a%20b" is the role "a b". A comma is
/// in no name: ZITADEL makes two roles of it. An alternative names at most one organisation: with
/// roles, "org:" asks that this organisation granted each of them; without one, that the user
/// belongs to it.
///
/// A network must contain the caller's address: "net:192.0.2.0/24", "net:2001:db8::/32", or one
/// address. It is required in addition to a valid token, never instead of one: "net:192.0.2.0/24"
/// alone, which may be written "token net:192.0.2.0/24", means any valid token from there. An
/// alternative names at most one network. An unknown or malformed address is in no network.
#ifndef ZITADEL_AUTH_REQUIREMENT_H
#define ZITADEL_AUTH_REQUIREMENT_H

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "zitadel_auth/claims.h"
#include "zitadel_auth/result.h"

namespace zitadel_auth {

/// Limit of describe() for several requirements, in bytes: the text goes into a header.
constexpr std::size_t kMaxDescribedBytes = 2000;

/// Whether the name is a scope-token (RFC 6749 §3.3). No token can carry another scope.
[[nodiscard]] bool is_scope_token(std::string_view name) noexcept;

/// Immutable after construction, so any thread may use it. A default one is "token".
class Requirement {
 public:
  /// Reads a requirement. The mistake says what is wrong with the text and what may stand there
  /// instead.
  [[nodiscard]] static Result<Requirement, Mistake> parse(std::string_view text);

  /// Returns the requirement that is met if all of these are met. It is public if each of them is,
  /// and "token" if there are none. The parts must outlive it.
  [[nodiscard]] static Requirement all_of(const std::vector<const Requirement*>& parts);

  /// Whether it is "public": then no token is checked.
  [[nodiscard]] bool is_public() const noexcept { return public_; }

  /// Checks whether the claims of a caller with that IP address meet it; an empty address is in no
  /// network. Errors: kWrongNetwork, kRoleMissing, kScopeMissing or kWrongOrganisation, by which
  /// the first alternative failed.
  [[nodiscard]] Result<void> check(const Claims& claims, std::string_view client = {}) const;

  /// The same for a caller who is in every network that the requirement names.
  [[nodiscard]] Result<void> check_from_anywhere(const Claims& claims) const;

  /// Whether it asks for a network, so that the caller's address counts.
  [[nodiscard]] bool names_networks() const noexcept;

  /// Returns what a refused caller lacks: "the role read:messages", "the scope a or the role b".
  /// Names are written as in a requirement; the allowed networks are not shown to callers. If there
  /// are several requirements, those beyond kMaxDescribedBytes are shown as "more".
  [[nodiscard]] std::string describe() const { return describe(Told::kCaller); }

  /// The same for the operator, with the networks.
  [[nodiscard]] std::string describe_to_operator() const { return describe(Told::kOperator); }

  /// Scopes that would satisfy it, space-separated, for a challenge's scope attribute (RFC 6750
  /// §3); empty if scopes alone are not enough.
  [[nodiscard]] std::string scopes() const;

 private:
  enum class Told { kCaller, kOperator };

  struct Network {
    std::array<unsigned char, 16> first;  ///< IPv4 as IPv4-mapped IPv6
    unsigned bits;                        ///< prefix length, of 128
    std::string text;                     ///< as written
  };

  struct Alternative {
    std::vector<std::string> roles;
    std::vector<std::string> scopes;
    std::string organisation;
    std::optional<Network> network;
  };

  [[nodiscard]] static Result<void, Mistake> add(Alternative& alternative, std::string_view word);
  [[nodiscard]] static Result<void, Mistake> add_network(Alternative& alternative,
                                                         std::string_view text);
  static std::optional<Reason> refusal(const Alternative& alternative, const Claims& claims);

  /// client: nullopt for a caller who is in each network.
  [[nodiscard]] Result<void> check_at(const Claims& claims,
                                      std::optional<std::string_view> client) const;
  [[nodiscard]] std::string describe(Told whom) const;
  [[nodiscard]] static std::string describe(const Alternative& alternative, Told whom);
  [[nodiscard]] std::string describe_all(Told whom) const;
  [[nodiscard]] std::string scopes_of_all() const;

  bool public_ = false;
  std::vector<Alternative> alternatives_;   ///< none: any valid token
  std::vector<const Requirement*> all_of_;  ///< those that ask for more than a token
};

}  // namespace zitadel_auth

#endif
