// SPDX-License-Identifier: Apache-2.0
#include "fcgi/monitor/health.h"

#include <string>

namespace fcgi {

Response liveness() { return json_response(200, R"({"status": "alive"})"); }

// A program that answers has read its settings: with wrong ones it does not start.
Response readiness(Readiness state) {
  const bool can_judge = state.knows_zitadel || state.has_grace;
  const bool is_ready = can_judge && state.reaches_store;
  std::string body = is_ready ? R"({"status": "ready")" : R"({"status": "not ready")";
  body += R"(, "settings": "valid", "zitadel": ")";
  body += state.knows_zitadel ? "known" : state.has_grace ? "grace" : "unknown";
  body += R"(", "store": ")";
  body += state.reaches_store ? "reachable" : "unreachable";
  return json_response(is_ready ? 200 : 503, body + "\"}");
}

}  // namespace fcgi
