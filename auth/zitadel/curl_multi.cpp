// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/curl_multi.h"

#include <sys/epoll.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <utility>

namespace auth {
namespace {

constexpr long kMaxStreamsPerConnection = 1000;  // a lower limit of the server counts instead

// After this number of reports in a row that it can write, libcurl has nothing that may be written.
// Requests are far shorter than what it writes in that many calls.
constexpr int kFruitless = 32;
constexpr std::chrono::milliseconds kRest{10};

// Returns after what time a CurlMulti leaves. Its transfers may then last one more deadline.
std::chrono::milliseconds life_of(const HttpOptions& options) {
  return options.connection_life - std::min(options.timeout, options.connection_life / 2);
}

}  // namespace

std::unique_ptr<CurlMulti> CurlMulti::make(const CurlLibrary& curl, const HttpOptions& options,
                                           const CurlDescriptors& descriptors, int epoll,
                                           std::uint32_t number) {
  CURLM* const multi = curl.multi_init();
  if (multi == nullptr) return nullptr;
  std::unique_ptr<CurlMulti> made(new CurlMulti(curl, options, descriptors, epoll, number, multi,
                                                std::chrono::steady_clock::now()));
  return made->set_up() ? std::move(made) : nullptr;
}

CurlMulti::CurlMulti(const CurlLibrary& curl, const HttpOptions& options,
                     const CurlDescriptors& descriptors, int epoll, std::uint32_t number,
                     CURLM* multi, Time now)
    : curl_(curl),
      options_(options),
      descriptors_(descriptors),
      epoll_(epoll),
      number_(number),
      multi_(multi),
      leave_at_(now + life_of(options)),
      shared_{{}, NameWatch(options.name_interval, now)} {}

CurlMulti::~CurlMulti() { static_cast<void>(curl_.multi_cleanup(multi_)); }

bool CurlMulti::set_up() {
  const auto set = [this](CURLMoption option, auto value) {
    return curl_.multi_setopt(multi_, option, value) == CURLM_OK;
  };
  const auto connections = static_cast<long>(options_.max_connections);
  return set(CURLMOPT_SOCKETFUNCTION, &CurlMulti::on_socket) && set(CURLMOPT_SOCKETDATA, this) &&
         set(CURLMOPT_TIMERFUNCTION, &CurlMulti::on_timer) && set(CURLMOPT_TIMERDATA, this) &&
         set(CURLMOPT_PIPELINING, static_cast<long>(CURLPIPE_MULTIPLEX)) &&
         set(CURLMOPT_MAX_CONCURRENT_STREAMS, kMaxStreamsPerConnection) &&
         set(CURLMOPT_MAX_TOTAL_CONNECTIONS, connections) && set(CURLMOPT_MAXCONNECTS, connections);
}

bool CurlMulti::may_start() {
  if (shared_.connections.may_seek(std::chrono::steady_clock::now())) return true;
  run_timers();  // in which libcurl gives new transfers a connection that it has
  return shared_.connections.may_seek(std::chrono::steady_clock::now());
}

bool CurlMulti::start(std::unique_ptr<CurlTransfer>& transfer, HttpRequest request,
                      HttpClient::Done done, Time deadline) {
  CURL* const handle = transfer->handle();
  transfer->done = std::move(done);
  transfer->deadline = deadline;
  if (!transfer->prepare(std::move(request), shared_) ||
      curl_.multi_add_handle(multi_, handle) != CURLM_OK) {
    return false;
  }
  deadlines_.emplace(deadline, handle);
  under_way_.emplace(handle, std::move(transfer));
  return true;
}

void CurlMulti::act(int socket, std::uint32_t events) {
  rest(socket, events);
  const int action = ((events & EPOLLIN) != 0 ? CURL_CSELECT_IN : 0) |
                     ((events & EPOLLOUT) != 0 ? CURL_CSELECT_OUT : 0) |
                     ((events & (EPOLLERR | EPOLLHUP)) != 0 ? CURL_CSELECT_ERR : 0);
  int running = 0;
  static_cast<void>(curl_.multi_socket_action(multi_, socket, action, &running));
}

bool CurlMulti::watch(int operation, int socket, std::uint32_t events) const noexcept {
  epoll_event event{};
  event.data.u64 = event_data(number_, socket);
  event.events = events;
  return ::epoll_ctl(epoll_, operation, socket, &event) == 0;
}

// Another event ends the rest: the peer may have sent that it accepts more.
void CurlMulti::rest(int socket, std::uint32_t events) {
  const auto found = sockets_.find(socket);
  if (found == sockets_.end()) return;
  Socket& state = found->second;
  if (events != EPOLLOUT) {
    state.only_writable = 0;
    if (state.is_resting) resume(socket, state);
  } else if (++state.only_writable >= kFruitless &&
             watch(EPOLL_CTL_MOD, socket, state.events & ~std::uint32_t{EPOLLOUT})) {
    state.is_resting = true;
    resume_at_ = std::min(resume_at_, std::chrono::steady_clock::now() + kRest);
  }
}

void CurlMulti::resume(int socket, Socket& state) {
  state.is_resting = !watch(EPOLL_CTL_MOD, socket, state.events);
}

void CurlMulti::resume_all() {
  const Time now = std::chrono::steady_clock::now();
  if (resume_at_ > now) return;
  resume_at_ = Time::max();
  for (auto& [socket, state] : sockets_) {
    if (state.is_resting) resume(socket, state);
    if (state.is_resting) resume_at_ = now + kRest;
  }
}

void CurlMulti::run_timers() {
  resume_all();
  if (timer_ > std::chrono::steady_clock::now()) return;
  timer_ = Time::max();
  int running = 0;
  static_cast<void>(curl_.multi_socket_action(multi_, CURL_SOCKET_TIMEOUT, 0, &running));
}

bool CurlMulti::finish(Time until, const Ended& ended) {
  int left = 0;
  while (const CURLMsg* message = curl_.multi_info_read(multi_, &left)) {
    if (message->msg != CURLMSG_DONE) continue;
    end(message->easy_handle, message->data.result, ended);
    if (left > 0 && std::chrono::steady_clock::now() >= until) return false;
  }
  return true;
}

void CurlMulti::end(CURL* handle, CURLcode code, const Ended& ended) {
  auto node = under_way_.extract(handle);
  if (node.empty()) return;
  deadlines_.erase({node.mapped()->deadline, handle});
  static_cast<void>(curl_.multi_remove_handle(multi_, handle));
  node.mapped()->removed();
  note_silence(*node.mapped(), code);
  ended(std::move(node.mapped()), code);
}

void CurlMulti::expire(Time now, const Ended& ended) {
  while (is_due(now)) {
    end(deadlines_.begin()->second, CURLE_OPERATION_TIMEDOUT, ended);
  }
}

// A token for which ZITADEL takes long looks the same on a connection that nobody else uses. A new
// connection does no harm then.
void CurlMulti::note_silence(const CurlTransfer& transfer, CURLcode code) {
  if (code == CURLE_OPERATION_TIMEDOUT &&
      transfer.silence(std::chrono::steady_clock::now()) >= options_.timeout / 2) {
    is_silent_ = true;
  }
}

void CurlMulti::abandon() {
  for (auto& [handle, transfer] : under_way_) {
    static_cast<void>(curl_.multi_remove_handle(multi_, handle));
    transfer->removed();
    transfer->done(Reason::kShuttingDown);
  }
  under_way_.clear();
  deadlines_.clear();
}

bool CurlMulti::is_over(Time now) {
  shared_.names.look(now);
  if (!is_silent_ && !shared_.names.has_moved() && now < leave_at_) return false;
  if (!shared_.names.is_failing(now)) return true;
  leave_at_ = std::max(leave_at_, shared_.names.next());
  return false;
}

void CurlMulti::leave() { static_cast<void>(curl_.multi_setopt(multi_, CURLMOPT_MAXCONNECTS, 1L)); }

CurlMulti::Time CurlMulti::next(bool somebody_waits, Time now) const {
  Time next = std::min({next_timer(), leave_at_, shared_.names.next()});
  const Time all_told_at = shared_.connections.all_told_at();
  if (somebody_waits && all_told_at > now) next = std::min(next, all_told_at);
  return next;
}

int CurlMulti::on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept {
  auto& multi = *static_cast<CurlMulti*>(self);
  if (what == CURL_POLL_REMOVE) {
    multi.sockets_.erase(socket);
    // What was closed is not registered any more, and its number may be another thread's by now.
    if (multi.descriptors_.is_attempt(socket)) return 0;
    static_cast<void>(::epoll_ctl(multi.epoll_, EPOLL_CTL_DEL, socket, nullptr));
    return 0;
  }
  std::uint32_t events = 0;
  if ((what & CURL_POLL_IN) != 0) events |= EPOLLIN;
  if ((what & CURL_POLL_OUT) != 0) events |= EPOLLOUT;
  // An attempt's socket that libcurl did not wait for meanwhile is still registered.
  const bool is_watched = multi.watch(EPOLL_CTL_MOD, socket, events) ||
                          (errno == ENOENT && multi.watch(EPOLL_CTL_ADD, socket, events));
  if (!is_watched) return -1;
  multi.sockets_[socket] = {events};
  return 0;
}

int CurlMulti::on_timer(CURLM*, long milliseconds, void* self) noexcept {
  auto& multi = *static_cast<CurlMulti*>(self);
  multi.timer_ = milliseconds < 0
                     ? Time::max()
                     : std::chrono::steady_clock::now() + std::chrono::milliseconds(milliseconds);
  return 0;
}

}  // namespace auth
