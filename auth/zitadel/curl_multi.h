// SPDX-License-Identifier: Apache-2.0
// CurlMulti: a group of connections with a common lifetime, and the transfers over them: one multi
// handle of libcurl.
//
// libcurl alone keeps a connection as long as anybody uses it: also one that has gone silent, or
// that leads to an address which the server's name no longer has. So if a connection is bad, and
// every few minutes, another CurlMulti replaces this one, which ends with its transfers.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <set>
#include <unordered_map>
#include <utility>

#include "auth/zitadel/curl_descriptors.h"
#include "auth/zitadel/curl_library.h"
#include "auth/zitadel/curl_transfer.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Used by the I/O thread alone.
class CurlMulti {
 public:
  using Time = CurlConnections::Time;

  // Registers its sockets at that epoll, with event_data(number, socket) as the data of the events.
  // Returns null if libcurl has no memory. All parameters must outlive it.
  [[nodiscard]] static std::unique_ptr<CurlMulti> make(const CurlLibrary& curl,
                                                       const HttpOptions& options,
                                                       const CurlDescriptors& descriptors,
                                                       int epoll, std::uint32_t number);
  // Closes the connections. REQUIRES: no transfer is under way.
  ~CurlMulti();
  CurlMulti(const CurlMulti&) = delete;
  CurlMulti& operator=(const CurlMulti&) = delete;

  [[nodiscard]] static std::uint64_t event_data(std::uint32_t number, int socket) noexcept {
    return std::uint64_t{number} << 32 | static_cast<std::uint32_t>(socket);
  }
  [[nodiscard]] std::uint32_t number() const noexcept { return number_; }

  // Whether a further transfer may look for a connection now.
  [[nodiscard]] bool may_start();
  // Begins the exchange, and takes the transfer. Returns false if libcurl refuses the request:
  // the caller keeps the transfer then.
  [[nodiscard]] bool start(std::unique_ptr<CurlTransfer>& transfer, HttpRequest request,
                           HttpClient::Done done, Time deadline);
  void act(int socket, std::uint32_t events);
  void run_timers();
  // Calls `ended` for each transfer that has ended, and for one at least. Returns false if it
  // stopped at `until` before all of them.
  using Ended = std::function<void(std::unique_ptr<CurlTransfer>, CURLcode)>;
  [[nodiscard]] bool finish(Time until, const Ended& ended);
  // Whether a deadline has passed.
  [[nodiscard]] bool is_due(Time now) const noexcept {
    return !deadlines_.empty() && deadlines_.begin()->first <= now;
  }
  // Ends the transfers whose deadline has passed, with CURLE_OPERATION_TIMEDOUT.
  void expire(Time now, const Ended& ended);
  // Ends all transfers with kShuttingDown.
  void abandon();

  // Returns whether another CurlMulti must replace this one: it is too old, a name leads to other
  // addresses, or a connection has swallowed a transfer. False while a name cannot be looked up: no
  // other connection could be opened.
  [[nodiscard]] bool is_over(Time now);
  // Closes each connection that is no longer used. No transfer is started after this.
  void leave();

  [[nodiscard]] bool is_empty() const noexcept { return under_way_.empty(); }
  // Returns when run_timers or expire must be called, even if no event comes.
  [[nodiscard]] Time next_timer() const noexcept {
    const Time next = std::min(timer_, resume_at_);
    return deadlines_.empty() ? next : std::min(next, deadlines_.begin()->first);
  }
  // The same, for is_over as well, and if somebody waits, for may_start.
  [[nodiscard]] Time next(bool somebody_waits, Time now) const;

 private:
  CurlMulti(const CurlLibrary& curl, const HttpOptions& options, const CurlDescriptors& descriptors,
            int epoll, std::uint32_t number, CURLM* multi, Time now);
  [[nodiscard]] bool set_up();
  void end(CURL* handle, CURLcode code, const Ended& ended);
  void note_silence(const CurlTransfer& transfer, CURLcode code);

  // libcurl wants a report when a socket can be written to, also while an HTTP/2 peer accepts
  // nothing: then epoll reports at once, again and again. So if that goes on, reports are delayed.
  struct Socket {
    std::uint32_t events;     // those that libcurl waits for
    int only_writable = 0;    // number of such reports in a row, without other events
    bool is_resting = false;  // until resume_at_, epoll does not report that it can be written to
  };
  [[nodiscard]] bool watch(int operation, int socket, std::uint32_t events) const noexcept;
  void rest(int socket, std::uint32_t events);
  void resume(int socket, Socket& state);
  void resume_all();

  static int on_socket(CURL*, curl_socket_t socket, int what, void* self, void*) noexcept;
  static int on_timer(CURLM*, long milliseconds, void* self) noexcept;

  const CurlLibrary& curl_;
  const HttpOptions& options_;
  const CurlDescriptors& descriptors_;
  const int epoll_;
  const std::uint32_t number_;
  CURLM* const multi_;
  Time timer_ = Time::max();
  std::unordered_map<int, Socket> sockets_{};
  Time resume_at_ = Time::max();
  Time leave_at_;
  bool is_silent_ = false;
  CurlShared shared_;  // outlives the transfers
  std::unordered_map<CURL*, std::unique_ptr<CurlTransfer>> under_way_{};
  std::set<std::pair<Time, CURL*>> deadlines_{};  // of the transfers under way
};

}  // namespace auth
