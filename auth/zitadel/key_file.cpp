// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/key_file.h"

#include <optional>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/private_file.h"
#include "auth/base/secret.h"
#include "auth/base/timestamp.h"

namespace auth {
namespace {

// One of the two kinds of key file: its "type", the member with its id, and words for the message
// about a wrong kind.
struct Kind {
  std::string_view type;
  std::string_view id_member;
  std::string_view name;
  std::string_view where;
};

constexpr Kind kApplication{"application", "clientId", "an API application's key",
                            "the API application under its project"};
constexpr Kind kServiceUser{"serviceaccount", "userId", "a service user's key",
                            "the service user under Users"};

constexpr std::string_view kNever = "0001-";  // Go's zero time

struct KeyFile {
  std::string key_id;
  std::string id;
  std::shared_ptr<const jose::SigningKey> key;
  std::string expires;
  std::string application_id;
};

Error unusable(std::string detail) { return Error{Reason::kKeyUnusable, std::move(detail)}; }

std::string get_one_from(const Kind& kind) {
  return "open " + std::string(kind.where) +
         " in ZITADEL's console, add a key of type JSON and use "
         "the file it hands out";
}

// Returns an error that says what the file is instead of the wanted kind.
Error wrong_kind(const Json& document, const Kind& wanted) {
  const Kind& other = wanted.type == kApplication.type ? kServiceUser : kApplication;
  const std::string type = document.text_of("type").value_or("");
  if (type == other.type) {
    return unusable("this is " + std::string(other.name) + ", where " + std::string(wanted.name) +
                    " belongs: " + get_one_from(wanted));
  }
  if (document.member("clientSecret")) {
    return unusable("this holds a client secret and no key: " +
                    (wanted.type == kApplication.type
                         ? "set ZITADEL_CLIENT_ID and ZITADEL_CLIENT_SECRET instead"
                         : get_one_from(wanted)));
  }
  return unusable("this is JSON, but no key file of ZITADEL (its \"type\" is not \"" +
                  std::string(wanted.type) + "\"): " + get_one_from(wanted));
}

Error not_json(std::string_view text, const Kind& wanted) {
  // Inside JSON no PEM begins a line.
  if (text.starts_with("-----BEGIN ") || text.find("\n-----BEGIN ") != std::string_view::npos) {
    return unusable("this is a bare key or certificate, without the ids that belong to it: " +
                    get_one_from(wanted));
  }
  return unusable("this is not JSON, so no key file of ZITADEL: " + get_one_from(wanted));
}

Result<KeyFile> parse(std::string_view text, const Kind& wanted, jose::KeyReading reading) {
  const std::optional<Json> document = Json::parse_secret(SecretView(text));
  if (!document || !document->is_object()) return not_json(text, wanted);
  if (document->text_of("type") != wanted.type) return wrong_kind(*document, wanted);

  KeyFile file;
  for (const auto& [name, value] : {std::pair{std::string_view("keyId"), &file.key_id},
                                    std::pair{wanted.id_member, &file.id}}) {
    *value = document->text_of(name).value_or("");
    if (value->empty()) {
      return unusable("its \"" + std::string(name) + "\" is missing: " + get_one_from(wanted));
    }
  }
  const std::optional<Json> member = document->member("key");
  const std::optional<std::string_view> pem = member ? member->text() : std::nullopt;
  if (!pem || pem->empty()) return unusable("its \"key\" is missing: " + get_one_from(wanted));
  Result<std::shared_ptr<const jose::SigningKey>> key =
      jose::SigningKey::from_pem(SecretView(*pem), reading);
  if (!key) {
    return unusable("its \"key\" cannot be used: " + key.error().detail + ": " +
                    get_one_from(wanted));
  }
  file.key = *std::move(key);
  file.application_id = document->text_of("appId").value_or("");
  file.expires = document->text_of("expirationDate").value_or("");
  if (!parse_timestamp(file.expires)) file.expires.clear();
  return file;
}

Result<KeyFile> read(const std::string& path, const Kind& wanted, jose::KeyReading reading) {
  const auto content = read_private_file(path, kMaxKeyFileBytes);
  if (!content) return unusable(path + ": " + content.error().sentence);
  if (!content->remedy.empty()) {
    return unusable(path + ": others may read or change this private key: " + content->remedy);
  }
  Result<KeyFile> file = parse(content->text.reveal(), wanted, reading);
  if (!file) return unusable(path + ": " + file.error().detail);
  return file;
}

Result<ApplicationKey> as_application(Result<KeyFile> file) {
  if (!file) return std::move(file).error();
  return ApplicationKey{std::move(file->key_id), std::move(file->id), std::move(file->key),
                        std::move(file->expires), std::move(file->application_id)};
}

Result<ServiceUserKey> as_service_user(Result<KeyFile> file) {
  if (!file) return std::move(file).error();
  return ServiceUserKey{std::move(file->key_id), std::move(file->id), std::move(file->key),
                        std::move(file->expires)};
}

}  // namespace

Result<void, Mistake> check_expiry(const ServiceUserKey& key, WallTime now) {
  const std::optional<WallTime> end = parse_timestamp(key.expires);
  if (!end || *end > now || key.expires.starts_with(kNever)) return {};
  return Mistake{"the key " + key.key_id + " expired at " + key.expires +
                 ", by its file and this machine's clock: " + get_one_from(kServiceUser)};
}

Result<ApplicationKey> read_application_key(const std::string& path, jose::KeyReading reading) {
  return as_application(read(path, kApplication, reading));
}

Result<ServiceUserKey> read_service_user_key(const std::string& path) {
  return as_service_user(read(path, kServiceUser, jose::KeyReading::kNow));
}

Result<ApplicationKey> parse_application_key(std::string_view text) {
  return as_application(parse(text, kApplication, jose::KeyReading::kNow));
}

Result<ServiceUserKey> parse_service_user_key(std::string_view text) {
  return as_service_user(parse(text, kServiceUser, jose::KeyReading::kNow));
}

}  // namespace auth
