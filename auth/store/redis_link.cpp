// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_link.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <csignal>
#include <optional>
#include <system_error>
#include <utility>

#include "auth/base/log_section.h"

namespace auth::redis {
namespace {

using Clock = std::chrono::steady_clock;

Descriptor make_wake() {
  Descriptor wake(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!wake.is_open()) throw std::system_error(errno, std::generic_category());
  return wake;
}

std::size_t bytes_of(const std::vector<Command>& commands) {
  std::size_t bytes = 0;
  for (const Command& command : commands) {
    for (const std::string& argument : command) bytes += argument.size();
  }
  return bytes;
}

// Signals are for other threads; the result of a write shows that the server has gone.
void block_signals() {
  sigset_t all;
  sigfillset(&all);
  static_cast<void>(pthread_sigmask(SIG_BLOCK, &all, nullptr));
}

}  // namespace

RedisLink::RedisLink(const RedisAddress& address, std::chrono::milliseconds deadline)
    : address_(address),
      deadline_(deadline),
      wake_(make_wake()),
      thread_(LogSection::start([this] { run(); })) {}

void RedisLink::ask(std::vector<Command> commands, std::function<void(Answer)> done) {
  const std::size_t bytes = bytes_of(commands);
  const std::size_t others = open_.fetch_add(1);
  const std::size_t their_bytes = open_bytes_.fetch_add(bytes);
  const bool fits = others < kMaxRedisQuestions && their_bytes + bytes <= kMaxRedisBytes;
  Question question{std::move(commands),
                    [this, bytes, done = std::move(done)](Answer answer) {
                      open_ -= 1;
                      open_bytes_ -= bytes;
                      done(std::move(answer));
                    },
                    {}};
  if (!fits || !hand_over(question)) question.done({});
}

// Returns false, and does not take the question, after stop was called.
bool RedisLink::hand_over(Question& question) {
  bool is_first = false;
  {
    const MutexLock lock(mutex_);
    if (stopping_) return false;
    is_first = asked_.empty();
    // Set under the lock, so that the deadlines are in order.
    question.deadline = Clock::now() + deadline_;
    asked_.push_back(std::move(question));
  }
  if (is_first) static_cast<void>(::eventfd_write(wake_.get(), 1));
  return true;
}

void RedisLink::stop() {
  {
    const MutexLock lock(mutex_);
    stopping_ = true;
  }
  static_cast<void>(::eventfd_write(wake_.get(), 1));
  if (thread_.joinable()) thread_.join();
}

void RedisLink::run() {
  block_signals();
  RedisConversation conversation(address_, wake_.get());
  short events = 0;
  while (take_new(conversation)) {
    conversation.advance(events, Clock::now());
    wait(conversation, events);
  }
  conversation.end();
}

bool RedisLink::take_new(RedisConversation& conversation) {
  std::vector<Question> taken;
  bool goes_on = false;
  {
    const MutexLock lock(mutex_);
    taken.swap(asked_);
    goes_on = !stopping_;
  }
  for (Question& question : taken) conversation.take(std::move(question));
  return goes_on;
}

// Waits for the server, a deadline, or a new question.
void RedisLink::wait(const RedisConversation& conversation, short& events) const {
  int patience = -1;
  if (const std::optional<PollTime> deadline = conversation.deadline()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(*deadline - Clock::now());
    patience = static_cast<int>(std::max<long>(left.count(), 0));
  }
  std::array<pollfd, 2> waited{
      {{wake_.get(), POLLIN, 0}, {conversation.descriptor(), conversation.awaited(), 0}}};
  events = 0;
  if (::poll(waited.data(), waited.size(), patience) <= 0) return;
  eventfd_t ignored = 0;
  if (waited[0].revents != 0) static_cast<void>(::eventfd_read(wake_.get(), &ignored));
  events = waited[1].revents;
}

}  // namespace auth::redis
