// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/permission_log.h"

#include <exception>
#include <string>

namespace fcgi {
namespace {

constexpr std::size_t kMostName = 100;

std::string line_about(const Decision& decision) {
  const auth::Claims& claims = *decision.claims;
  std::string line = "refused: user " + std::string(auth::cut_to(claims.subject(), kMostName));
  if (!claims.client_id().empty()) {
    line.append(" of client ").append(auth::cut_to(claims.client_id(), kMostName));
  }
  return line + " lacks " + decision.requirement->describe();
}

}  // namespace

void PermissionLog::decided(const Decision& decision) noexcept {
  using auth::LogLevel;
  if (!decision.reason || auth::fault_of(*decision.reason) != auth::Fault::kPermission) return;
  if (decision.claims == nullptr || decision.requirement == nullptr) return;
  if (!auth::log_enabled(LogLevel::kInfo)) return;
  try {
    if (auth::log_enabled(LogLevel::kDebug)) {
      return auth::log(LogLevel::kInfo, line_about(decision));
    }
    log_.add(LogLevel::kInfo, decision.sentence, [&] { return line_about(decision); });
  } catch (const std::exception&) {
    auth::log(LogLevel::kError, "there is no memory for a line of the log");
  }
}

}  // namespace fcgi
