// SPDX-License-Identifier: Apache-2.0
#include "auth/base/metrics_mapping.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdint>
#include <new>

namespace auth {
namespace {

// Rooms with a file behind them. A process has one; a test a few.
struct Mapped {
  std::atomic<MetricsRoom*> room{nullptr};
  std::atomic<bool> lost{false};
};
constexpr std::size_t kMostMapped = 16;
std::array<Mapped, kMostMapped> mapped;

constexpr int kProtection = PROT_READ | PROT_WRITE;

// Maps memory of this process alone, all zero.
void* map_memory(void* where, int flags) noexcept {
  const int all = MAP_PRIVATE | MAP_ANONYMOUS | flags;
  // cppcheck-suppress invalidFunctionArg
  return ::mmap(where, kMetricsBytes, kProtection, all, -1, 0);
}

bool holds(const MetricsRoom* room, const void* address) noexcept {
  const auto begin = reinterpret_cast<std::uintptr_t>(room);
  const auto at = reinterpret_cast<std::uintptr_t>(address);
  return room != nullptr && at >= begin && at - begin < kMetricsBytes;
}

Mapped* find(const MetricsRoom* room) noexcept {
  auto* const found = std::find_if(mapped.begin(), mapped.end(),
                                   [&](const Mapped& each) { return each.room.load() == room; });
  return found == mapped.end() ? nullptr : found;
}

// Makes system calls only. An address outside all rooms ends the process, as without this handler.
void on_bus_error(int signal, siginfo_t* info, void*) {
  for (Mapped& each : mapped) {
    MetricsRoom* const room = each.room.load();
    if (!holds(room, info->si_addr)) continue;
    const void* const memory = map_memory(room, MAP_FIXED);
    if (memory == MAP_FAILED) break;
    each.lost = true;
    return;
  }
  struct sigaction usual {};
  usual.sa_handler = SIG_DFL;
  static_cast<void>(::sigaction(signal, &usual, nullptr));
}

bool catch_bus_errors() noexcept {
  struct sigaction action {};
  action.sa_sigaction = on_bus_error;
  action.sa_flags = SA_SIGINFO;
  sigemptyset(&action.sa_mask);
  return ::sigaction(SIGBUS, &action, nullptr) == 0;
}

Mapped* take_entry(MetricsRoom* room) noexcept {
  if (Mapped* const found = find(room)) return found;
  for (Mapped& each : mapped) {
    MetricsRoom* none = nullptr;
    if (each.room.compare_exchange_strong(none, room)) return &each;
  }
  return nullptr;
}

}  // namespace

MetricsRoom* map_metrics() {
  void* const memory = map_memory(nullptr, 0);
  if (memory == MAP_FAILED) throw std::bad_alloc();
  return static_cast<MetricsRoom*>(memory);
}

void unmap_metrics(MetricsRoom* room) noexcept {
  if (Mapped* const found = find(room)) found->room = nullptr;
  static_cast<void>(::munmap(room, kMetricsBytes));
}

bool map_metrics_file(MetricsRoom* room, int file) noexcept {
  const long page = ::sysconf(_SC_PAGESIZE);
  if (page <= 0 || kMetricsBytes % static_cast<std::size_t>(page) != 0) return false;
  Mapped* const entry = catch_bus_errors() ? take_entry(room) : nullptr;
  if (entry == nullptr) return false;
  entry->lost = false;
  return ::mmap(room, kMetricsBytes, kProtection, MAP_SHARED | MAP_FIXED, file, 0) != MAP_FAILED;
}

bool has_lost_metrics_file(const MetricsRoom* room) noexcept {
  const Mapped* const found = find(room);
  return found != nullptr && found->lost;
}

}  // namespace auth
