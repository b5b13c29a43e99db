// SPDX-License-Identifier: Apache-2.0
// CurlQuestions: the questions of the CurlHttpClient, those that wait for their turn and those that
// are under way, and their connections.
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

// Used by the I/O thread alone, except for capacity.
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

  // Returns false if libcurl has no memory. The library and the epoll must outlive it.
  [[nodiscard]] bool open(const CurlLibrary& curl, int epoll);
  void close() noexcept { current_ = nullptr; }
  void add(Question question) { queue_.push_back(std::move(question)); }

  // Replaces the connections that are over.
  void renew();
  // Starts as many questions as possible now. Returns false if it stopped at `until` before that.
  [[nodiscard]] bool start_queued(Time until);
  // Answers the questions that have ended. Returns false if it stopped at `until` before the last.
  [[nodiscard]] bool finish(Time until);
  // Whether a deadline has passed.
  [[nodiscard]] bool is_due(Time now) const;
  // Ends the questions under way whose deadline has passed.
  void expire(Time now);
  // Handles what epoll reports about a socket. The numbers of CurlMulti::event_data begin at 1.
  void act(std::uint32_t number, int socket, std::uint32_t events);
  void run_timers();
  // Returns when the next of these must be called, even if no event comes.
  [[nodiscard]] Time next(Time now) const;
  // Ends all questions with kShuttingDown.
  void abandon_all();

  // Returns how many questions may be under way. Thread-safe.
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
