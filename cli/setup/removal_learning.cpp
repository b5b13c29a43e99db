// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/removal_learning.h"

#include <optional>
#include <vector>

#include "cli/setup/administrator.h"

namespace cli {
namespace {

void adopt(Thing& thing, const std::optional<Found>& found) {
  if (!found) return;
  thing.id = found->id;
  thing.made = true;
  thing.begun = false;
}

Done learn_user(Context& context, Thing& user) {
  if (!user.begun) return {};
  const auto found = context.resources.user_named(user.name);
  if (!found) return not_seen(found.error());
  adopt(user, *found);
  return {};
}

Done learn_project(Context& context) {
  State& state = context.state;
  if (state.project.begun) {
    const auto found = context.resources.project_named(state.project.name);
    if (!found) return not_seen(found.error());
    adopt(state.project, *found);
  }
  if (state.application.begun && !state.project.id.empty()) {
    const auto all = context.resources.applications(state.project.id);
    if (!all) return not_seen(all.error());
    for (const Found& each : *all) {
      if (each.name == state.application.name) adopt(state.application, each);
    }
  }
  for (Thing& role : state.roles) {
    if (role.begun) role.made = true;
  }
  return {};
}

Done learn_key(KeySlot& slot, const ApiResult<std::vector<FoundKey>>& keys) {
  if (!keys) return not_seen(keys.error());
  for (const FoundKey& key : *keys) {
    if (key.expires == slot.begun) slot.old.push_back(key.id);
  }
  return {};
}

Done learn_user_key(Context& context, const Thing& user, KeySlot& slot) {
  if (slot.begun.empty() || user.id.empty()) return {};
  return learn_key(slot, context.resources.user_keys(user.id));
}

Done learn_application_key(Context& context) {
  State& state = context.state;
  if (state.application_key.begun.empty() || state.application.id.empty()) return {};
  return learn_key(state.application_key,
                   context.resources.application_keys(state.project.id, state.application.id));
}

}  // namespace

Done learn_what_was_begun(Context& context) {
  State& state = context.state;
  if (Done learned = learn_project(context); !learned) return learned;
  if (Done learned = learn_user(context, state.user); !learned) return learned;
  if (Done learned = learn_user(context, state.events.user); !learned) return learned;
  if (Done learned = learn_application_key(context); !learned) return learned;
  if (Done learned = learn_user_key(context, state.user, state.user_key); !learned) return learned;
  return learn_user_key(context, state.events.user, state.events.key);
}

auth::Mistake not_seen(const ApiError& error) {
  return in_words(error, "what there is could not be looked for");
}

}  // namespace cli
