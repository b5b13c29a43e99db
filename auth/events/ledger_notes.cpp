// SPDX-License-Identifier: Apache-2.0
#include "auth/events/ledger_notes.h"

#include <algorithm>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/base/number.h"

namespace auth {
namespace {

constexpr std::uint64_t kPart = 512;
constexpr std::uint64_t kParts = kMaxPurges / kPart + 1;  // the first may begin in the middle
constexpr std::size_t kHead = 3 * kNumberBytes;
constexpr std::size_t kEnding = 2 * kNumberBytes;

// The part of an ending: numbers begin with 1.
std::uint64_t part_of(std::uint64_t number) { return (number - 1) / kPart; }

std::string to_text(const Ledger::Part& part) {
  std::string text;
  put_number(text, part.before.number);
  put_number(text, part.before.chain);
  put_number(text, part.forgotten);
  for (const Ending& ending : part.endings) {
    put_number(text, ending.scope);
    put_number(text, ending.issued_until);
  }
  return text;
}

std::optional<Ledger::Part> parse_part(std::string_view text) {
  if (text.size() < kHead || (text.size() - kHead) % kEnding != 0) return std::nullopt;
  const auto next = [&text] {
    const std::uint64_t number = get_number(text);
    text.remove_prefix(kNumberBytes);
    return number;
  };
  Ledger::Part part;
  part.before.number = next();
  part.before.chain = next();
  part.forgotten = next();
  while (!text.empty()) {
    const Scope scope = next();
    part.endings.emplace_back(scope, next());
  }
  return part;
}

}  // namespace

std::string LedgerNotes::name_of(std::uint64_t part) const {
  return name_ + ' ' + std::to_string(part % kParts);
}

bool LedgerNotes::follow(PurgeStamp stamp) {
  if (leads_to(stamp)) return true;
  const Ledger::Part all = all_up_to(stamp);
  if (tokens_live_ && !is_all(all, stamp)) return false;
  ledger_.replace(all);
  return true;
}

// Whether nothing is missing before these endings but what no token is affected by, or what a
// ledger forgets because there are so many.
bool LedgerNotes::is_all(const Ledger::Part& endings, PurgeStamp stamp) const {
  if (endings.before.number == 0 || stamp.number - endings.before.number >= kMaxPurges / 2) {
    return true;
  }
  if (endings.endings.empty()) return false;
  std::uint64_t latest = now();
  for (const Ending& each : endings.endings) latest = std::max(latest, each.issued_until);
  return endings.forgotten + static_cast<std::uint64_t>(tokens_live_->count()) <= latest;
}

std::uint64_t LedgerNotes::now() const {
  const auto now = clock_.wall().time_since_epoch().count();
  return static_cast<std::uint64_t>(std::max<std::int64_t>(now, 0));
}

bool LedgerNotes::leads_to(PurgeStamp stamp) {
  const PurgeStamp known = ledger_.stamp();
  if (stamp == known) return true;
  if (stamp.number <= known.number || stamp.number - known.number > kMaxPurges) return false;
  const auto endings = between(known.number + 1, stamp.number);
  return endings && ledger_.extend(*endings, stamp);
}

std::optional<Ledger::Part> LedgerNotes::find(std::uint64_t part) const {
  const auto text = notes_.find(name_of(part));
  auto found = text ? parse_part(*text) : std::nullopt;
  // Its note may hold an older part: after kParts parts the names are used again.
  if (!found || part_of(found->before.number + 1) != part) return std::nullopt;
  return found;
}

std::optional<Endings> LedgerNotes::between(std::uint64_t first, std::uint64_t last) const {
  Endings endings;
  for (std::uint64_t part = part_of(first); part <= part_of(last); ++part) {
    const auto found = find(part);
    if (!found) return std::nullopt;
    std::uint64_t at = found->before.number;
    for (const Ending& ending : found->endings) {
      ++at;
      if (at >= first && at <= last) endings.push_back(ending);
    }
  }
  if (endings.size() != last - first + 1) return std::nullopt;
  return endings;
}

// Goes back as long as each part leads to the one after it.
Ledger::Part LedgerNotes::all_up_to(PurgeStamp stamp) const {
  if (stamp.number == 0) return {stamp};
  Ledger::Part all{stamp, {}, now()};
  std::uint64_t number = part_of(stamp.number);
  for (; stamp.number - all.before.number < endings_back_; --number) {
    const auto found = find(number);
    if (!found) break;
    PurgeStamp reached = found->before;
    Endings endings;
    for (const Ending& ending : found->endings) {
      if (reached.number == all.before.number) break;
      reached = stamp_after(reached, ending);
      endings.push_back(ending);
    }
    if (reached != all.before) break;
    endings.insert(endings.end(), all.endings.begin(), all.endings.end());
    all = {found->before, std::move(endings), found->forgotten};
    if (number == 0) break;
  }
  return all;
}

bool LedgerNotes::write() {
  const PurgeStamp last = ledger_.stamp();
  if (last != written_) {
    const bool leads_on = ledger_.leads_on_from(written_);
    const std::uint64_t first = leads_on ? part_of(written_.number + 1) : 0;
    const std::vector<Ledger::Part> parts = ledger_.parts(kPart, first);
    const auto is_left = [this](const Ledger::Part& part) { return leave(part); };
    if (!std::all_of(parts.begin(), parts.end(), is_left)) return false;
    written_ = last;
  }
  return write_next_again();
}

// The store may have lost it, or another process may have written there before it noticed this one.
bool LedgerNotes::write_next_again() {
  std::vector<Ledger::Part> parts = ledger_.parts(kPart, next_, next_ + 1);
  if (parts.empty()) parts = ledger_.parts(kPart, 0);  // from the first one on again
  if (parts.empty()) return true;
  const Ledger::Part& part = parts.front();
  const std::uint64_t number = part_of(part.before.number + 1);
  next_ = number + 1;
  return notes_.find(name_of(number)) == to_text(part) || leave(part);
}

bool LedgerNotes::leave(const Ledger::Part& part) const {
  const std::string name = name_of(part_of(part.before.number + 1));
  const std::string text = to_text(part);
  for (int attempt = 0; attempt < kNoteAttempts; ++attempt) {
    if (attempt > 0) std::this_thread::sleep_for(kNotePause);
    notes_.leave(name, text, [](std::string_view) { return false; });
    if (notes_.find(name) == text) return true;
  }
  return false;
}

}  // namespace auth
