// SPDX-License-Identifier: Apache-2.0
// An issuer without a network: it answers each question at once, in the caller's thread, as ZITADEL
// answers about a service user with one role.
#pragma once

#include <string>
#include <utility>

#include "auth/base/secret.h"
#include "auth/settings/settings.h"
#include "auth/zitadel/http_client.h"

namespace bench {

inline const std::string kIssuer = "https://acme-k3x9ab.zitadel.cloud";
inline const std::string kClientId = "338273919103205379";
inline const std::string kProjectId = "338273918163681283";

// The members and their lengths are those of ZITADEL Cloud.
inline const std::string kAnswer =
    R"({"active":true,)"
    R"("scope":"openid profile urn:zitadel:iam:org:project:id:338273918163681283:aud",)"
    R"("client_id":"reporting-service","token_type":"Bearer","exp":4102444800,"iat":1760000000,)"
    R"("nbf":1760000000,"sub":"338274182601113603",)"
    R"("aud":["338273919103205379","338273918163681283"],)"
    R"("iss":"https://acme-k3x9ab.zitadel.cloud","jti":"V2_338274210954608643-at_338274210954674179",)"
    R"("username":"reporting-service","name":"Reporting Service","updated_at":1759990000,)"
    R"("preferred_username":"reporting-service",)"
    R"("urn:zitadel:iam:org:project:338273918163681283:roles":)"
    R"({"read:messages":{"338273905748541443":"acme.k3x9ab.zitadel.cloud"}},)"
    R"("urn:zitadel:iam:org:project:roles":)"
    R"({"read:messages":{"338273905748541443":"acme.k3x9ab.zitadel.cloud"}}})";

class InstantIssuer final : public auth::HttpClient {
 public:
  void send(auth::HttpRequest, Done done) override { done(auth::HttpResponse{200, kAnswer}); }
};

// No discovery, no refresh while the measuring lasts.
inline auth::Settings settings() {
  auth::Settings settings;
  settings.domain = kIssuer;
  settings.introspection_url = kIssuer + "/oauth/v2/introspect";
  settings.client_id = kClientId;
  settings.project_id = kProjectId;
  settings.cache_ttl = std::chrono::hours(1);
  return settings;
}

}  // namespace bench
