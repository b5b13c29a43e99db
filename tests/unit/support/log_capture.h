// SPDX-License-Identifier: Apache-2.0
// What is logged while it lives. One at a time, and no other thread may start or end one.
#pragma once

#include <string>

#include "auth/base/descriptor.h"
#include "auth/base/log.h"

namespace support {

class LogCapture {
 public:
  explicit LogCapture(auth::LogLevel level = auth::LogLevel::kDebug);
  ~LogCapture();
  LogCapture(const LogCapture&) = delete;
  LogCapture& operator=(const LogCapture&) = delete;

  // All lines so far, without "TIME zitadel-fcgi[PID] " in front of each.
  [[nodiscard]] std::string text() const;

 private:
  auth::Descriptor standard_error_;
  auth::Descriptor file_;
};

// Lines of a text that hold another one.
[[nodiscard]] std::size_t lines_with(const std::string& text, const std::string& part);

}  // namespace support
