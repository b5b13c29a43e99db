// SPDX-License-Identifier: Apache-2.0
// Notes that processes share, for a thread that may wait.
#pragma once

#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/store/shared_cache.h"

namespace auth {

// How often what is written is tried: a note is not kept where another process writes at that
// moment.
constexpr int kNoteAttempts = 5;
constexpr std::chrono::milliseconds kNotePause{3};

// One thread. All that it is given must outlive it.
class SharedNotes {
 public:
  // shared: null where nothing is shared.
  SharedNotes(SharedCache* shared, const Clock& clock) : shared_(shared), clock_(clock) {}

  [[nodiscard]] bool are_kept() const noexcept { return shared_ != nullptr; }
  // nullopt: there is none, or the store is out of order.
  [[nodiscard]] std::optional<std::string> find(const std::string& name) const;
  // keeps: whether the note that is there stays.
  void leave(const std::string& name, const std::string& text,
             const SharedCache::KeepsNote& keeps) const;

 private:
  SharedCache* const shared_;
  const Clock& clock_;
};

}  // namespace auth
