// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/jwk.h"

#include <algorithm>
#include <set>
#include <utility>

#include "auth/base/json_members.h"
#include "auth/jose/public_key.h"

namespace auth::jose {
namespace {

Error unusable(std::string why) { return {Reason::kMalformedAnswer, std::move(why)}; }

// RFC 7517 §4.2 and §4.3: a key may be used for everything that neither of them excludes.
Result<void> check_purpose(const Json& jwk) {
  if (jwk.member("use") && jwk.text_of("use") != "sig") {
    return unusable("its use is not sig");
  }
  const std::optional<Json> operations = jwk.member("key_ops");
  if (!operations) return {};
  if (!operations->is_array()) return unusable("its key_ops is not a list");
  std::set<std::string, std::less<>> named;
  bool well_formed = true;
  operations->for_each_element([&](const Json& operation) {
    const std::optional<std::string_view> name = operation.text();
    well_formed = well_formed && name && named.emplace(*name).second;
  });
  if (!well_formed) return unusable("its key_ops holds more than different names");
  if (!named.contains("verify")) return unusable("its key_ops does not name verify");
  return {};
}

// Returns the key's own algorithm; nullopt if it names none.
Result<std::optional<Algorithm>> own_algorithm(const Json& jwk) {
  if (!jwk.member("alg")) return std::optional<Algorithm>();
  std::string name = jwk.text_of("alg").value_or("");
  // Often written so, after the curve P-521 instead of the hash SHA-512; it can mean nothing else.
  if (name == "ES521") name = "ES512";
  const std::optional<Algorithm> algorithm = algorithm_named(name);
  if (!algorithm) return unusable("its alg is not one that an access token may be signed with");
  return algorithm;
}

Result<std::optional<std::string>> key_id(const Json& jwk) {
  if (!jwk.member("kid")) return std::optional<std::string>();
  std::optional<std::string> id = jwk.text_of("kid");
  if (!id || id->size() > kMaxKeyIdBytes) return unusable("its kid is not a string, or too long");
  return id;
}

}  // namespace

Result<SharedKey> parse_jwk(const Json& jwk) {
  if (!jwk.is_object()) return unusable("it is not a JSON object");
  Result<std::optional<std::string>> id = key_id(jwk);
  if (!id) return std::move(id).error();
  if (auto checked = check_purpose(jwk); !checked) return std::move(checked).error();
  const Result<std::optional<Algorithm>> only = own_algorithm(jwk);
  if (!only) return only.error();
  Result<Key> key = public_key(jwk);
  if (!key) return std::move(key).error();
  auto usable = std::make_shared<const VerificationKey>(*std::move(key), *std::move(id), *only);
  if (!usable->fits_any()) return unusable("its alg does not fit its type");
  return SharedKey(std::move(usable));
}

Result<JwkSet> JwkSet::parse(std::string_view text) {
  const auto keys = json_elements(text, "keys");
  if (!keys) return unusable("the key set is not JSON with a list of keys");
  JwkSet set;
  for (std::size_t i = 0; i < std::min(keys->size(), kMaxJwkSetKeys); ++i) set.take((*keys)[i]);
  if (keys->size() > kMaxJwkSetKeys) {
    set.left_out_.push_back("all keys beyond the first " + std::to_string(kMaxJwkSetKeys));
  }
  set.leave_out_ambiguous();
  return set;
}

void JwkSet::take(std::string_view text) {
  const std::optional<Json> jwk = Json::parse(text);
  Result<SharedKey> key =
      jwk ? parse_jwk(*jwk) : unusable("a member cannot be read, or is there twice");
  if (key) {
    keys_.push_back(*std::move(key));
    return;
  }
  const std::optional<JsonMembers> members = JsonMembers::parse(text);
  const std::optional<std::string> id = members ? members->readable().text_of("kid") : std::nullopt;
  left_out_.push_back("key " + id.value_or("without kid").substr(0, kMaxKeyIdBytes) + ": " +
                      key.error().detail);
}

void JwkSet::leave_out_ambiguous() {
  std::set<std::string> once;
  std::set<std::string> twice;
  for (const SharedKey& key : keys_) {
    if (key->id() && !once.insert(*key->id()).second) twice.insert(*key->id());
  }
  for (const std::string& id : twice) {
    left_out_.push_back("key " + id + ": several keys have this kid");
  }
  std::erase_if(keys_,
                [&](const SharedKey& key) { return key->id() && twice.contains(*key->id()); });
}

SharedKey JwkSet::find(const std::optional<std::string>& id) const {
  if (!id) return keys_.size() == 1 ? keys_.front() : nullptr;
  const auto found = std::find_if(keys_.begin(), keys_.end(),
                                  [&](const SharedKey& key) { return key->id() == id; });
  return found == keys_.end() ? nullptr : *found;
}

}  // namespace auth::jose
