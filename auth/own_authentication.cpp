// SPDX-License-Identifier: Apache-2.0
#include "auth/own_authentication.h"

#include <utility>

#include "auth/settings/settings.h"

namespace auth {

std::unique_ptr<ClientAuthentication> own_authentication(Settings& settings, const Clock& clock) {
  if (settings.application_key) {
    return key_authentication(settings.client_id, settings.application_key->key_id,
                              settings.application_key->key, settings.domain, clock);
  }
  // The secret is empty for Validation::kJwt, where nobody uses it.
  return basic_authentication(settings.client_id, std::move(settings.client_secret));
}

}  // namespace auth
