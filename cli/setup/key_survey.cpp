// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/key_survey.h"

#include <algorithm>
#include <chrono>
#include <optional>
#include <utility>

#include "auth/base/timestamp.h"
#include "auth/zitadel/key_file.h"
#include "cli/setup/administrator.h"

namespace cli {
namespace {

using auth::Mistake;
using Work = SetupOptions::Work;

constexpr std::chrono::hours kSoon{24 * 30};

// Returns the id of the key in a file; empty if there is no file. Refuses a file without such a
// key.
auth::Result<std::string, Mistake> key_in(const Context& context, const char* name) {
  auto file = context.folder.read(name);
  if (!file) return std::move(file).error();
  if (!*file) return std::string();
  const std::string_view text = (*file)->reveal();
  const bool is_user = std::string_view(name) != kApplicationKeyFile;
  const auto application = auth::parse_application_key(is_user ? "" : text);
  const auto user = auth::parse_service_user_key(is_user ? text : "");
  if (application) return application->key_id;
  if (user) return user->key_id;
  return Mistake{context.folder.path_of(name) +
                 " is no file that zitadel-setup wrote: move it away, or give another --dir"};
}

// A key that was just made may be missing from the list for a while.
Search<FoundKey> key_with(const KeyList& list, const std::string& id) {
  return patiently([&]() -> Search<FoundKey> {
    auto keys = list();
    if (!keys) return std::move(keys).error();
    const auto found = std::find_if(keys->begin(), keys->end(),
                                    [&](const FoundKey& each) { return each.id == id; });
    return found == keys->end() ? std::optional<FoundKey>() : std::optional<FoundKey>(*found);
  });
}

KeyCondition condition_of(const FoundKey& key, auth::WallTime now) {
  const auto end = auth::parse_timestamp(key.expires);
  if (!end || *end > now + kSoon) return KeyCondition::kGood;
  return *end > now ? KeyCondition::kEndsSoon : KeyCondition::kEnded;
}

auth::Result<SurveyedKey, Mistake> look_at_key(const Context& context, const KeySlot& slot,
                                               const char* name, const KeyList& list) {
  const auto in_file = key_in(context, name);
  if (!in_file) return in_file.error();
  if (!slot.begun.empty()) return SurveyedKey{KeyCondition::kUnfinished};
  if (!in_file->empty() && *in_file != slot.id) {
    return Mistake{context.folder.path_of(name) +
                   " holds a key that zitadel-setup did not write: move it away, or give another "
                   "--dir"};
  }
  if (slot.id.empty()) return SurveyedKey{KeyCondition::kMissing};
  if (in_file->empty()) return SurveyedKey{KeyCondition::kFileLost};
  if (!list) return SurveyedKey{KeyCondition::kGone};
  const Search<FoundKey> found = key_with(list, slot.id);
  if (!found) return in_words(found.error(), "the keys could not be looked for");
  if (!*found) return SurveyedKey{KeyCondition::kGone};
  return SurveyedKey{condition_of(**found, context.clock.wall()), (*found)->expires};
}

// Decides whether to make a new key. Refuses if a new one is needed and was not asked for.
auth::Result<SurveyedKey, Mistake> decided(const Context& context, SurveyedKey key,
                                           const char* name) {
  const Work work = context.options.work;
  const bool replaces = work == Work::kNewKeys || work == Work::kRotateKeys;
  const std::string file = context.folder.path_of(name);
  const std::string remedy = ": --new-key makes another one";
  switch (key.condition) {
    case KeyCondition::kMissing:
    case KeyCondition::kUnfinished:
      key.replace = true;
      return key;
    case KeyCondition::kGood:
      key.replace = work == Work::kRotateKeys;
      return key;
    case KeyCondition::kEndsSoon:
      key.replace = replaces;
      return key;
    case KeyCondition::kEnded:
      if (!replaces) return Mistake{file + ": this key ended at " + key.expires + remedy};
      break;
    case KeyCondition::kFileLost:
      if (!replaces) return Mistake{file + " is lost, and ZITADEL shows a key once" + remedy};
      break;
    case KeyCondition::kGone:
      if (!replaces) return Mistake{file + ": ZITADEL does not know this key any more" + remedy};
      break;
  }
  key.replace = true;
  return key;
}

}  // namespace

auth::Result<SurveyedKey, Mistake> survey_key(const Context& context, const KeySlot& slot,
                                              const char* name, const KeyList& list) {
  auto key = look_at_key(context, slot, name, list);
  return key ? decided(context, *std::move(key), name) : std::move(key).error();
}

}  // namespace cli
