// SPDX-License-Identifier: Apache-2.0
// A library for LD_PRELOAD: moves the clocks of a program by the seconds that the file
// $CLOCK_OFFSET_FILE holds, 8 bytes in the machine's order for the clock that tells the time, and 8
// for the one that counts since the machine was started, suspensions included. Whoever writes there
// moves the clocks of programs that run, of all their threads at once. The clocks that only count
// time otherwise are left as they are.
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <unistd.h>

#include <atomic>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <ctime>

namespace {

struct Offset {
  std::atomic<std::int64_t> wall;
  std::atomic<std::int64_t> boot;
};

const Offset* map_offset() {
  const char* path = std::getenv("CLOCK_OFFSET_FILE");
  const int file = path != nullptr ? ::open(path, O_RDONLY | O_CLOEXEC) : -1;
  void* page =
      file >= 0 ? ::mmap(nullptr, sizeof(Offset), PROT_READ, MAP_SHARED, file, 0) : MAP_FAILED;
  if (page == MAP_FAILED) {
    std::perror("CLOCK_OFFSET_FILE");
    std::abort();
  }
  ::close(file);
  return static_cast<const Offset*>(page);
}

const Offset& offset() {
  static const Offset* const mapped = map_offset();
  return *mapped;
}

timespec moved_time() {
  timespec time{};
  ::syscall(SYS_clock_gettime, CLOCK_REALTIME, &time);
  time.tv_sec += offset().wall.load();
  return time;
}

}  // namespace

extern "C" {

int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_REALTIME && clock != CLOCK_REALTIME_COARSE) {
    const auto result = static_cast<int>(::syscall(SYS_clock_gettime, clock, time));
    if (clock == CLOCK_BOOTTIME) time->tv_sec += offset().boot.load();
    return result;
  }
  *time = moved_time();
  return 0;
}

int gettimeofday(timeval* time, void* /*zone*/) noexcept {
  const timespec now = moved_time();
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

std::time_t time(std::time_t* where) noexcept {
  const std::time_t now = moved_time().tv_sec;
  if (where != nullptr) *where = now;
  return now;
}

}  // extern "C"
