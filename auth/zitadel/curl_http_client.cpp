// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/curl_http_client.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/log.h"
#include "auth/base/log_section.h"
#include "auth/base/mutex.h"
#include "auth/zitadel/curl_library.h"
#include "auth/zitadel/curl_multi.h"
#include "auth/zitadel/curl_questions.h"

namespace auth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::uint32_t kWake = 0;  // the eventfd's number in epoll, instead of a CurlMulti's
// Time for which transfers are started, served or ended before the thread turns to other work.
// Reading one long answer takes a millisecond or two more.
constexpr std::chrono::microseconds kTurn{500};
// What has arrived is read before deadlines are checked: this process may have been stopped. While
// more and more arrives, they are checked after this number of turns.
constexpr int kTurnsToRead = 1000;

HttpOptions bounded(HttpOptions options) {
  options.max_connections =
      std::min(options.max_connections, share_of_descriptors(options.clients));
  return options;
}

}  // namespace

// The I/O thread and what belongs to it. Only send() and capacity() are called by other threads.
class CurlHttpClient::Loop {
 public:
  explicit Loop(HttpOptions options)
      : options_(bounded(std::move(options))), questions_(options_) {}
  ~Loop();

  void send(HttpRequest request, Done done);
  [[nodiscard]] std::size_t capacity() const noexcept { return questions_.capacity(); }

 private:
  // curl: null where it cannot be loaded.
  [[nodiscard]] bool start(const CurlLibrary* curl) REQUIRES_LOCK(mutex_);
  void run();
  void take_inbox();
  void wait_and_act();
  void expire();
  [[nodiscard]] int wait_milliseconds() const;
  void act(const epoll_event& event);

  const HttpOptions options_;
  Descriptor wake_{};  // an eventfd

  Mutex mutex_;
  std::vector<CurlQuestions::Question> inbox_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);

  // The I/O thread's own.
  Descriptor epoll_{};
  bool is_behind_ = false;            // a turn has ended before all was done
  SteadyClock::time_point looked_{};  // when the thread last began to wait for events
  bool is_quiet_ = true;              // no event had come then
  int turns_due_ = 0;                 // turns since a deadline has passed
  CurlQuestions questions_;
};

CurlHttpClient::CurlHttpClient(HttpOptions options)
    : loop_(std::make_unique<Loop>(std::move(options))) {}

CurlHttpClient::~CurlHttpClient() = default;

void CurlHttpClient::send(HttpRequest request, Done done) {
  loop_->send(std::move(request), std::move(done));
}

std::size_t CurlHttpClient::capacity() const noexcept { return loop_->capacity(); }

CurlHttpClient::Loop::~Loop() {
  std::thread thread;
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
    thread.swap(thread_);
  }
  if (!thread.joinable()) return;
  static_cast<void>(::eventfd_write(wake_.get(), 1));
  thread.join();
}

void CurlHttpClient::Loop::send(HttpRequest request, Done done) {
  // Without the lock: it may have to be read from the disk.
  const CurlLibrary* const curl = curl_library();
  Reason refused = Reason::kShuttingDown;
  {
    const MutexLock lock(mutex_);
    if (!stopping_) {
      if (thread_.joinable() || start(curl)) {
        const bool sleeping = inbox_.empty();
        inbox_.push_back(
            {std::move(request), std::move(done), SteadyClock::now() + options_.timeout});
        if (sleeping) static_cast<void>(::eventfd_write(wake_.get(), 1));
        return;
      }
      refused = Reason::kInternal;
    }
  }
  const bool cannot = refused == Reason::kInternal && curl != nullptr;
  done(Error{refused, cannot ? "the I/O thread cannot be started: out of descriptors, memory or "
                               "threads"
                             : "the I/O thread does not run"});
}

bool CurlHttpClient::Loop::start(const CurlLibrary* curl) {
  if (curl == nullptr) return false;
  wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = CurlMulti::event_data(kWake, wake_.get());
  const bool ready = wake_.is_open() && epoll_.is_open() &&
                     ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0;
  if (ready && questions_.open(*curl, epoll_.get())) {
    try {
      thread_ = LogSection::start([this] { run(); });
      return true;
    } catch (const std::system_error&) {
      questions_.close();
    }
  }
  return false;
}

void CurlHttpClient::Loop::run() {
  for (;;) {
    take_inbox();
    {
      const MutexLock lock(mutex_);
      if (stopping_) break;
    }
    questions_.renew();
    if (!questions_.start_queued(SteadyClock::now() + kTurn)) is_behind_ = true;
    wait_and_act();
    if (!questions_.finish(SteadyClock::now() + kTurn)) is_behind_ = true;
    expire();
  }
  take_inbox();
  questions_.abandon_all();
}

void CurlHttpClient::Loop::take_inbox() {
  std::vector<CurlQuestions::Question> arrived;
  {
    const MutexLock lock(mutex_);
    arrived.swap(inbox_);
  }
  for (CurlQuestions::Question& question : arrived) questions_.add(std::move(question));
}

int CurlHttpClient::Loop::wait_milliseconds() const {
  if (is_behind_) return 0;
  const auto now = SteadyClock::now();
  const auto until = questions_.next(now);
  if (until == SteadyClock::time_point::max()) return -1;
  if (until <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  return static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
}

void CurlHttpClient::Loop::wait_and_act() {
  std::array<epoll_event, 256> events;
  looked_ = SteadyClock::now();
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 wait_milliseconds());
  is_behind_ = false;
  is_quiet_ = count == 0;
  const auto end = SteadyClock::now() + kTurn;
  // epoll reports again what is left over.
  for (int i = 0; i < count && (i == 0 || SteadyClock::now() < end); ++i) {
    act(events[static_cast<std::size_t>(i)]);
  }
  questions_.run_timers();
}

void CurlHttpClient::Loop::act(const epoll_event& event) {
  const auto number = static_cast<std::uint32_t>(event.data.u64 >> 32);
  const auto socket = static_cast<int>(event.data.u64 & 0xffff'ffff);
  if (number == kWake) {
    eventfd_t ignored = 0;
    static_cast<void>(::eventfd_read(wake_.get(), &ignored));
    return;
  }
  questions_.act(number, socket, event.events);
}

void CurlHttpClient::Loop::expire() {
  const bool due = questions_.is_due(looked_);
  turns_due_ = due ? turns_due_ + 1 : 0;
  const bool all_read = is_quiet_ && !is_behind_;
  if (!due || (!all_read && turns_due_ < kTurnsToRead)) return;
  questions_.expire(looked_);
}

}  // namespace auth
