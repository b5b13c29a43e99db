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

// The file is looked at no more often than this.
constexpr std::chrono::seconds kRulesCheckInterval{1};
// What has changed counts when it has rested for so long: of a file that is written where it
// stands, the half that is there may open what the other half closes.
constexpr std::chrono::milliseconds kRulesRest{1000};

// Thread-safe.
class RulesFile {
 public:
  // All that is wrong with the file, for the operator, or the rules. Waits until the file rests,
  // and does not wait for one that is written to again and again. The clock must outlive them.
  [[nodiscard]] static auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> open(
      std::string path, const auth::Clock& clock, std::chrono::milliseconds rest = kRulesRest,
      auth::Metrics& metrics = auth::Metrics::unread());

  // The rules now. A changed file that is broken is reported, and the rules before it stay. Whoever
  // calls while another thread looks at the file gets those before.
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

  // One thread at a time; what it has learned is told to the others when it ends.
  class Look;
  // Of the thread that looks alone.
  struct Known {
    Stamp in_force;
    Stamp seen;
    auth::SteadyTime seen_at;  // for the first time
    auth::SteadyTime looked_at;
  };

  RulesFile(std::string path, const auth::Clock& clock, std::chrono::milliseconds rest, Stamp stamp,
            Rules rules, auth::Metrics& metrics);
  // Of one state of the file only where its stamp is the same before and after.
  [[nodiscard]] static auth::Result<Rules, auth::Mistakes> read(const std::string& path);
  [[nodiscard]] static Stamp stamp_of(const std::string& path);
  // A time in the future is another machine's, and nothing is to be learned from it.
  [[nodiscard]] static bool is_old(const Stamp& stamp, const auth::Clock& clock,
                                   std::chrono::milliseconds rest);
  [[nodiscard]] bool is_resting(const Stamp& stamp, auth::SteadyTime now);
  // Null where nothing new is in force.
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
