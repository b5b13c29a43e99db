// SPDX-License-Identifier: Apache-2.0
// Stopping: how the work that is under way in a part ends. It ends step by step, and not by the
// order in which objects are destroyed.
//
// A part that asks by HTTP and has tasks run does both through its own OwnHttpClient and OwnWorkers
// behind one Gate. When it stops, nothing new gets through the gate, questions end at once with
// kShuttingDown, and the part waits until the last of its tasks and callbacks has returned. After
// that nobody calls it any more, whatever becomes of the real client and the real workers.
#pragma once

#include <atomic>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <unordered_map>
#include <utility>

#include "auth/base/mutex.h"
#include "auth/base/worker_pool.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// Counts the callers that are inside. Thread-safe.
class Gate {
 public:
  // Returns false if it is closed. A caller that got in has to leave.
  [[nodiscard]] bool enter() noexcept;
  // Enters on behalf of somebody who is inside already, even if the gate is closed.
  void enter_with_others() noexcept { inside_.fetch_add(1); }
  void leave() noexcept;

  void close() noexcept { inside_.fetch_or(kClosed); }
  // Waits until all have left. REQUIRES: closed, and the caller is not inside.
  void wait() const noexcept;

 private:
  static constexpr std::uint64_t kClosed = std::uint64_t{1} << 63;
  std::atomic<std::uint64_t> inside_{0};
};

// Hands tasks to other workers. None of them runs once the gate is closed and empty. Thread-safe.
class OwnWorkers final : public Workers {
 public:
  // The workers must outlive what is under way.
  OwnWorkers(Workers& workers, std::shared_ptr<Gate> gate)
      : workers_(workers), gate_(std::move(gate)) {}

  // REQUIRES: the caller is inside the gate.
  void run(Task task) override;
  // The gate does not wait for this task: once the gate is closed, the task does not run.
  void run_later(std::chrono::milliseconds delay, Task task) override;
  [[nodiscard]] bool is_here() const noexcept override { return workers_.is_here(); }

 private:
  Workers& workers_;
  const std::shared_ptr<Gate> gate_;
};

// Sends questions by another client. Each one counts as inside the gate until done has returned.
// Thread-safe.
class OwnHttpClient final : public HttpClient {
 public:
  // The client must outlive what is under way; it may call back later.
  OwnHttpClient(HttpClient& http, std::shared_ptr<Gate> gate)
      : http_(http), open_(std::make_shared<Open>(std::move(gate))) {}

  // REQUIRES: the caller is inside the gate.
  void send(HttpRequest request, Done done) override;
  [[nodiscard]] std::size_t capacity() const noexcept override { return http_.capacity(); }

  // Ends all questions with kShuttingDown, on the calling thread, and from now on each new one.
  void stop();

 private:
  // The questions that are not answered yet. Lives as long as the real client may call back.
  struct Open {
    explicit Open(std::shared_ptr<Gate> with) : gate(std::move(with)) {}
    // Takes the callback over and returns the question's number. 0 if stopped: nothing is taken.
    std::uint64_t begin(Done& done);
    void answer(std::uint64_t question, Result<HttpResponse> answer);

    const std::shared_ptr<Gate> gate;
    Mutex mutex;
    bool stopped GUARDED_BY(mutex) = false;
    std::uint64_t last GUARDED_BY(mutex) = 0;
    std::unordered_map<std::uint64_t, Done> questions GUARDED_BY(mutex);
  };

  HttpClient& http_;
  const std::shared_ptr<Open> open_;
};

}  // namespace auth
