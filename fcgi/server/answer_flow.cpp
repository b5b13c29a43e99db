// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/answer_flow.h"

#include <algorithm>

namespace fcgi {

AnswerFlow::Written AnswerFlow::write(std::string_view piece) {
  const auth::MutexLock lock(mutex_);
  if (closed_ || state_ != State::kOpen) return {};
  if (!has_body_) return {piece.size()};
  const std::size_t room = AnswerStream::kRoom - std::min(AnswerStream::kRoom, bytes_.size());
  piece = piece.substr(0, room);
  bytes_.append(piece);
  return {piece.size(), !piece.empty() && wake()};
}

bool AnswerFlow::wait_for_room(std::chrono::milliseconds most) {
  const auto until = std::chrono::steady_clock::now() +
                     std::min<std::chrono::milliseconds>(most, std::chrono::hours(24));
  const auth::MutexLock lock(mutex_);
  while (!closed_ && state_ == State::kOpen && bytes_.size() >= AnswerStream::kRoom) {
    if (room_.wait_until(mutex_, until) == std::cv_status::timeout) break;
  }
  return !closed_ && state_ == State::kOpen && bytes_.size() < AnswerStream::kRoom;
}

bool AnswerFlow::end(State state) {
  const auth::MutexLock lock(mutex_);
  if (closed_ || state_ != State::kOpen) return false;
  state_ = state;
  return wake();
}

bool AnswerFlow::is_open() {
  const auth::MutexLock lock(mutex_);
  return !closed_ && state_ == State::kOpen;
}

bool AnswerFlow::has_some() {
  const auth::MutexLock lock(mutex_);
  return !bytes_.empty() || state_ != State::kOpen;
}

AnswerFlow::Part AnswerFlow::take() {
  const auth::MutexLock lock(mutex_);
  woken_ = false;
  room_.notify_all();
  return {std::exchange(bytes_, {}), state_};
}

void AnswerFlow::close() {
  const auth::MutexLock lock(mutex_);
  closed_ = true;
  bytes_ = std::string();
  room_.notify_all();
}

// Returns true once until the connection has called take.
bool AnswerFlow::wake() { return !std::exchange(woken_, true); }

}  // namespace fcgi
