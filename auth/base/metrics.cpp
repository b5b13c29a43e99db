// SPDX-License-Identifier: Apache-2.0
#include "auth/base/metrics.h"

#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <utility>

#include "auth/base/metrics_file.h"
#include "auth/base/metrics_mapping.h"
#include "auth/base/process_facts.h"

namespace auth {
namespace {

constexpr std::memory_order kRelaxed = std::memory_order_relaxed;
constexpr int kPidBits = 32;

std::int32_t pid_of(std::uint64_t owner) noexcept { return static_cast<std::int32_t>(owner); }

std::uint64_t owner_of(std::int32_t pid, std::uint64_t started) noexcept {
  return started << kPidBits | static_cast<std::uint32_t>(pid);
}

// If the system gives no facts about it, any running process with that id counts as the owner.
bool is_alive(std::uint64_t owner) {
  const std::int32_t pid = pid_of(owner);
  if (pid <= 0 || ::kill(pid, 0) != 0) return false;
  const auto facts = facts_of_process(pid);
  return !facts || (!facts->has_ended && owner_of(pid, facts->started) == owner);
}

std::int64_t seconds_now() noexcept {
  timespec time{};
  static_cast<void>(::clock_gettime(CLOCK_REALTIME_COARSE, &time));
  return time.tv_sec;
}

template <typename To, typename From>
void copy(To& to, const From& from) noexcept {
  for (std::size_t i = 0; i < from.size(); ++i) to[i] = from[i].load(kRelaxed);
}

}  // namespace

Metrics::Metrics() : room_(map_metrics()) {}

Metrics::~Metrics() {
  leave_place();
  unmap_metrics(room_);
}

Metrics& Metrics::unread() {
  static Metrics* const metrics = new Metrics;  // threads may still count as the program ends
  return *metrics;
}

Result<void, Mistake> Metrics::share(const std::string& folder, std::string_view whose,
                                     bool stays) {
  folder_ = folder;
  name_ = metrics_file_name(whose);
  stays_ = stays;
  return open();
}

Result<void, Mistake> Metrics::open() {
  file_ = 0;
  const auto opened = open_metrics_file(folder_, name_);
  if (!opened) return opened.error();
  if (!map_metrics_file(room_, opened->file.get()))
    return Mistake{"has a file that cannot be used"};
  file_ = opened->inode;
  if (stays_) take_place();
  return {};
}

void Metrics::look_after() {
  if (folder_.empty() || looking_.exchange(true)) return;
  const std::uint64_t file = file_;
  const bool is_there =
      file != 0 && !has_lost_metrics_file(room_) && is_metrics_file(folder_, name_, file);
  if (!is_there) static_cast<void>(open());
  looking_ = false;
}

// The place of a process that has ended counts as free.
void Metrics::take_place() noexcept {
  place_ = kPlaces;
  const auto facts = facts_of_process(::getpid());
  const std::uint64_t own = owner_of(::getpid(), facts ? facts->started : 0);
  for (std::size_t i = 0; i < kPlaces; ++i) {
    MetricsRoom::Place& place = room_->places[i];
    std::uint64_t owner = place.owner;
    if (owner != 0 && is_alive(owner)) continue;
    if (!place.owner.compare_exchange_strong(owner, own)) continue;
    for (std::size_t gauge = 0; gauge < kGauges; ++gauge)
      place.gauges[gauge] = gauges_[gauge].load();
    place_ = i;
    return;
  }
}

void Metrics::leave_place() noexcept {
  if (MetricsRoom::Place* const place = own_place()) place->owner = 0;
  place_ = kPlaces;
}

MetricsRoom::Place* Metrics::own_place() const noexcept {
  const std::size_t place = place_.load(kRelaxed);
  return place < kPlaces ? &room_->places[place] : nullptr;
}

void Metrics::observe(Histogram histogram, std::chrono::nanoseconds took) noexcept {
  const auto which = static_cast<std::size_t>(histogram);
  const auto* const bucket = std::lower_bound(kBuckets.begin(), kBuckets.end(), took);
  add_to(Counter::kObserved,
         which * kBucketPlaces + static_cast<std::size_t>(bucket - kBuckets.begin()));
  add_to(Counter::kNanoseconds, which,
         static_cast<std::uint64_t>(std::max<std::int64_t>(took.count(), 0)));
}

// The value is kept in this object, too: another file may take the place of this one later.
void Metrics::set(Gauge gauge, std::uint64_t value) noexcept {
  const auto which = static_cast<std::size_t>(gauge);
  gauges_[which].store(value, kRelaxed);
  if (MetricsRoom::Place* const place = own_place()) place->gauges[which].store(value, kRelaxed);
}

void Metrics::move(Gauge gauge, std::int64_t by) noexcept {
  if (by == 0) return;
  const auto which = static_cast<std::size_t>(gauge);
  const auto step = static_cast<std::uint64_t>(by);  // numbers wrap around, and back again
  gauges_[which].fetch_add(step, kRelaxed);
  if (MetricsRoom::Place* const place = own_place()) place->gauges[which].fetch_add(step, kRelaxed);
}

void Metrics::note(Fact fact, std::chrono::microseconds value) noexcept {
  room_->facts[static_cast<std::size_t>(fact)].store(value.count(), kRelaxed);
}

void Metrics::note_refusal(std::size_t reason) noexcept {
  add_to(Counter::kRefusals, reason);
  room_->refused[reason].store(seconds_now(), kRelaxed);
}

void Metrics::tick() noexcept {
  const auto minute = static_cast<std::uint64_t>(seconds_now() / 60);
  std::uint64_t noted = room_->minute.load(kRelaxed);
  if (noted == minute || !room_->minute.compare_exchange_strong(noted, minute)) return;
  MetricsRoom::Minute& place = room_->minutes[minute % kMinutes];
  place.minute = 0;
  copy(place.counters, room_->counters);
  place.minute.store(minute, std::memory_order_release);
}

Metrics::Seen Metrics::look() const {
  Seen seen;
  seen.is_shared = file_ != 0 && !has_lost_metrics_file(room_);
  copy(seen.counts, room_->counters);
  copy(seen.facts, room_->facts);
  copy(seen.refused, room_->refused);
  seen.processes = processes();
  seen.minutes = minutes();
  return seen;
}

// If this process has no place, its own gauges are added all the same.
std::vector<Metrics::Process> Metrics::processes() const {
  std::vector<Process> found;
  for (std::size_t i = 0; i < kPlaces; ++i) {
    MetricsRoom::Place& place = room_->places[i];
    std::uint64_t owner = place.owner;
    if (owner == 0) continue;
    if (!is_alive(owner)) {
      static_cast<void>(place.owner.compare_exchange_strong(owner, 0));
      continue;
    }
    Process& process = found.emplace_back(Process{i, pid_of(owner)});
    copy(process.gauges, i == place_ ? gauges_ : place.gauges);
  }
  if (own_place() == nullptr) {
    Process& own = found.emplace_back(Process{kPlaces, ::getpid()});
    copy(own.gauges, gauges_);
  }
  return found;
}

std::vector<Metrics::Minute> Metrics::minutes() const {
  const auto now = static_cast<std::uint64_t>(seconds_now() / 60);
  std::vector<Minute> found;
  for (const MetricsRoom::Minute& each : room_->minutes) {
    const std::uint64_t minute = each.minute.load(std::memory_order_acquire);
    if (minute > now || minute + kMinutes <= now) continue;
    Minute& copied = found.emplace_back(Minute{minute});
    copy(copied.counts, each.counters);
    if (each.minute.load() != minute) found.pop_back();  // it was written meanwhile
  }
  std::sort(found.begin(), found.end(),
            [](const Minute& a, const Minute& b) { return a.minute < b.minute; });
  return found;
}

}  // namespace auth
