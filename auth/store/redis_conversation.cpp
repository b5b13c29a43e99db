// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_conversation.h"

#include <algorithm>
#include <system_error>
#include <utility>

namespace auth::redis {

RedisConversation::RedisConversation(const RedisAddress& address, int wake)
    : address_(address),
      wake_(wake),
      has_name_(!address.host.empty() && !is_address(address.host)) {}

int RedisConversation::descriptor() const { return connection_ ? connection_->descriptor() : -1; }

short RedisConversation::awaited() const { return connection_ ? connection_->awaited() : short{0}; }

bool RedisConversation::is_connecting() const {
  return connection_ && connection_->stage() == RedisConnection::Stage::kConnecting;
}

std::optional<PollTime> RedisConversation::deadline() const {
  if (!sent_.empty()) return sent_.front().deadline;
  if (waiting_.empty()) return std::nullopt;
  const PollTime first = waiting_.front().deadline;
  return is_connecting() ? std::min(first, connect_until_) : first;
}

void RedisConversation::advance(short events, PollTime now) {
  if (const auto taken = step(events, now); !taken) fail(taken.error().sentence);
}

void RedisConversation::end() { fail({}); }

Result<void, Mistake> RedisConversation::step(short events, PollTime now) {
  if (auto used = use(events); !used) return used;
  if (auto in_time = overdue(now); !in_time) return in_time;
  if (!connection_ && !waiting_.empty()) {
    if (auto begun = connect(now); !begun) return begun;
  }
  return send();
}

// One address that does not answer leaves time for the others.
Result<void, Mistake> RedisConversation::overdue(PollTime now) {
  const std::optional<PollTime> end = deadline();
  if (!end || now < *end) return {};
  const bool connecting = is_connecting();
  if (connecting && !addresses_.empty()) {
    connection_ = nullptr;
    return {};
  }
  if (lookup_) return Mistake{"its name is not resolved in time"};
  const bool connected = connection_ && !connecting;
  return Mistake{connected ? "no answer in time" : "no connection in time"};
}

Result<void, Mistake> RedisConversation::use(short events) {
  if (!connection_) return {};
  const bool others_left = is_connecting() && !addresses_.empty();
  Result<void, Mistake> used = connection_->advance(events);
  if (used) used = receive();
  if (used) return {};
  // A server that was restarted has closed the connection between two questions.
  const bool idle = connection_->stage() == RedisConnection::Stage::kReady && sent_.empty();
  if (!idle && !others_left) return std::move(used).error();
  connection_ = nullptr;
  return {};
}

Result<void, Mistake> RedisConversation::look_up() {
  if (!has_name_) {
    addresses_ = {address_.host};
    return {};
  }
  try {
    if (!lookup_) lookup_ = std::make_unique<Lookup>(address_.host, wake_);
  } catch (const std::system_error&) {
    return Mistake{"there is no thread to look up its name"};
  }
  std::optional<Addresses> result = lookup_->result();
  if (!result) return {};
  lookup_ = nullptr;
  if (!*result) return std::move(*result).error();
  addresses_ = std::move(**result);
  std::reverse(addresses_.begin(), addresses_.end());
  return {};
}

// Connects to the first address that does not refuse at once; not yet while the name is resolved.
Result<void, Mistake> RedisConversation::connect(PollTime now) {
  if (addresses_.empty()) {
    if (auto found = look_up(); !found) return found;
  }
  Result<void, Mistake> outcome;
  while (!addresses_.empty() && !connection_) {
    const auto share = (waiting_.front().deadline - now) / static_cast<long>(addresses_.size());
    connect_until_ = now + share;
    auto begun = RedisConnection::begin(address_, addresses_.back());
    addresses_.pop_back();
    if (begun) {
      connection_ = *std::move(begun);
      outcome = {};
    } else {
      outcome = std::move(begun).error();
    }
  }
  return outcome;
}

Result<void, Mistake> RedisConversation::send() {
  if (!connection_ || connection_->stage() != RedisConnection::Stage::kReady) return {};
  addresses_.clear();
  if (waiting_.empty()) return {};
  while (!waiting_.empty()) {
    for (const Command& command : waiting_.front().commands) {
      if (auto sent = connection_->send(command); !sent) return sent;
    }
    sent_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return connection_->flush();
}

Result<void, Mistake> RedisConversation::receive() {
  while (connection_->stage() == RedisConnection::Stage::kReady) {
    auto next = connection_->next();
    if (!next) return std::move(next).error();
    std::optional<Reply>& reply = *next;
    if (!reply) return {};
    Question& question = sent_.front();
    question.replies.push_back(*std::move(reply));
    if (question.replies.size() < question.commands.size()) continue;
    const Question answered = std::move(question);
    sent_.pop_front();
    answered.done({answered.replies, {}});
  }
  return {};
}

void RedisConversation::fail(const std::string& problem) {
  connection_ = nullptr;
  addresses_.clear();
  std::deque<Question> ended = std::exchange(sent_, {});
  for (Question& question : std::exchange(waiting_, {})) ended.push_back(std::move(question));
  for (const Question& question : ended) question.done({{}, problem});
}

}  // namespace auth::redis
