// SPDX-License-Identifier: Apache-2.0
#include <string>
#include <utility>
#include <vector>

#include "cli/setup/administrator.h"
#include "cli/setup/find.h"
#include "cli/setup/survey.h"

namespace cli {
namespace {

using auth::Mistake;

// The user may have no other role, because its key lies beside a web server.
Mistake other_roles(const std::string& name, const std::vector<std::string>& roles) {
  std::string all;
  for (const std::string& role : roles) all += (all.empty() ? "" : ", ") + role;
  return {"the service user " + name + " manages the instance as " + all +
          ", and who reads events is to be " + kEventsRole +
          " and nothing more: give another name with --events-user"};
}

Done survey_member(Context& context, Survey& found) {
  const std::string& user = found.events_user->id;
  const auto look = [&] { return context.resources.instance_member(user); };
  const auto member = context.state.events.member.id == user ? patiently(look) : look();
  if (!member) return in_words(member.error(), "the instance's managers could not be looked for");
  if (!*member) return {};
  if ((*member)->roles != std::vector<std::string>{kEventsRole}) {
    return other_roles(found.events_user->name, (*member)->roles);
  }
  found.events_member = true;
  return {};
}

}  // namespace

Done survey_events(Context& context, Survey& found) {
  if (!context.has_events()) return {};
  Resources& resources = context.resources;
  auto user = find(
      kEventsReader, context.state.events.user, context.events_user(),
      [&](const std::string& id) { return resources.user(id); },
      [&](const std::string& name) { return resources.user_named(name); });
  if (!user) return std::move(user).error();
  found.events_user = *std::move(user);
  KeyList keys;
  if (found.events_user) {
    keys = [&] { return resources.user_keys(found.events_user->id); };
  } else if (!context.options.events) {
    return Mistake{"the service user " + context.events_user() +
                   ", which reads ZITADEL's events for api.fcgi, is gone: add --events, which "
                   "makes another one"};
  }
  // Without --events, the administrator need not be one of the instance: only those may look.
  if (!context.options.events) {
    found.events_member = true;
  } else if (found.events_user) {
    if (Done looked = survey_member(context, found); !looked) return looked;
  }
  auto key = survey_key(context, context.state.events.key, kEventsKeyFile, keys);
  if (!key) return std::move(key).error();
  found.events_key = *key;
  return {};
}

}  // namespace cli
