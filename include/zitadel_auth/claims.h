// SPDX-License-Identifier: Apache-2.0
/// @file
/// Claims: what ZITADEL said of an active access token (RFC 7662 §2.2), as types.
///
/// The claims are kept as one packed record, so that a hundred thousand of them fit into a cache
/// and the record can be handed to a shared store as it is. Immutable after construction, so any
/// thread may read them. Views returned live as long as the Claims.
#ifndef ZITADEL_AUTH_CLAIMS_H
#define ZITADEL_AUTH_CLAIMS_H

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace zitadel_auth {

/// The type of a token's exp and nbf (NumericDate, RFC 7519 §2): seconds of UTC.
using WallTime = std::chrono::sys_seconds;

/// Maximum length of a record of claims, in bytes. 1,000 roles of 36 characters fit, and the sealed
/// record fits into a shared store (kMaxSealedBytes).
constexpr std::size_t kMaxRecordBytes = 60 << 10;

/// A role of the project, and the organisations that granted it (their ids).
struct Role {
  std::string_view name;                        ///< its key in ZITADEL
  std::vector<std::string_view> organisations;  ///< their ids
};

/// The claims of one token. Immutable, so any thread may read them. Default-constructed claims
/// belong to nobody, as at a public endpoint.
class Claims {
 public:
  /// The id of the user whose token it is (sub).
  [[nodiscard]] std::string_view subject() const noexcept { return first(Field::kSubject); }
  /// The application that asked for the token.
  [[nodiscard]] std::string_view client_id() const noexcept { return first(Field::kClientId); }
  /// The login name; empty for many service users.
  [[nodiscard]] std::string_view username() const noexcept { return first(Field::kUsername); }
  /// The token's id (jti); empty unless it is kept, so that the token can be ended by its id.
  [[nodiscard]] std::string_view token_id() const noexcept { return first(Field::kTokenId); }
  /// The ZITADEL instance, as a URL.
  [[nodiscard]] std::string_view issuer() const noexcept { return first(Field::kIssuer); }
  /// The organisation the user itself belongs to; empty unless the caller asked for that scope.
  [[nodiscard]] std::string_view organisation() const noexcept {
    return first(Field::kOrganisation);
  }
  /// Time at which the token expires; nullopt if ZITADEL has not said.
  [[nodiscard]] std::optional<WallTime> expiry() const noexcept { return expiry_; }
  /// Time from which the token is valid; nullopt if ZITADEL has not said.
  [[nodiscard]] std::optional<WallTime> not_before() const noexcept { return not_before_; }
  /// Time at which the token was issued; nullopt if it does not say, or if the claims were read
  /// from a record, which does not keep it.
  [[nodiscard]] std::optional<WallTime> issued() const noexcept { return issued_; }

  /// The client ids and project ids that the token is meant for.
  [[nodiscard]] std::vector<std::string_view> audience() const { return all(Field::kAudience); }
  /// The scopes that the client asked for.
  [[nodiscard]] std::vector<std::string_view> scopes() const { return all(Field::kScope); }
  /// The roles that the user was granted in the API's project.
  [[nodiscard]] std::vector<Role> roles() const;
  /// Returns a claim that was kept because the operator named it: its text, or its JSON if it is
  /// not a string; empty if the token has no such claim.
  [[nodiscard]] std::string_view extra(std::string_view name) const noexcept;

  /// Whether the token is meant for that client id or project id.
  [[nodiscard]] bool has_audience(std::string_view name) const noexcept;
  /// A scope is what the client asked for. It does not say what the user may do: see has_role.
  [[nodiscard]] bool has_scope(std::string_view name) const noexcept;
  /// Whether any organisation granted that role.
  [[nodiscard]] bool has_role(std::string_view name) const noexcept;
  /// Whether that organisation granted that role.
  [[nodiscard]] bool has_role(std::string_view name, std::string_view organisation) const noexcept;

  /// The packed form, for stores. It is this library's own and carries a version.
  [[nodiscard]] std::string record() const;
  /// Returns the claims in a record; nullopt if it is damaged or of another version.
  [[nodiscard]] static std::optional<Claims> from_record(std::string_view record);

  /// Bytes of memory these claims own beyond sizeof(Claims).
  [[nodiscard]] std::size_t owned_bytes() const noexcept { return fields_.capacity(); }

  /// Returns how many scopes and extra claims the builder left out because there was no room. Not
  /// kept in a record.
  [[nodiscard]] std::uint32_t left_out() const noexcept { return left_out_; }

 private:
  friend class ClaimsBuilder;
  enum class Field : std::uint8_t {
    kSubject = 1,
    kClientId,
    kUsername,
    kIssuer,
    kOrganisation,
    kAudience,
    kScope,
    kRole,
    kRoleOrganisation,  ///< follows the kRole it belongs to
    kExtraName,
    kExtraValue,  ///< follows its kExtraName
    kTokenId,
    kLast = kTokenId,
  };

  /// Calls visit(field, text) until it returns false.
  template <typename Visit>
  void scan(Visit visit) const;
  [[nodiscard]] std::string_view first(Field field) const noexcept;
  [[nodiscard]] std::vector<std::string_view> all(Field field) const;
  [[nodiscard]] bool has(Field field, std::string_view text) const noexcept;

  std::optional<WallTime> expiry_{};
  std::optional<WallTime> not_before_{};
  std::optional<WallTime> issued_{};
  std::uint32_t left_out_ = 0;
  std::string fields_{};  ///< each: Field, length (LEB128), text
};

/// Orders names. Counts its comparisons if a test asks for it.
struct NameOrder {
  using is_transparent = void;        ///< views are compared as they are
  std::uint64_t* compared = nullptr;  ///< the counter; null: none
  /// Whether a comes before b.
  bool operator()(std::string_view a, std::string_view b) const noexcept {
    if (compared != nullptr) ++*compared;
    return a < b;
  }
};

/// Collects claims while they are read. The time it takes is in proportion to them. One thread.
///
/// Keeps all claims but scopes and extra claims, whatever their length: see is_too_long. Keeps
/// scopes and extra claims only while there is room, so give them last.
class ClaimsBuilder {
 public:
  /// Makes a builder without claims.
  explicit ClaimsBuilder(NameOrder order = {}) : scopes_(order), roles_(order) {}

  /// @name Single claims
  /// @{

  /// Sets the claim that the accessor of the same name in Claims returns. Call once.
  ClaimsBuilder& subject(std::string_view text) { return add(Claims::Field::kSubject, text); }
  ClaimsBuilder& client_id(std::string_view text) { return add(Claims::Field::kClientId, text); }
  ClaimsBuilder& username(std::string_view text) { return add(Claims::Field::kUsername, text); }
  ClaimsBuilder& token_id(std::string_view text) { return add(Claims::Field::kTokenId, text); }
  ClaimsBuilder& issuer(std::string_view text) { return add(Claims::Field::kIssuer, text); }
  ClaimsBuilder& organisation(std::string_view id) { return add(Claims::Field::kOrganisation, id); }
  /// @}
  /// Adds a client id or project id that the token is meant for.
  ClaimsBuilder& audience(std::string_view text) { return add(Claims::Field::kAudience, text); }
  /// Adds scopes, space-separated as in RFC 7662.
  ClaimsBuilder& scopes(std::string_view text);
  /// Adds a role with the organisations that granted it. A name given twice is kept once.
  ClaimsBuilder& role(std::string_view name, const std::vector<std::string>& organisations);
  /// Adds a claim that the operator named.
  ClaimsBuilder& extra(std::string_view name, std::string_view value);
  /// Sets the time at which the token expires.
  ClaimsBuilder& expiry(WallTime time);
  /// Sets the time from which the token is valid.
  ClaimsBuilder& not_before(WallTime time);
  /// Sets the time at which the token was issued.
  ClaimsBuilder& issued(WallTime time);

  /// Whether the claims that must be kept are longer than a record may be. Then nobody can use
  /// these claims.
  [[nodiscard]] bool is_too_long() const noexcept;

  /// Returns the claims. Leaves the builder empty.
  [[nodiscard]] Claims build();

 private:
  ClaimsBuilder& add(Claims::Field field, std::string_view text);
  [[nodiscard]] bool has_room_for(std::size_t texts, std::size_t bytes) const noexcept;

  Claims claims_;
  std::set<std::string, NameOrder> scopes_;
  std::set<std::string, NameOrder> roles_;
};

}  // namespace zitadel_auth

#endif
