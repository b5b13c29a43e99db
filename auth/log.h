// The operator's log: one line an event, to standard error, in one write.
//
// A line reads "zitadel-fcgi[PID] LEVEL: MESSAGE". Control characters in a message are shown as
// \xNN, so that nothing from outside can forge a line. Thread-safe.
#pragma once

#include <string_view>

namespace auth {

enum class LogLevel { kError, kWarn, kInfo, kDebug };

// Lines above this level are dropped. Default: kInfo.
void set_log_level(LogLevel level) noexcept;
[[nodiscard]] bool log_enabled(LogLevel level) noexcept;

// Longer messages are cut at 4,000 bytes. Messages never hold a token or a key.
void log(LogLevel level, std::string_view message) noexcept;

}  // namespace auth
