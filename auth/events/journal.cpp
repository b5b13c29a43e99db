#include "auth/events/journal.h"

#include <algorithm>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

#include "auth/base/number.h"
#include "auth/events/await.h"

namespace auth {
namespace {

constexpr std::uint64_t kPart = 512;
constexpr std::uint64_t kParts = kMaxPurges / kPart;
constexpr std::chrono::hours kNoteLife{24};
// A note is not kept where another process writes at that moment.
constexpr int kAttempts = 5;
constexpr std::chrono::milliseconds kAttemptPause{3};

constexpr const char* kHeadName = "events head";

std::string part_name(std::uint64_t part) { return "events part " + std::to_string(part % kParts); }

// The part of a purge: numbers begin with 1.
std::uint64_t part_of(std::uint64_t number) { return (number - 1) / kPart; }

}  // namespace

std::optional<JournalHead> Journal::read() {
  const std::optional<std::string> text = note(kHeadName);
  return text ? parse_journal_head(*text) : std::nullopt;
}

std::optional<std::string> Journal::note(const std::string& name) {
  if (shared_ == nullptr) return std::nullopt;
  using Note = std::optional<std::string>;
  return await<Note>([&](const std::function<void(Note)>& done) { shared_->find_note(name, done); },
                     {});
}

void Journal::leave(const std::string& name, const std::string& text,
                    const SharedCache::KeepsNote& keeps) {
  static_cast<void>(await<bool>(
      [&](const std::function<void(bool)>& done) {
        shared_->store_note(name, text, clock_.wall() + kNoteLife, keeps, [done] { done(true); });
      },
      {}));
}

void Journal::follow(const JournalHead& head) {
  const PurgeStamp known = purges_.known().stamp;
  if (head.purges == known) return;
  if (head.purges.number > known.number && head.purges.number - known.number <= kMaxPurges) {
    const auto scopes = scopes_between(known.number + 1, head.purges.number);
    if (scopes && purges_.extend(*scopes, head.purges)) return;
  }
  purges_.replace(all_up_to(head.purges));
}

std::optional<Purges::Part> Journal::part(std::uint64_t number) {
  const auto text = note(part_name(number));
  constexpr std::size_t kHead = 2 * kNumberBytes;
  if (!text || text->size() < kHead || text->size() % kNumberBytes != 0) return std::nullopt;
  Purges::Part part{{get_number(*text), get_number(std::string_view(*text).substr(kNumberBytes))},
                    {}};
  for (std::size_t place = kHead; place < text->size(); place += kNumberBytes) {
    part.scopes.push_back(get_number(std::string_view(*text).substr(place)));
  }
  // Another one may lie in its place, from a round before.
  if (part_of(part.before.number + 1) != number) return std::nullopt;
  return part;
}

std::optional<std::vector<Scope>> Journal::scopes_between(std::uint64_t first, std::uint64_t last) {
  std::vector<Scope> scopes;
  for (std::uint64_t number = part_of(first); number <= part_of(last); ++number) {
    const auto found = part(number);
    if (!found) return std::nullopt;
    std::uint64_t at = found->before.number;
    for (const Scope scope : found->scopes) {
      ++at;
      if (at >= first && at <= last) scopes.push_back(scope);
    }
  }
  if (scopes.size() != last - first + 1) return std::nullopt;
  return scopes;
}

// As far back as each part leads to the one behind it.
Purges::Part Journal::all_up_to(PurgeStamp stamp) {
  Purges::Part all{stamp, {}};
  if (stamp.number == 0) return all;
  for (std::uint64_t number = part_of(stamp.number), parts = 0; parts < kParts; ++parts, --number) {
    const auto found = part(number);
    if (!found) break;
    PurgeStamp reached = found->before;
    std::vector<Scope> scopes;
    for (const Scope scope : found->scopes) {
      if (reached.number == all.before.number) break;
      reached = stamp_after(reached, scope);
      scopes.push_back(scope);
    }
    if (reached != all.before) break;
    scopes.insert(scopes.end(), all.scopes.begin(), all.scopes.end());
    all = {found->before, std::move(scopes)};
    if (number == 0) break;
  }
  return all;
}

bool Journal::publish(JournalHead head) {
  if (shared_ == nullptr) return false;
  head.purges = purges_.known().stamp;
  const auto stays = [&](std::string_view there) {
    const auto other = parse_journal_head(there);
    if (!other || other->poller == head.poller) return false;
    const auto age = other->beat.age(clock_);
    return age && *age < kPollerSilence;
  };
  const std::string text = to_text(head);
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kAttemptPause * attempt);
    if (const auto there = note(kHeadName); there && stays(*there)) return false;
    write_parts();
    leave(kHeadName, text, stays);
    if (note(kHeadName) == text) return true;
  }
  return false;
}

void Journal::write_parts() {
  const PurgeStamp last = purges_.known().stamp;
  if (last == written_) return;
  const bool leads_on = purges_.generation_of(written_).has_value();
  std::uint64_t number = leads_on ? part_of(written_.number + 1) : 0;
  for (const auto& each : purges_.parts(kPart, number)) {
    std::string text;
    put_number(text, each.before.number);
    put_number(text, each.before.chain);
    for (const Scope scope : each.scopes) put_number(text, scope);
    const std::string name = part_name(part_of(each.before.number + 1));
    for (int attempt = 0; attempt < kAttempts; ++attempt) {
      leave(name, text, [](std::string_view) { return false; });
      if (note(name) == text) break;
      std::this_thread::sleep_for(kAttemptPause);
    }
  }
  written_ = last;
}

}  // namespace auth
