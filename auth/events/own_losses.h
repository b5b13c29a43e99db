// SPDX-License-Identifier: Apache-2.0
// OwnLosses: reports to the operator an event that takes from this API what it needs, before the
// first caller reports it.
#pragma once

#include <cstdint>
#include <string>

#include "auth/events/event_reader.h"

namespace auth {

struct Settings;

// Immutable after construction.
class OwnLosses {
 public:
  explicit OwnLosses(const Settings& settings);

  // Logs one line with the remedy if the event concerns this API.
  void tell(const Event& loss) const;

 private:
  [[nodiscard]] std::string sentence_for(const Event& loss) const;

  const std::string key_id_;  // empty if this API has a client secret, or nothing
  const std::string application_id_;
  const std::string project_id_;
  const bool has_secret_;
};

}  // namespace auth
