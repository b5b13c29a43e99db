// SPDX-License-Identifier: Apache-2.0
// An HTTP client whose answers a test gives, when and on which thread it likes. Thread-safe.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <mutex>
#include <optional>
#include <string>

#include "auth/zitadel/http_client.h"

namespace support {

class ScriptedHttpClient final : public auth::HttpClient {
 public:
  struct Question {
    std::string url;
    std::string form;
    std::string authorization;
    Done done;
  };

  ScriptedHttpClient() = default;
  // Ends what was not answered with kShuttingDown, as the real client does.
  ~ScriptedHttpClient() override { shut_down(); }

  void send(auth::HttpRequest request, Done done) override;
  [[nodiscard]] std::size_t capacity() const noexcept override { return capacity_; }

  // So many questions do not wait for a connection.
  void bear(std::size_t capacity) { capacity_ = capacity; }

  // Questions in all, and those not answered yet.
  [[nodiscard]] std::size_t asked() const;
  [[nodiscard]] std::size_t waiting() const;

  // The oldest question not answered yet. REQUIRES: waiting() > 0.
  [[nodiscard]] Question take();
  // Answers it on the calling thread.
  void answer(auth::Result<auth::HttpResponse> answer) { take().done(std::move(answer)); }
  void answer(int status, std::string body = "") {
    answer(auth::HttpResponse{status, std::move(body)});
  }

  // From now on every question fails before send returns; nothing: they wait again.
  void fail_at_once(std::optional<auth::Error> error);
  void shut_down();

 private:
  mutable std::mutex mutex_;
  std::deque<Question> waiting_;
  std::size_t asked_ = 0;
  std::optional<auth::Error> failing_;
  std::atomic<std::size_t> capacity_{SIZE_MAX};
};

}  // namespace support
