// SPDX-License-Identifier: Apache-2.0
// RulesFile: the rules as they stand in their file, read again when it changes.
#pragma once

#include <sys/stat.h>
#include <chrono>
#include <memory>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/metrics.h"
#include "auth/base/mutex.h"
#include "fcgi/guard/rules.h"

namespace fcgi {

// Minimum interval between two checks of the file.
constexpr std::chrono::seconds kRulesCheckInterval{1};
// A changed file counts when nobody has written to it for this time: if it is written in place, the
// half that is there may open what the other half closes.
constexpr std::chrono::milliseconds kRulesRest{1000};

// Thread-safe.
class RulesFile {
 public:
  // Returns the rules, or all mistakes in the file, for the operator. Waits until the file rests,
  // but gives up on one that is written to again and again. The clock must outlive the rules.
  [[nodiscard]] static auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> open(
      std::string path, const auth::Clock& clock, std::chrono::milliseconds rest = kRulesRest,
      auth::Metrics& metrics = auth::Metrics::unread());

  // Returns the rules now. A changed file that is broken is reported, and the rules before it stay.
  // A call while another thread checks the file returns the rules before.
  [[nodiscard]] std::shared_ptr<const Rules> current();

 private:
  // Identifies one state of the file.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };

  // One check of the file. One thread at a time; the other threads get its result when it ends.
  class Look;
  // Used only by the thread that checks.
  struct Known {
    Stamp in_force;
    Stamp seen;
    auth::SteadyTime seen_at;  // for the first time
    auth::SteadyTime looked_at;
  };

  RulesFile(std::string path, const auth::Clock& clock, std::chrono::milliseconds rest, Stamp stamp,
            Rules rules, auth::Metrics& metrics);
  // Reads the file. The result is of one state of the file only if the stamp is the same before and
  // after.
  [[nodiscard]] static auth::Result<Rules, auth::Mistakes> read(const std::string& path);
  [[nodiscard]] static Stamp stamp_of(const std::string& path);
  // Whether the file has rested by its own time. A time in the future is another machine's, and
  // proves nothing.
  [[nodiscard]] static bool is_old(const Stamp& stamp, const auth::Clock& clock,
                                   std::chrono::milliseconds rest);
  [[nodiscard]] bool is_resting(const Stamp& stamp, auth::SteadyTime now);
  // Returns the new rules; null if nothing new is in force.
  [[nodiscard]] std::shared_ptr<const Rules> look_again(auth::SteadyTime now);

  const std::string path_;
  const auth::Clock& clock_;
  const std::chrono::milliseconds rest_;
  auth::Metrics& metrics_;
  Known known_;
  auth::Mutex mutex_;
  bool is_looking_ GUARDED_BY(mutex_) = false;
  auth::SteadyTime next_look_ GUARDED_BY(mutex_);
  std::shared_ptr<const Rules> rules_ GUARDED_BY(mutex_);
};

}  // namespace fcgi
