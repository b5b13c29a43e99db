#include "auth/store/redis_conversation.h"

#include <algorithm>
#include <system_error>
#include <utility>
#include <variant>

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

std::optional<SteadyTime> RedisConversation::deadline() const {
  if (!sent_.empty()) return sent_.front().deadline;
  if (waiting_.empty()) return std::nullopt;
  const SteadyTime first = waiting_.front().deadline;
  return is_connecting() ? std::min(first, connect_until_) : first;
}

void RedisConversation::advance(short events, SteadyTime now) {
  if (const std::optional<Problem> problem = step(events, now)) fail(problem->words);
}

void RedisConversation::end() { fail({}); }

std::optional<Problem> RedisConversation::step(short events, SteadyTime now) {
  if (auto problem = use(events)) return problem;
  if (auto problem = overdue(now)) return problem;
  if (!connection_ && !waiting_.empty()) {
    if (auto problem = connect(now)) return problem;
  }
  return send();
}

// One address that does not answer leaves time for the others.
std::optional<Problem> RedisConversation::overdue(SteadyTime now) {
  const std::optional<SteadyTime> end = deadline();
  if (!end || now < *end) return std::nullopt;
  const bool connecting = is_connecting();
  if (connecting && !addresses_.empty()) {
    connection_ = nullptr;
    return std::nullopt;
  }
  if (connecting) return Problem{"no connection in time"};
  return Problem{connection_ ? "no answer in time" : "its name is not resolved in time"};
}

std::optional<Problem> RedisConversation::use(short events) {
  if (!connection_) return std::nullopt;
  const bool others_left = is_connecting() && !addresses_.empty();
  std::optional<Problem> problem = connection_->advance(events);
  if (!problem) problem = receive();
  if (!problem) return std::nullopt;
  // A server that has been started anew has closed it between two questions.
  const bool idle = connection_->stage() == RedisConnection::Stage::kReady && sent_.empty();
  if (!idle && !others_left) return problem;
  connection_ = nullptr;
  return std::nullopt;
}

std::optional<Problem> RedisConversation::look_up() {
  if (!has_name_) {
    addresses_ = {address_.host};
    return std::nullopt;
  }
  try {
    if (!lookup_) lookup_ = std::make_unique<Lookup>(address_.host, wake_);
  } catch (const std::system_error&) {
    return Problem{"there is no thread to look up its name"};
  }
  const std::optional<Addresses> result = lookup_->result();
  if (!result) return std::nullopt;
  lookup_ = nullptr;
  if (const auto* problem = std::get_if<Problem>(&*result)) return *problem;
  addresses_ = std::get<std::vector<std::string>>(*result);
  std::reverse(addresses_.begin(), addresses_.end());
  return std::nullopt;
}

// To the first address that does not refuse at once. None yet where the name is looked up.
std::optional<Problem> RedisConversation::connect(SteadyTime now) {
  if (addresses_.empty()) {
    if (auto problem = look_up()) return problem;
  }
  std::optional<Problem> problem;
  while (!addresses_.empty() && !connection_) {
    const auto share = (waiting_.front().deadline - now) / static_cast<long>(addresses_.size());
    connect_until_ = now + share;
    auto begun = RedisConnection::begin(address_, addresses_.back());
    addresses_.pop_back();
    if (auto* failed = std::get_if<Problem>(&begun)) {
      problem = std::move(*failed);
    } else {
      connection_ = std::get<std::unique_ptr<RedisConnection>>(std::move(begun));
      problem.reset();
    }
  }
  return problem;
}

std::optional<Problem> RedisConversation::send() {
  if (!connection_ || connection_->stage() != RedisConnection::Stage::kReady) return std::nullopt;
  addresses_.clear();
  if (waiting_.empty()) return std::nullopt;
  while (!waiting_.empty()) {
    for (const Command& command : waiting_.front().commands) {
      if (auto problem = connection_->send(command)) return problem;
    }
    sent_.push_back(std::move(waiting_.front()));
    waiting_.pop_front();
  }
  return connection_->flush();
}

std::optional<Problem> RedisConversation::receive() {
  while (connection_->stage() == RedisConnection::Stage::kReady) {
    auto next = connection_->next();
    if (auto* problem = std::get_if<Problem>(&next)) return std::move(*problem);
    auto& reply = std::get<std::optional<Reply>>(next);
    if (!reply) return std::nullopt;
    Question& question = sent_.front();
    question.replies.push_back(*std::move(reply));
    if (question.replies.size() < question.commands.size()) continue;
    const Question answered = std::move(question);
    sent_.pop_front();
    answered.done({answered.replies, {}});
  }
  return std::nullopt;
}

void RedisConversation::fail(const std::string& problem) {
  connection_ = nullptr;
  addresses_.clear();
  std::deque<Question> ended = std::exchange(sent_, {});
  for (Question& question : std::exchange(waiting_, {})) ended.push_back(std::move(question));
  for (const Question& question : ended) question.done({{}, problem});
}

}  // namespace auth::redis
