// SPDX-License-Identifier: Apache-2.0
#include "auth/store/sealed_entry.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <utility>

#include "auth/base/aes_gcm.h"
#include "auth/base/hmac.h"
#include "auth/base/number.h"

namespace auth {
namespace {

// A sealed entry: version (1 byte), end (8, little endian), then the message under AES-256-GCM,
// which authenticates both, and the store key with them.
constexpr char kVersion = 2;
constexpr char kNoteVersion = 'n';
constexpr std::size_t kTimeBytes = kNumberBytes;
constexpr std::size_t kHeadBytes = 1 + kTimeBytes;

// The message: when ZITADEL was asked (microseconds, 8 bytes), its kind (1), then the record of the
// claims or the code of a refusal (1).
constexpr char kRefusal = 0;
constexpr char kClaims = 1;
constexpr char kConfirmedRefusal = 2;
constexpr char kStampedClaims = 3;  // a PurgeStamp (16) stands in front of the record
constexpr std::size_t kMessageHead = kTimeBytes + 1;
constexpr std::size_t kStampBytes = 2 * kNumberBytes;

template <typename Time>
void put_time(std::string& out, Time time) {
  put_number(out, static_cast<std::uint64_t>(time.time_since_epoch().count()));
}

template <typename Time>
Time get_time(std::string_view in) {
  return Time(typename Time::duration(static_cast<std::int64_t>(get_number(in))));
}

// Codes of the refusals that ZITADEL's answer can give. Programs of several versions share a store:
// a code never changes its meaning.
constexpr std::array<std::pair<char, Reason>, 5> kRefusals{{
    {1, Reason::kInactive},
    {2, Reason::kExpired},
    {3, Reason::kNotYetValid},
    {4, Reason::kWrongIssuer},
    {5, Reason::kWrongAudience},
}};

std::optional<char> code_of(Reason reason) {
  for (const auto& [code, refusal] : kRefusals) {
    if (refusal == reason) return code;
  }
  return std::nullopt;
}

std::optional<Reason> refusal_of(std::string_view code) {
  for (const auto& [known, refusal] : kRefusals) {
    if (code == std::string_view(&known, 1)) return refusal;
  }
  return std::nullopt;
}

void put_stamp(std::string& out, PurgeStamp stamp) {
  put_number(out, stamp.number);
  put_number(out, stamp.chain);
}

// Returns nullopt for an entry that is neither an answer nor a refusal, or both.
std::optional<std::string> message_of(const SharedEntry& entry) {
  std::string message;
  put_time(message, entry.sent);
  if (entry.claims && !entry.refusal) {
    message.append(1, entry.purges.chain == 0 ? kClaims : kStampedClaims);
    if (entry.purges.chain != 0) put_stamp(message, entry.purges);
    return message + entry.claims->record();
  }
  const std::optional<char> code = entry.refusal ? code_of(*entry.refusal) : std::nullopt;
  if (entry.claims || !code) return std::nullopt;
  return message.append(1, entry.confirmed ? kConfirmedRefusal : kRefusal).append(1, *code);
}

std::optional<SharedEntry> entry_of(std::string_view message) {
  if (message.size() < kMessageHead) return std::nullopt;
  SharedEntry entry{get_time<WallMicroseconds>(message)};
  std::string_view content = message.substr(kMessageHead);
  switch (message[kTimeBytes]) {
    case kStampedClaims:
      if (content.size() < kStampBytes) return std::nullopt;
      entry.purges = {get_number(content), get_number(content.substr(kNumberBytes))};
      content.remove_prefix(kStampBytes);
      [[fallthrough]];
    case kClaims: {
      std::optional<Claims> claims = Claims::from_record(content);
      if (!claims) return std::nullopt;
      entry.claims = std::make_shared<const Claims>(*std::move(claims));
      return entry;
    }
    case kRefusal:
    case kConfirmedRefusal:
      entry.confirmed = message[kTimeBytes] == kConfirmedRefusal;
      entry.refusal = refusal_of(content);
      return entry.refusal ? std::optional(std::move(entry)) : std::nullopt;
    default:
      return std::nullopt;
  }
}

// Returns the first block of HKDF-SHA-256 (RFC 5869).
std::optional<Secret> hkdf(SecretView salt, SecretView material, std::string_view info) {
  const std::optional<Secret> extracted = hmac_sha256(salt, {material.reveal()});
  if (!extracted) return std::nullopt;
  return hmac_sha256(*extracted, {info, std::string_view("\x01", 1)});
}

std::optional<Secret> entry_key(SecretView sealing_key, SecretView token) {
  return hkdf(sealing_key, token, "entry");
}

std::string associated(std::string_view head, const StoreKey& key) {
  return std::string(head).append(key.begin(), key.end());
}

Error failure() { return Error{Reason::kInternal, "OpenSSL cannot seal a cache entry"}; }

}  // namespace

Result<Sealer> Sealer::make(SecretView secret, std::string_view context) {
  if (secret.empty()) return Error{Reason::kInternal, "there is no secret to seal entries with"};
  const SecretView salt("zitadel-fcgi shared cache 2");
  std::optional<Secret> lookup_key = hkdf(salt, secret, std::string("lookup ").append(context));
  std::optional<Secret> sealing_key = hkdf(salt, secret, std::string("seal ").append(context));
  if (!lookup_key || !sealing_key) return failure();
  return Sealer(*std::move(lookup_key), *std::move(sealing_key));
}

Result<StoreKey> Sealer::key_of(SecretView token) const {
  const std::optional<Secret> digest = hmac_sha256(lookup_key_, {token.reveal()});
  StoreKey key{};
  if (!digest || digest->size() != key.size()) return failure();
  std::copy_n(digest->reveal().begin(), key.size(), key.begin());
  return key;
}

Result<std::string> Sealer::seal(SecretView token, const SharedEntry& entry, WallTime until) const {
  const std::optional<std::string> message = message_of(entry);
  if (!message) return Error{Reason::kInternal, "a cache entry holds no answer of ZITADEL"};
  return seal(token, kVersion, *message, until);
}

std::optional<SharedEntry> Sealer::open(SecretView token, std::string_view sealed,
                                        WallTime now) const {
  const std::optional<std::string> message = open(token, kVersion, sealed, now);
  if (!message) return std::nullopt;
  std::optional<SharedEntry> entry = entry_of(*message);
  if (!entry || entry->sent > now + kClockSkew) return std::nullopt;
  return entry;
}

Result<StoreKey> Sealer::key_of_note(std::string_view name) const {
  return key_of(SecretView(name));
}

Result<std::string> Sealer::seal_note(std::string_view name, std::string_view text,
                                      WallTime until) const {
  return seal(SecretView(name), kNoteVersion, text, until);
}

std::optional<std::string> Sealer::open_note(std::string_view name, std::string_view sealed,
                                             WallTime now) const {
  return open(SecretView(name), kNoteVersion, sealed, now);
}

Result<std::string> Sealer::seal(SecretView name, char version, std::string_view message,
                                 WallTime until) const {
  const Result<StoreKey> store_key = key_of(name);
  const std::optional<Secret> key = entry_key(sealing_key_, name);
  if (!store_key || !key) return failure();
  std::string head(1, version);
  put_time(head, until);
  const auto sealed = aes_gcm_seal(*key, associated(head, *store_key), message);
  if (!sealed) return failure();
  return head + *sealed;
}

std::optional<std::string> Sealer::open(SecretView name, char version, std::string_view sealed,
                                        WallTime now) const {
  if (sealed.size() < kHeadBytes || sealed.size() > kMaxSealedBytes) return std::nullopt;
  if (sealed[0] != version || get_time<WallTime>(sealed.substr(1)) <= now) return std::nullopt;
  const Result<StoreKey> store_key = key_of(name);
  const std::optional<Secret> key = entry_key(sealing_key_, name);
  if (!store_key || !key) return std::nullopt;
  return aes_gcm_open(*key, associated(sealed.substr(0, kHeadBytes), *store_key),
                      sealed.substr(kHeadBytes));
}

}  // namespace auth
