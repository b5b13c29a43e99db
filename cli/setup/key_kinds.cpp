// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/key_kinds.h"

#include <utility>

#include "auth/base/json.h"
#include "cli/setup/administrator.h"
#include "cli/setup/key_check.h"
#include "cli/setup/key_pair.h"

namespace cli {
namespace {

using auth::json_quote;
using auth::Mistake;
using auth::Secret;
using KeyText = auth::Result<Secret, Mistake>;
using MaybeText = auth::Result<std::optional<Secret>, Mistake>;

constexpr std::size_t kUserKeyFileBytes = 1024;  // at most, without the key

// Returns a key file with ZITADEL's members in ZITADEL's order. An empty id: ZITADEL does not know
// the key yet.
Secret user_key_file(const std::string& id, auth::SecretView pem, const std::string& expires,
                     const std::string& user) {
  std::string quoted = json_quote(pem.reveal());
  std::string text;
  text.reserve(quoted.size() + kUserKeyFileBytes);  // no copy is left behind
  text.append(R"({"type":"serviceaccount","keyId":)").append(json_quote(id));
  text.append(R"(,"key":)").append(quoted);
  text.append(R"(,"expirationDate":)").append(json_quote(expires));
  text.append(R"(,"userId":)").append(json_quote(user)).append("}\n");
  auth::wipe(quoted.data(), quoted.size());
  return Secret::take(text);
}

}  // namespace

ApiResult<std::vector<FoundKey>> ApplicationKeyStep::list() {
  return context_.resources.application_keys(context_.state.project.id,
                                             context_.state.application.id);
}

KeyText ApplicationKeyStep::make() {
  ApiResult<Secret> made = context_.resources.make_application_key(
      context_.state.project.id, context_.state.application.id, slot_.begun);
  if (!made) return in_words(made.error(), "the application's key could not be made");
  if (Done kept = keep(*made); !kept) return std::move(kept).error();
  return *std::move(made);
}

MaybeText ApplicationKeyStep::complete(Secret file, const std::optional<std::string>& begun) {
  if (begun != key_file_member(file, "keyId")) return std::optional<Secret>();
  return std::optional<Secret>(std::move(file));
}

Done ApplicationKeyStep::check(auth::SecretView file) {
  return check_application_key(context_, file);
}

std::string ApplicationKeyStep::path_of(const std::string& key) const {
  return "/projects/" + context_.state.project.id + "/apps/" + context_.state.application.id +
         "/keys/" + key;
}

ApiResult<std::vector<FoundKey>> UserKeyStep::list() { return context_.resources.user_keys(user_); }

KeyText UserKeyStep::make() {
  const auto pair = make_key_pair();
  if (!pair) return pair.error();
  Secret file = user_key_file("", pair->private_pem, slot_.begun, user_);
  if (Done kept = keep(file); !kept) return std::move(kept).error();
  return tell_zitadel(file, std::nullopt);
}

// An earlier run may have sent the key to ZITADEL without receiving its id.
MaybeText UserKeyStep::complete(Secret file, const std::optional<std::string>& begun) {
  const std::string id = key_file_member(file, "keyId");
  if (!id.empty() && begun != id) return std::optional<Secret>();
  KeyText whole = tell_zitadel(file, begun);
  if (!whole) return std::move(whole).error();
  return std::optional<Secret>(*std::move(whole));
}

KeyText UserKeyStep::tell_zitadel(const Secret& file, std::optional<std::string> id) {
  const auto json = auth::Json::parse_secret(file);
  const auto member = json ? json->member("key") : std::nullopt;
  const Secret pem(member ? member->text().value_or("") : "");
  if (!id) {
    const std::string public_pem = public_half(pem);
    if (public_pem.empty()) return Mistake{"the key pair that was begun cannot be read"};
    ApiResult<std::string> made = context_.resources.make_user_key(user_, slot_.begun, public_pem);
    if (!made) return in_words(made.error(), "the service user's key could not be made");
    id = *std::move(made);
  }
  Secret whole = user_key_file(*id, pem, slot_.begun, user_);
  if (Done kept = keep(whole); !kept) return std::move(kept).error();
  return whole;
}

Done UserKeyStep::check(auth::SecretView file) { return check_user_key(context_, file); }

Done EventsKeyStep::check(auth::SecretView file) { return check_events_key(context_, file); }

std::string UserKeyStep::path_of(const std::string& key) const {
  return "/users/" + user_ + "/keys/" + key;
}

}  // namespace cli
