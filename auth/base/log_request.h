// SPDX-License-Identifier: Apache-2.0
// LogRequest: the request that a thread's lines of the log are about.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <string_view>
#include <utility>

namespace auth {

// While it lives, this thread's lines have the request's id. Of several, the newest counts.
class LogRequest {
 public:
  // id: its first 128 bytes are copied, so the request may end before this. Empty: no request.
  explicit LogRequest(std::string_view id) noexcept
      : size_(std::min(id.size(), id_.size())), before_(std::exchange(current_, this)) {
    std::copy_n(id.begin(), size_, id_.begin());
  }
  ~LogRequest() { current_ = before_; }
  LogRequest(const LogRequest&) = delete;
  LogRequest& operator=(const LogRequest&) = delete;

  // Returns the id of this thread's request; empty: no request.
  [[nodiscard]] static std::string_view current() noexcept {
    if (current_ == nullptr) return {};
    return {current_->id_.data(), current_->size_};
  }

 private:
  static inline thread_local const LogRequest* current_ = nullptr;

  std::array<char, 128> id_;
  const std::size_t size_;
  const LogRequest* const before_;
};

}  // namespace auth
