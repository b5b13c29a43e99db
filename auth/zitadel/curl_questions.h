// SPDX-License-Identifier: Apache-2.0
// CurlQuestions: the questions of the CurlHttpClient, those that wait for their turn and those that
// are under way, over which connections.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <vector>

#include "auth/zitadel/curl_library.h"
#include "auth/zitadel/curl_multi.h"
#include "auth/zitadel/curl_transfer.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Used by the I/O thread alone, but for capacity.
class CurlQuestions {
 public:
  using Time = CurlMulti::Time;

  struct Question {
    HttpRequest request;
    HttpClient::Done done;
    Time deadline;
    bool has_waited = false;  // for a descriptor
  };

  // The options must outlive it.
  explicit CurlQuestions(const HttpOptions& options);

  // Returns false where libcurl has no memory. The library and the epoll must outlive it.
  [[nodiscard]] bool open(const CurlLibrary& curl, int epoll);
  void close() noexcept { current_ = nullptr; }
  void add(Question question) { queue_.push_back(std::move(question)); }

  // Puts other connections in the place of those that are over.
  void renew();
  // Starts as many as may be. Returns false if it stopped at `until` before that.
  [[nodiscard]] bool start_queued(Time until);
  // Answers those that have ended. Returns false if it stopped at `until` before all were answered.
  [[nodiscard]] bool finish(Time until);
  // Whether a deadline has passed.
  [[nodiscard]] bool is_due(Time now) const;
  // Gives up those whose deadline has passed.
  void expire(Time now);
  // What epoll tells of a socket, by the numbers of CurlMulti::event_data, which begin at 1.
  void act(std::uint32_t number, int socket, std::uint32_t events);
  void run_timers();
  // When the next of these is to be called, whatever happens.
  [[nodiscard]] Time next(Time now) const;
  // Ends all with kShuttingDown.
  void abandon_all();

  // How many may be under way; any thread may ask.
  [[nodiscard]] std::size_t capacity() const noexcept { return capacity_.load(); }

 private:
  [[nodiscard]] bool open_multi();
  void start(Question question);
  [[nodiscard]] std::unique_ptr<CurlTransfer> spare_transfer();
  void retire(std::unique_ptr<CurlTransfer> transfer, CURLcode code);
  void ask_again(CurlTransfer& transfer);
  void keep(std::unique_ptr<CurlTransfer> transfer);
  template <typename Use>
  void with_each(Use use) const;

  const HttpOptions& options_;
  std::atomic<std::size_t> capacity_;
  const CurlLibrary* curl_ = nullptr;
  int epoll_ = -1;
  Time last_active_{};
  Time none_left_{};  // when no descriptor was left
  std::deque<Question> queue_{};
  CurlDescriptors descriptors_{};
  std::unique_ptr<CurlMulti> current_{};               // null: nothing was asked lately
  std::vector<std::unique_ptr<CurlMulti>> leaving_{};  // take no more transfers
  std::uint32_t last_number_ = 0;
  std::size_t under_way_ = 0;
  std::vector<std::unique_ptr<CurlTransfer>> spare_{};
};

}  // namespace auth
