// SPDX-License-Identifier: Apache-2.0
// Findings: what zitadel-check has found, and the exit status that says which kind was first.
#pragma once

#include <string>
#include <string_view>

#include "fcgi/command/report.h"

namespace cli {

// Says who has to act. The values are exit statuses (sysexits.h).
enum class Trouble {
  kUsage = 64,
  kToken = 65,
  kZitadel = 69,
  kSite = 76,
  kRefused = 77,  // ZITADEL refuses this API
  kSettings = 78,
};

class Findings {
 public:
  void good(std::string_view name, std::string_view text) { report_.good(name, text); }
  void note(std::string_view name, std::string_view text) { report_.note(name, text); }
  void bad(Trouble trouble, std::string_view name, std::string_view text);

  // Appends all findings of the other object.
  void add(const Findings& others);

  // 0 if nothing is wrong.
  [[nodiscard]] int status() const noexcept { return status_; }
  // One line for each finding, or one JSON object:
  // {"ok":false,"status":69,"checks":[{"name":"tls","result":"bad","text":"…"}]}
  [[nodiscard]] std::string lines() const;
  [[nodiscard]] std::string json() const;

 private:
  fcgi::Report report_{};
  int status_ = 0;
};

}  // namespace cli
