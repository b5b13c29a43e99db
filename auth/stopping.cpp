// SPDX-License-Identifier: Apache-2.0
#include "auth/stopping.h"

namespace auth {

bool Gate::enter() noexcept {
  std::uint64_t inside = inside_.load();
  while ((inside & kClosed) == 0) {
    if (inside_.compare_exchange_weak(inside, inside + 1)) return true;
  }
  return false;
}

void Gate::leave() noexcept {
  if (inside_.fetch_sub(1) - 1 == kClosed) inside_.notify_all();
}

void Gate::wait() const noexcept {
  for (std::uint64_t inside = inside_.load(); inside != kClosed; inside = inside_.load()) {
    inside_.wait(inside);
  }
}

void OwnWorkers::run(Task task) {
  gate_->enter_with_others();
  workers_.run([gate = gate_, task = std::move(task)]() mutable {
    task();
    task = nullptr;  // destroys what it holds before the gate may be empty
    gate->leave();
  });
}

void OwnWorkers::run_later(std::chrono::milliseconds delay, Task task) {
  workers_.run_later(delay, [gate = gate_, task = std::move(task)]() mutable {
    if (!gate->enter()) return;
    task();
    task = nullptr;
    gate->leave();
  });
}

void OwnHttpClient::send(HttpRequest request, Done done) {
  const std::uint64_t question = open_->begin(done);
  if (question == 0) return done(Reason::kShuttingDown);
  http_.send(std::move(request), [open = open_, question](Result<HttpResponse> answer) {
    open->answer(question, std::move(answer));
  });
}

std::uint64_t OwnHttpClient::Open::begin(Done& done) {
  const MutexLock lock(mutex);
  if (stopped) return 0;
  gate->enter_with_others();
  questions.emplace(++last, std::move(done));
  return last;
}

void OwnHttpClient::Open::answer(std::uint64_t question, Result<HttpResponse> answer) {
  Done done;
  {
    const MutexLock lock(mutex);
    auto found = questions.extract(question);
    if (found.empty()) return;  // it was ended by stop
    done = std::move(found.mapped());
  }
  done(std::move(answer));
  done = nullptr;
  gate->leave();
}

void OwnHttpClient::stop() {
  std::unordered_map<std::uint64_t, Done> questions;
  {
    const MutexLock lock(open_->mutex);
    open_->stopped = true;
    questions.swap(open_->questions);
  }
  for (auto& [question, done] : questions) {
    done(Reason::kShuttingDown);
    done = nullptr;
    open_->gate->leave();
  }
}

}  // namespace auth
