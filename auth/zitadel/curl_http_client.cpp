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
#include <unordered_map>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/log.h"
#include "auth/base/mutex.h"
#include "auth/zitadel/curl_connections.h"
#include "auth/zitadel/curl_library.h"
#include "auth/zitadel/curl_transfer.h"

namespace auth {
namespace {

using SteadyClock = std::chrono::steady_clock;

constexpr std::size_t kMaxSpareTransfers = 512;
constexpr long kMaxStreamsPerConnection = 1000;  // the server's own limit counts below this

struct Pending {
  HttpRequest request;
  HttpClient::Done done;
  SteadyClock::time_point deadline;
};

}  // namespace

// The I/O thread and what belongs to it. Only send() and capacity() are called by other threads.
class CurlHttpClient::Loop {
 public:
  explicit Loop(HttpOptions options)
      : options_(std::move(options)),
        capacity_(std::min(options_.max_in_flight, options_.max_connections)) {}
  ~Loop();

  void send(HttpRequest request, Done done);
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_.load(); }

 private:
  // curl: null where it cannot be loaded.
  [[nodiscard]] bool start(const CurlLibrary* curl) REQUIRES_LOCK(mutex_);
  void run();
  [[nodiscard]] bool open_multi();
  void close_multi();
  void take_inbox();
  void start_queued();
  void start_transfer(Pending pending);
  void wait_and_act();
  [[nodiscard]] int wait_milliseconds() const;
  void run_timers();
  void finish_transfers();
  void retire(CURL* handle, CURLcode code);
  void abandon_all();

  static int on_socket(CURL*, curl_socket_t fd, int what, void* loop, void* known) noexcept;
  static int on_timer(CURLM*, long milliseconds, void* loop) noexcept;

  const HttpOptions options_;
  std::atomic<std::size_t> capacity_;
  Descriptor wake_{};  // an eventfd

  Mutex mutex_;
  std::vector<Pending> inbox_ GUARDED_BY(mutex_);
  bool stopping_ GUARDED_BY(mutex_) = false;
  std::thread thread_ GUARDED_BY(mutex_);

  // The I/O thread's own.
  const CurlLibrary* curl_ = nullptr;
  CURLM* multi_ = nullptr;
  Descriptor epoll_{};
  SteadyClock::time_point timer_ = SteadyClock::time_point::max();
  SteadyClock::time_point last_active_{};
  CurlConnections connections_{};  // outlives the transfers
  std::deque<Pending> queue_{};
  std::unordered_map<CURL*, std::unique_ptr<CurlTransfer>> under_way_{};
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
  event.data.fd = wake_.get();
  const bool ready = wake_.is_open() && epoll_.is_open() &&
                     ::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, wake_.get(), &event) == 0;
  if (ready && open_multi()) {
    try {
      thread_ = std::thread([this] { run(); });
      return true;
    } catch (const std::system_error&) {
      close_multi();
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
    start_queued();
    wait_and_act();
    finish_transfers();
  }
  abandon_all();
  close_multi();
}

bool CurlHttpClient::Loop::open_multi() {
  multi_ = curl_->multi_init();
  if (multi_ == nullptr) return false;
  const auto set = [this](CURLMoption option, auto value) {
    return curl_->multi_setopt(multi_, option, value) == CURLM_OK;
  };
  const auto connections = static_cast<long>(options_.max_connections);
  const bool complete =
      set(CURLMOPT_SOCKETFUNCTION, &Loop::on_socket) && set(CURLMOPT_SOCKETDATA, this) &&
      set(CURLMOPT_TIMERFUNCTION, &Loop::on_timer) && set(CURLMOPT_TIMERDATA, this) &&
      set(CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX)) &&
      set(CURLMOPT_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection) &&
      set(CURLMOPT_MAX_TOTAL_CONNECTIONS, connections) && set(CURLMOPT_MAXCONNECTS, connections);
  if (!complete) close_multi();
  return complete;
}

void CurlHttpClient::Loop::close_multi() {
  spare_.clear();
  if (multi_ != nullptr) static_cast<void>(curl_->multi_cleanup(multi_));
  multi_ = nullptr;
  timer_ = SteadyClock::time_point::max();
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
  while (!queue_.empty()) {
    const bool late = queue_.front().deadline <= SteadyClock::now();
    if (!late && under_way_.size() >= options_.max_in_flight) return;
    if (!late && !connections_.may_seek(SteadyClock::now())) {
      run_timers();  // where libcurl gives new transfers a connection that it has
      if (!connections_.may_seek(SteadyClock::now())) return;
    }
    Pending pending = std::move(queue_.front());
    queue_.pop_front();
    if (late) {
      pending.done(Error{Reason::kTimedOut, "while waiting for its turn"});
    } else {
      start_transfer(std::move(pending));
    }
  }
}

void CurlHttpClient::Loop::start_transfer(Pending pending) {
  if (multi_ == nullptr && !open_multi()) {
    pending.done(Error{Reason::kInternal, "libcurl has no memory"});
    return;
  }
  std::unique_ptr<CurlTransfer> transfer;
  if (!spare_.empty()) {
    transfer = std::move(spare_.back());
    spare_.pop_back();
  } else {
    transfer = CurlTransfer::make(*curl_, options_, connections_);
  }
  const auto left =
      std::chrono::duration_cast<std::chrono::milliseconds>(pending.deadline - SteadyClock::now());
  if (transfer == nullptr || !transfer->prepare(std::move(pending.request), left) ||
      curl_->multi_add_handle(multi_, transfer->handle()) != CURLM_OK) {
    pending.done(Error{Reason::kInternal, "libcurl refuses the request"});
    return;
  }
  transfer->done = std::move(pending.done);
  CURL* handle = transfer->handle();
  under_way_.emplace(handle, std::move(transfer));
}

int CurlHttpClient::Loop::wait_milliseconds() const {
  const auto now = SteadyClock::now();
  auto until = timer_;
  if (under_way_.empty() && multi_ != nullptr) {
    until = std::min(until, last_active_ + kIdleConnection);
  }
  if (!queue_.empty()) {
    until = std::min(until, queue_.front().deadline);
    if (connections_.all_told_at() > now) until = std::min(until, connections_.all_told_at());
  }
  if (until == SteadyClock::time_point::max()) return -1;
  if (until <= now) return 0;
  const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - now);
  return static_cast<int>(std::min<std::int64_t>(left.count(), 60'000));
}

void CurlHttpClient::Loop::wait_and_act() {
  std::array<epoll_event, 256> events;
  const int count = ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                                 wait_milliseconds());
  int running = 0;
  for (int i = 0; i < count; ++i) {
    const epoll_event& event = events[static_cast<std::size_t>(i)];
    if (event.data.fd == wake_.get()) {
      eventfd_t ignored = 0;
      static_cast<void>(::eventfd_read(wake_.get(), &ignored));
      continue;
    }
    const int action = ((event.events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                       ((event.events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                       ((event.events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
    static_cast<void>(curl_->multi_socket_action(multi_, event.data.fd, action, &running));
  }
  run_timers();
  const auto now = SteadyClock::now();
  if (!under_way_.empty()) last_active_ = now;
  if (under_way_.empty() && multi_ != nullptr && now - last_active_ >= kIdleConnection) {
    close_multi();
  }
}

void CurlHttpClient::Loop::run_timers() {
  if (timer_ > SteadyClock::now()) return;
  timer_ = SteadyClock::time_point::max();
  int running = 0;
  static_cast<void>(curl_->multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running));
}

void CurlHttpClient::Loop::finish_transfers() {
  if (multi_ == nullptr) return;
  int left = 0;
  while (const CURLMsg* message = curl_->multi_info_read(multi_, &left)) {
    if (message->msg == CURLMSG_DONE) retire(message->easy_handle, message->data.result);
  }
}

void CurlHttpClient::Loop::retire(CURL* handle, CURLcode code) {
  auto node = under_way_.extract(handle);
  if (node.empty()) return;
  std::unique_ptr<CurlTransfer> transfer = std::move(node.mapped());
  static_cast<void>(curl_->multi_remove_handle(multi_, handle));
  Result<HttpResponse> outcome = transfer->outcome(code);
  if (transfer->was_http2()) capacity_ = options_.max_in_flight;
  const Done done = std::move(transfer->done);
  transfer->clear();
  if (spare_.size() < kMaxSpareTransfers) spare_.push_back(std::move(transfer));
  done(std::move(outcome));
}

void CurlHttpClient::Loop::abandon_all() {
  take_inbox();
  for (Pending& pending : queue_) pending.done(Reason::kShuttingDown);
  queue_.clear();
  for (auto& [handle, transfer] : under_way_) {
    static_cast<void>(curl_->multi_remove_handle(multi_, handle));
    transfer->done(Reason::kShuttingDown);
  }
  under_way_.clear();
}

int CurlHttpClient::Loop::on_socket(CURL*, curl_socket_t fd, int what, void* loop,
                                    void* known) noexcept {
  auto& self = *static_cast<Loop*>(loop);
  if (what == CURL_POLL_REMOVE) {
    static_cast<void>(::epoll_ctl(self.epoll_.get(), EPOLL_CTL_DEL, fd, nullptr));
    return 0;
  }
  epoll_event event{};
  event.data.fd = fd;
  if ((what & CURL_POLL_IN) != 0) event.events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) event.events |= EPOLLOUT;
  const int operation = known == nullptr ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (::epoll_ctl(self.epoll_.get(), operation, fd, &event) != 0) return -1;
  if (known == nullptr) static_cast<void>(self.curl_->multi_assign(self.multi_, fd, loop));
  return 0;
}

int CurlHttpClient::Loop::on_timer(CURLM*, long milliseconds, void* loop) noexcept {
  auto& self = *static_cast<Loop*>(loop);
  self.timer_ = milliseconds < 0 ? SteadyClock::time_point::max()
                                 : SteadyClock::now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

}  // namespace auth
