// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/events_token.h"

#include <string_view>
#include <utility>

#include "auth/base/private_file.h"
#include "auth/base/text.h"
#include "auth/token/bearer_token.h"

namespace auth {

// A key file is JSON, a token is not.
Result<EventsToken, Mistake> read_events_token(const std::string& path) {
  const auto file = read_private_file(path, kMaxKeyFileBytes);
  if (!file) return Mistake{"cannot be used: " + path + ' ' + file.error().sentence};
  if (!file->remedy.empty()) {
    return Mistake{"cannot be used: others may read " + path + ": " + file->remedy};
  }
  const std::string_view text = trimmed(file->text.reveal(), " \t\r\n");
  if (text.starts_with('{')) {
    Result<ServiceUserKey> key = read_service_user_key(path);
    if (!key) return Mistake{"cannot be used: " + key.error().detail};
    return EventsToken(*std::move(key));
  }
  if (!is_bearer_token(text, kMaxKeyFileBytes)) {
    return Mistake{"cannot be used: " + path +
                   " holds neither a personal access token nor a service user's key"};
  }
  return EventsToken(Secret(text));
}

}  // namespace auth
