// SPDX-License-Identifier: Apache-2.0
#include "auth/events/shared_notes.h"

#include <functional>

#include "auth/events/await.h"
#include "auth/events/denials.h"

namespace auth {
namespace {

// Lifetime of a note: longer than that of any JWT.
constexpr std::chrono::hours kNoteLife = kLongestJwt + std::chrono::hours(24);

}  // namespace

std::optional<std::string> SharedNotes::find(const std::string& name) const {
  if (shared_ == nullptr) return std::nullopt;
  using Note = std::optional<std::string>;
  return await<Note>([&](const std::function<void(Note)>& done) { shared_->find_note(name, done); },
                     {});
}

void SharedNotes::leave(const std::string& name, const std::string& text,
                        const SharedCache::KeepsNote& keeps) const {
  if (shared_ == nullptr) return;
  static_cast<void>(await<bool>(
      [&](const std::function<void(bool)>& done) {
        shared_->store_note(name, text, clock_.wall() + kNoteLife, keeps, [done] { done(true); });
      },
      {}));
}

}  // namespace auth
