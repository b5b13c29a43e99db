// SPDX-License-Identifier: Apache-2.0
#include "auth/events/journal.h"

#include <string_view>
#include <thread>

namespace auth {
namespace {

// Number of purges to read back. A process that starts knows no answers yet, and those of other
// processes are a few minutes old at most.
constexpr std::size_t kPurgesBack = 4096;

}  // namespace

Journal::Journal(SharedCache* shared, Purges& purges, Denials* denials, const Clock& clock)
    : name_(denials == nullptr ? "events" : "events for JWTs"),
      notes_(shared, clock),
      purges_(purges),
      denials_(denials),
      clock_(clock),
      purge_notes_(name_ + " purges", kPurgesBack, std::nullopt, notes_, purges, clock) {
  if (denials != nullptr)
    denial_notes_.emplace(name_ + " denials", kMaxPurges, kLongestJwt, notes_, *denials, clock);
}

std::optional<JournalHead> Journal::read() const {
  const std::optional<std::string> text = notes_.find(name_ + " head");
  return text ? parse_journal_head(*text) : std::nullopt;
}

// Takes the denials first: a purge makes JWTs be checked again. A process that has not yet read all
// events knows no denials that could replace those known here.
bool Journal::follow(const JournalHead& head) {
  const bool knows = head.complete.age(clock_).has_value();
  const bool is_all = !denial_notes_ || (knows && denial_notes_->follow(head.denials));
  purge_notes_.follow(head.purges);
  return is_all;
}

bool Journal::is_of_another(const std::string& note, std::uint64_t poller,
                            std::uint64_t relieved) const {
  const auto other = parse_journal_head(note);
  if (!other || other->poller == poller || other->poller == relieved) return false;
  const auto age = other->beat.age(clock_);
  return age && *age < kPollerSilence;
}

bool Journal::publish(JournalHead head, std::uint64_t relieved) {
  if (!notes_.are_kept()) return false;
  head.purges = purges_.stamp();
  if (denials_ != nullptr) head.denials = denials_->stamp();
  const std::string name = name_ + " head";
  const std::string text = to_text(head);
  const auto stays = [&](std::string_view there) {
    return is_of_another(std::string(there), head.poller, relieved);
  };
  for (int attempt = 0; attempt < kNoteAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kNotePause * attempt);
    if (const auto there = notes_.find(name); there && stays(*there)) return false;
    // No head names an ending that others would not find.
    if ((denial_notes_ && !denial_notes_->write()) || !purge_notes_.write()) return false;
    notes_.leave(name, text, stays);
    if (notes_.find(name) == text) return true;
  }
  return false;
}

}  // namespace auth
