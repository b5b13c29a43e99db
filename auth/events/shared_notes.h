// SPDX-License-Identifier: Apache-2.0
// SharedNotes: reads and writes the notes that processes share, on a thread that may wait.
#pragma once

#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/store/shared_cache.h"

namespace auth {

// Maximum number of attempts to write a note, and the pause between them: a note is not kept if
// another process writes at that moment.
constexpr int kNoteAttempts = 5;
constexpr std::chrono::milliseconds kNotePause{3};

// One thread at a time. All arguments of the constructor must outlive it.
class SharedNotes {
 public:
  // shared: null if nothing is shared.
  SharedNotes(SharedCache* shared, const Clock& clock) : shared_(shared), clock_(clock) {}

  [[nodiscard]] bool are_kept() const noexcept { return shared_ != nullptr; }
  // Returns the note. nullopt if there is none, or the store is out of order.
  [[nodiscard]] std::optional<std::string> find(const std::string& name) const;
  // Writes a note. keeps: decides whether the note that is there stays.
  void leave(const std::string& name, const std::string& text,
             const SharedCache::KeepsNote& keeps) const;

 private:
  SharedCache* const shared_;
  const Clock& clock_;
};

}  // namespace auth
