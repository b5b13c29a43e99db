// Getting a service user's access token with the JWT bearer grant (RFC 7523 §2.1).
#pragma once

#include <string>
#include <variant>

#include "auth/clock.h"
#include "auth/secret.h"
#include "auth/zitadel/http_client.h"
#include "auth/zitadel/key_file.h"

namespace cli {

struct TokenRequest {
  std::string issuer;
  std::string scope;
  bool allow_http = false;
};

// A sentence for the user; holds no token and no key.
struct Refusal {
  std::string message;
};

// Discovers the token endpoint and asks it. Waits for the answer, as long as the client lets it.
[[nodiscard]] std::variant<auth::Secret, Refusal> get_token(const TokenRequest& request,
                                                            const auth::ServiceUserKey& key,
                                                            auth::HttpClient& http,
                                                            const auth::Clock& clock);

// The token in the endpoint's answer (RFC 6749 §5.1), or the error it names (§5.2).
[[nodiscard]] std::variant<auth::Secret, Refusal> parse_token_answer(
    const auth::HttpResponse& answer);

}  // namespace cli
