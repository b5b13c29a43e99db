// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/find.h"

#include <utility>

#include "cli/setup/administrator.h"

namespace cli {
namespace {

using auth::Mistake;

FoundThing checked(const ThingKind& kind, Search<Found> found) {
  if (!found) {
    return in_words(found.error(), "the " + std::string(kind.name) + " could not be looked for");
  }
  if (!*found) return *std::move(found);
  const Found& thing = **found;
  const std::string name = std::string(kind.name) + ' ' + thing.name;
  if (!thing.right_kind) {
    return Mistake{"the name " + thing.name + " is taken by " + kind.taken +
                   ": give another one with " + kind.option};
  }
  if (!thing.active) {
    return Mistake{"the " + name + (thing.locked ? " is locked" : " is deactivated") +
                   ", and this command wakes nothing that somebody has stopped: open it in "
                   "ZITADEL's console (Resource Id " +
                   thing.id + ") and " + (thing.locked ? "unlock" : "reactivate") +
                   " it, or give another name with " + kind.option};
  }
  return *std::move(found);
}

}  // namespace

FoundThing find(const ThingKind& kind, const Thing& known, const std::string& name,
                const std::function<Search<Found>(const std::string&)>& by_id,
                const std::function<Search<Found>(const std::string&)>& by_name) {
  if (!known.id.empty()) {
    FoundThing found = checked(kind, patiently([&] { return by_id(known.id); }));
    if (!found) return found;
    if (*found) {
      if (name == known.name || name == (*found)->name) return found;
      return Mistake{"--dir belongs to the " + std::string(kind.name) + ' ' + (*found)->name +
                     ", not to " + name + ": give another --dir for another " + kind.name};
    }
  }
  return checked(kind, by_name(name));
}

}  // namespace cli
