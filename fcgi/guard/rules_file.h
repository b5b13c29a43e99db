// RulesFile: the rules as they stand in their file, read again when it changes.
#pragma once

#include <sys/stat.h>
#include <chrono>
#include <memory>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/mutex.h"
#include "fcgi/guard/rules.h"

namespace fcgi {

// The file is looked at no more often than this, and what has changed is taken over when it has
// rested for as long: of a file that is written where it stands, the half that is there may open
// what the other half closes.
constexpr std::chrono::seconds kRulesCheckInterval{1};

// Thread-safe.
class RulesFile {
 public:
  // All that is wrong with the file, for the operator, or the rules. The clock must outlive them.
  [[nodiscard]] static auth::Result<std::unique_ptr<RulesFile>, auth::Mistakes> open(
      std::string path, const auth::Clock& clock);

  // The rules now. A changed file that is broken is reported, and the rules before it stay.
  [[nodiscard]] std::shared_ptr<const Rules> current();

 private:
  // What tells one state of the file from another.
  struct Stamp {
    dev_t device = 0;
    ino_t inode = 0;
    off_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  struct Reading {
    Stamp stamp;
    auth::Result<Rules, auth::Mistakes> outcome;
  };

  RulesFile(std::string path, const auth::Clock& clock, Reading first);
  [[nodiscard]] static Reading read(const std::string& path);
  [[nodiscard]] static Stamp stamp_of(const std::string& path);
  [[nodiscard]] bool is_resting(const Stamp& stamp) const;
  void look_again() REQUIRES_LOCK(mutex_);

  const std::string path_;
  const auth::Clock& clock_;
  auth::Mutex mutex_;
  Stamp stamp_ GUARDED_BY(mutex_);
  auth::SteadyTime next_look_ GUARDED_BY(mutex_);
  std::shared_ptr<const Rules> rules_ GUARDED_BY(mutex_);
};

}  // namespace fcgi
