// SPDX-License-Identifier: Apache-2.0
// Audit: writes one line of JSON for each decision, for those who must account later for who was
// let in.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/base/line_writer.h"
#include "fcgi/guard/decision.h"
#include "fcgi/http/client_address.h"

namespace fcgi {

// Thread-safe. The clock must outlive it.
class Audit final : public DecisionObserver {
 public:
  // file: the path of a file, or empty: the journal. section: of the settings; empty: none.
  Audit(const std::string& file, auth::LineWriter::Thread thread, std::string section,
        ClientAddress client_address, const auth::Clock& clock);

  void decided(const Decision& decision) noexcept override;

  // Reopens the file of that name.
  void reopen() { writer_.reopen(); }
  // Writes what is left, and accepts no more.
  void stop() { writer_.stop(); }

 private:
  [[nodiscard]] std::string line_of(const Decision& decision) const;

  const std::string section_;
  const ClientAddress client_address_;
  const auth::Clock& clock_;
  const std::string end_;  // of each line
  auth::LineWriter writer_;
};

}  // namespace fcgi
