// SPDX-License-Identifier: Apache-2.0
#include "auth/events/own_losses.h"

#include "auth/base/log.h"
#include "auth/settings/settings.h"

namespace auth {
namespace {

bool is_named(const std::string& own, std::uint64_t hash) {
  return !own.empty() && name_hash(own) == hash;
}

}  // namespace

OwnLosses::OwnLosses(const Settings& settings)
    : key_id_(settings.application_key ? settings.application_key->key_id : ""),
      application_id_(settings.application_key ? settings.application_key->application_id : ""),
      project_id_(settings.project_id),
      has_secret_(settings.validation != Validation::kJwt && !settings.application_key) {}

void OwnLosses::tell(const Event& loss) const {
  const std::string sentence = sentence_for(loss);
  if (!sentence.empty()) log(LogLevel::kError, sentence);
}

// A client secret does not say to which application it belongs.
std::string OwnLosses::sentence_for(const Event& loss) const {
  const bool is_own_project = is_named(project_id_, loss.lost_project);
  switch (*loss.lost) {
    case Lost::kKey:
      if (!is_named(key_id_, loss.lost_thing)) return {};
      return "ZITADEL has removed this API's key " + key_id_ +
             ": make another one for the application, write it into API_PRIVATE_KEY_FILE_PATH, and "
             "start this program again";
    case Lost::kSecret:
      if (!has_secret_ || !is_own_project) return {};
      return "an application of this API's project " + project_id_ +
             " has a new client secret: if it is this API's, write the secret into "
             "ZITADEL_CLIENT_SECRET, and start this program again";
    case Lost::kApplication:
      if (is_named(application_id_, loss.lost_thing)) {
        return "this API's application " + application_id_ +
               " was deactivated or removed in ZITADEL: activate it there, or make another one and "
               "write its key into API_PRIVATE_KEY_FILE_PATH";
      }
      if (!has_secret_ || !is_own_project) return {};
      return "an application of this API's project " + project_id_ +
             " was deactivated or removed in ZITADEL: if it is this API's, activate it there";
    case Lost::kProject:
      if (!is_own_project) return {};
      return "this API's project " + project_id_ +
             " was deactivated or removed in ZITADEL: activate it there";
  }
  return {};
}

}  // namespace auth
