#include "auth/zitadel/curl_http_client.h"

#include <sys/epoll.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <cstdint>
#include <deque>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/log.h"
#include "auth/base/mutex.h"
#include "auth/zitadel/curl_library.h"
#include "auth/zitadel/curl_multi.h"
#include "auth/zitadel/curl_transfer.h"

namespace auth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMaxSpareTransfers = 512;
constexpr std::uint32_t kWake = 0;  // what epoll knows the eventfd by, instead of a CurlMulti
// How long transfers are started, served or ended before the thread looks at what else there is. To
// read one long answer takes a millisecond or two besides.
constexpr std::chrono::microseconds kTurn{500};
// No descriptor is looked for so soon after none was left.
constexpr std::chrono::milliseconds kNoneLeft{20};
// What has come is read before deadlines are judged: this process may have been stopped. While ever
// more comes, they are judged after so many turns.
constexpr int kTurnsToRead = 1000;

struct Pending {
  HttpRequest request;
  HttpClient::Done done;
  SteadyClock::time_point deadline;
  bool has_waited = false;  // for a descriptor
};

HttpOptions bounded(HttpOptions options) {
  options.max_connections = std::min(options.max_connections, share_of_descriptors());
  return options;
}

Error own_fault() {
  return {Reason::kInternal,
          "no descriptor is left for a connection to ZITADEL: raise LimitNOFILE"};
}

}  // namespace

// The I/O thread and what belongs to it. Only send() and capacity() are called by other threads.
class CurlHttpClient::Loop {
 public:
  explicit Loop(HttpOptions options)
      : options_(bounded(std::move(options))),
        capacity_(std::min(options_.max_in_flight, options_.max_connections)) {}
  ~Loop();

  void send(HttpRequest request, Done done);
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_.load(); }

 private:
  // curl: null where it cannot be loaded.
  [[nodiscard]] bool start(const CurlLibrary* curl) REQUIRES_LOCK(mutex_);
  void run();
  [[nodiscard]] bool open_multi();
  void renew();
  void take_inbox();
  void start_queued();
  void start_transfer(Pending pending);
  void wait_and_act();
  void expire();
  [[nodiscard]] int wait_milliseconds() const;
  void act(const epoll_event& event);
  void finish_transfers();
  void retire(std::unique_ptr<CurlTransfer> transfer, CURLcode code);
  void ask_again(CurlTransfer& transfer);
  void keep(std::unique_ptr<CurlTransfer> transfer);
  void abandon_all();
  template <typename Use>
  void with_each(Use use);

  const HttpOptions options_;
  std::atomic<std::size_t> capacity_;
  Descriptor wake_{};  // an eventfd

  Mutex mutex_;
  std::vector<Pending> inbox_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);

  // The I/O thread's own.
  const CurlLibrary* curl_ = nullptr;
  Descriptor epoll_{};
  SteadyClock::time_point last_active_{};
  SteadyClock::time_point none_left_{};  // when no descriptor was left
  bool is_behind_ = false;               // a turn has ended before all was done
  SteadyClock::time_point looked_{};     // when was last looked for what has come
  bool is_quiet_ = true;                 // nothing had
  int turns_due_ = 0;                    // since a deadline has passed
  std::deque<Pending> queue_{};
  CurlDescriptors descriptors_{};
  std::unique_ptr<CurlMulti> current_{};               // null: nothing was asked lately
  std::vector<std::unique_ptr<CurlMulti>> leaving_{};  // take no more transfers
  std::uint32_t last_number_ = kWake;
  std::size_t under_way_ = 0;
  std::vector<std::unique_ptr<CurlTransfer>> spare_{};
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
  if (refused == Reason::kInternal && curl != nullptr) {
    log(LogLevel::kError,
        "the I/O thread cannot be started: out of descriptors, memory or threads");
  }
  done(Error{refused, "the I/O thread does not run"});
}

bool CurlHttpClient::Loop::start(const CurlLibrary* curl) {
  if (curl == nullptr) return false;
  curl_ = curl;
  wake_ = Descriptor(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  epoll_ = Descriptor(::epoll_create1(EPOLL_CLOEXEC));
  epoll_event event{};
  event.events = EPOLLIN;
  event.data.u64 = CurlMulti::event_data(kWake, wake_.get());
  const bool ready = wake_.is_open() && epoll_.is_open() &&
                     ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0;
  if (ready && open_multi()) {
    try {
      thread_ = std::thread([this] { run(); });
      return true;
    } catch (const std::system_error&) {
      current_ = nullptr;
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
    renew();
    start_queued();
    wait_and_act();
    finish_transfers();
    expire();
  }
  abandon_all();
  spare_.clear();
}

bool CurlHttpClient::Loop::open_multi() {
  current_ = CurlMulti::make(*curl_, options_, epoll_.get(), ++last_number_);
  last_active_ = SteadyClock::now();
  descriptors_.keep_back(std::min(options_.max_connections, kKeptBack));
  return current_ != nullptr;
}

template <typename Use>
void CurlHttpClient::Loop::with_each(Use use) {
  if (current_) use(*current_);
  for (const std::unique_ptr<CurlMulti>& multi : leaving_) use(*multi);
}

void CurlHttpClient::Loop::renew() {
  const auto now = SteadyClock::now();
  if (current_ && current_->is_over(now)) {
    current_->leave();
    leaving_.push_back(std::move(current_));
  }
  std::erase_if(leaving_,
                [](const std::unique_ptr<CurlMulti>& multi) { return multi->is_empty(); });
  if (under_way_ > 0) last_active_ = now;
  if (under_way_ == 0 && now - last_active_ >= kIdleConnection) {
    current_ = nullptr;
    descriptors_.keep_back(0);
    spare_.clear();
  }
}

void CurlHttpClient::Loop::take_inbox() {
  std::vector<Pending> arrived;
  {
    const MutexLock lock(mutex_);
    arrived.swap(inbox_);
  }
  for (Pending& pending : arrived) queue_.push_back(std::move(pending));
}

void CurlHttpClient::Loop::start_queued() {
  const auto end = SteadyClock::now() + kTurn;
  while (!queue_.empty()) {
    if (SteadyClock::now() >= end) {
      is_behind_ = true;
      return;
    }
    const auto now = SteadyClock::now();
    const bool late = queue_.front().deadline <= now;
    if (!late && (under_way_ >= capacity_ || now < none_left_ + kNoneLeft)) return;
    if (!late && current_ && !current_->may_start()) return;
    Pending pending = std::move(queue_.front());
    queue_.pop_front();
    if (late && none_left_ + options_.timeout >= pending.deadline) {
      pending.done(own_fault());
    } else if (late) {
      pending.done(Error{Reason::kTimedOut, "while waiting for its turn"});
    } else {
      start_transfer(std::move(pending));
    }
  }
}

void CurlHttpClient::Loop::start_transfer(Pending pending) {
  if (!current_ && !open_multi()) {
    pending.done(Error{Reason::kInternal, "libcurl has no memory"});
    return;
  }
  std::unique_ptr<CurlTransfer> transfer;
  if (!spare_.empty()) {
    transfer = std::move(spare_.back());
    spare_.pop_back();
  } else {
    transfer = CurlTransfer::make(*curl_, options_, descriptors_);
  }
  if (transfer) transfer->has_waited = pending.has_waited;
  if (transfer == nullptr ||
      !current_->start(transfer, std::move(pending.request), pending.done, pending.deadline)) {
    pending.done(Error{Reason::kInternal, "libcurl refuses the request"});
    return;
  }
  ++under_way_;
}

int CurlHttpClient::Loop::wait_milliseconds() const {
  if (is_behind_) return 0;
  const auto now = SteadyClock::now();
  auto until = SteadyClock::time_point::max();
  if (current_) until = current_->next(!queue_.empty(), now);
  for (const std::unique_ptr<CurlMulti>& multi : leaving_) {
    until = std::min(until, multi->next_timer());
  }
  if (current_ && under_way_ == 0) until = std::min(until, last_active_ + kIdleConnection);
  if (!queue_.empty()) until = std::min(until, queue_.front().deadline);
  if (!queue_.empty() && now < none_left_ + kNoneLeft) {
    until = std::min(until, none_left_ + kNoneLeft);
  }
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
  // What is left over is told of again.
  for (int i = 0; i < count && (i == 0 || SteadyClock::now() < end); ++i) {
    act(events[static_cast<std::size_t>(i)]);
  }
  with_each([](CurlMulti& multi) { multi.run_timers(); });
}

void CurlHttpClient::Loop::act(const epoll_event& event) {
  const auto number = static_cast<std::uint32_t>(event.data.u64 >> 32);
  const auto socket = static_cast<int>(event.data.u64 & 0xffff'ffff);
  if (number == kWake) {
    eventfd_t ignored = 0;
    static_cast<void>(::eventfd_read(wake_.get(), &ignored));
    return;
  }
  with_each([&](CurlMulti& multi) {
    if (multi.number() == number) multi.act(socket, event.events);
  });
}

void CurlHttpClient::Loop::finish_transfers() {
  const auto end = SteadyClock::now() + kTurn;
  with_each([this, end](CurlMulti& multi) {
    const bool all =
        multi.finish(end, [this](std::unique_ptr<CurlTransfer> transfer, CURLcode code) {
          retire(std::move(transfer), code);
        });
    if (!all) is_behind_ = true;
  });
}

void CurlHttpClient::Loop::expire() {
  bool due = false;
  with_each([&](CurlMulti& multi) { due = due || multi.is_due(looked_); });
  turns_due_ = due ? turns_due_ + 1 : 0;
  const bool all_read = is_quiet_ && !is_behind_;
  if (!due || (!all_read && turns_due_ < kTurnsToRead)) return;
  with_each([this](CurlMulti& multi) {
    multi.expire(looked_, [this](std::unique_ptr<CurlTransfer> transfer, CURLcode code) {
      retire(std::move(transfer), code);
    });
  });
}

void CurlHttpClient::Loop::retire(std::unique_ptr<CurlTransfer> transfer, CURLcode code) {
  --under_way_;
  if (transfer->lacked_descriptor(code)) {
    ask_again(*transfer);
    return keep(std::move(transfer));
  }
  const bool came_late = transfer->has_waited && code == CURLE_OPERATION_TIMEDOUT;
  Result<HttpResponse> outcome = came_late ? own_fault() : transfer->outcome(code);
  if (transfer->was_http2()) {
    capacity_ = options_.max_in_flight;
  } else if (capacity_ < std::min(options_.max_in_flight, options_.max_connections)) {
    ++capacity_;
  }
  const Done done = std::move(transfer->done);
  keep(std::move(transfer));
  done(std::move(outcome));
}

// What has a connection is not to be joined by more, until one of them has its answer.
void CurlHttpClient::Loop::ask_again(CurlTransfer& transfer) {
  none_left_ = SteadyClock::now();
  capacity_ = std::max<std::size_t>(1, under_way_);
  queue_.push_front({transfer.take_request(), std::move(transfer.done), transfer.deadline, true});
}

void CurlHttpClient::Loop::keep(std::unique_ptr<CurlTransfer> transfer) {
  transfer->clear();
  if (spare_.size() < kMaxSpareTransfers) spare_.push_back(std::move(transfer));
}

void CurlHttpClient::Loop::abandon_all() {
  take_inbox();
  for (Pending& pending : queue_) pending.done(Reason::kShuttingDown);
  queue_.clear();
  with_each([](CurlMulti& multi) { multi.abandon(); });
  current_ = nullptr;
  leaving_.clear();
}

}  // namespace auth
