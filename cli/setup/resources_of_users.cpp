// SPDX-License-Identifier: Apache-2.0
#include <utility>

#include "auth/base/base64.h"
#include "cli/setup/answers.h"
#include "cli/setup/resources.h"

namespace cli {
namespace {

using namespace answers;
using auth::json_quote;
using Strings = std::vector<std::string>;

}  // namespace

Search<Found> Resources::user(const std::string& id) {
  return one_in(api_.get(below(kUsers, id)), "user", read_user);
}

Search<Found> Resources::user_named(const std::string& name) {
  return first_of<Found>(each_of<Found>(api_.search(std::string(kUsers) + "/_search",
                                                    equals("userNameQuery", "userName", name)),
                                        read_user),
                         [&](const Found& each) { return each.name == name; });
}

ApiResult<std::string> Resources::make_user(const std::string& name, bool jwt) {
  return id_in(
      api_.post(std::string(kUsers) + "/machine",
                "{\"userName\":" + json_quote(name) + ",\"name\":" + json_quote(name) +
                    ",\"accessTokenType\":\"ACCESS_TOKEN_TYPE_" + (jwt ? "JWT" : "BEARER") + "\"}"),
      "userId");
}

ApiResult<std::vector<FoundKey>> Resources::user_keys(const std::string& user) {
  return each_of<FoundKey>(api_.search(below(kUsers, user, "/keys/_search")), read_key);
}

ApiResult<std::vector<FoundKey>> Resources::user_tokens(const std::string& user) {
  return each_of<FoundKey>(api_.search(below(kUsers, user, "/pats/_search")), read_key);
}

ApiResult<std::string> Resources::make_user_key(const std::string& user, const std::string& expires,
                                                const std::string& public_key) {
  return id_in(api_.post(below(kUsers, user, "/keys"),
                         R"({"type":"KEY_TYPE_JSON","expirationDate":)" + json_quote(expires) +
                             ",\"publicKey\":" + json_quote(auth::base64_encode(public_key)) + '}'),
               "keyId");
}

ApiResult<std::vector<FoundGrant>> Resources::grants(const std::string& queries) {
  return each_of<FoundGrant>(api_.search(std::string(kUsers) + "/grants/_search", queries),
                             read_grant);
}

Search<FoundGrant> Resources::grant(const std::string& user, const std::string& project) {
  return first_of<FoundGrant>(
      grants("[{\"userIdQuery\":{\"userId\":" + json_quote(user) +
             "}},{\"projectIdQuery\":{\"projectId\":" + json_quote(project) + "}}]"),
      [](const FoundGrant&) { return true; });
}

ApiResult<std::vector<FoundGrant>> Resources::grants_of_user(const std::string& user) {
  return grants("[{\"userIdQuery\":{\"userId\":" + json_quote(user) + "}}]");
}

ApiResult<std::vector<FoundGrant>> Resources::grants_of_project(const std::string& project) {
  return grants("[{\"projectIdQuery\":{\"projectId\":" + json_quote(project) + "}}]");
}

ApiResult<std::string> Resources::make_grant(const std::string& user, const std::string& project,
                                             const Strings& roles) {
  return id_in(
      api_.post(below(kUsers, user, "/grants"),
                "{\"projectId\":" + json_quote(project) + ",\"roleKeys\":" + list_of(roles) + '}'),
      "userGrantId");
}

ApiResult<void> Resources::change_grant(const std::string& user, const std::string& grant,
                                        const Strings& roles) {
  return nothing_in(
      api_.put(below(kUsers, user, "/grants/") + grant, "{\"roleKeys\":" + list_of(roles) + '}'));
}

Search<FoundMember> Resources::instance_member(const std::string& user) {
  return first_of<FoundMember>(
      each_of<FoundMember>(api_.search(std::string(kMembers) + "/_search",
                                       "[{\"userIdQuery\":{\"userId\":" + json_quote(user) + "}}]"),
                           read_member),
      [&](const FoundMember& each) { return each.id == user; });
}

ApiResult<void> Resources::make_instance_member(const std::string& user, const std::string& role) {
  return nothing_in(api_.post(
      kMembers, "{\"userId\":" + json_quote(user) + ",\"roles\":" + list_of({role}) + '}'));
}

ApiResult<void> Resources::remove_instance_member(const std::string& user) {
  const auto answer = api_.remove(below(kMembers, user));
  if (answer || answer.error().is_missing()) return {};
  return answer.error();
}

}  // namespace cli
