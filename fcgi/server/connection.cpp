// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/connection.h"

#include <sys/epoll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "auth/base/secret.h"
#include "fcgi/server/fastcgi_exchange.h"

namespace fcgi {

Connection::Connection(std::uint64_t number, auth::Descriptor socket, LoopTools& tools)
    : number_(number),
      socket_(std::move(socket)),
      tools_(tools),
      moved_at_(tools.now),
      began_at_(tools.now) {}

void Connection::handle(std::uint32_t events) {
  const bool over = (events & (EPOLLHUP | EPOLLERR)) != 0;
  // Nobody is there any more to be answered.
  if (over && !waits_for_peer()) return close();
  if ((this->events() & EPOLLOUT) != 0 && (over || (events & EPOLLOUT) != 0)) send();
  if ((this->events() & EPOLLIN) != 0 && (over || (events & EPOLLIN) != 0)) receive();
}

void Connection::receive() {
  WipedBytes& area = tools_.area;
  const ssize_t count = ::recv(socket_.get(), area.data(), area.size(), 0);
  if (count < 0 && (errno == EAGAIN || errno == EINTR)) return;
  if (count <= 0) return take_end_of_peer();
  moved_at_ = tools_.now;
  read({area.data(), static_cast<std::size_t>(count)});
  auth::wipe(area.data(), static_cast<std::size_t>(count));
}

void Connection::take_end_of_peer() {
  // The peer may have ended only its own side, and wait for its answer.
  if (state_ == State::kAnswering) {
    peer_ended_ = true;
  } else {
    close();
  }
}

bool Connection::is_answered() const noexcept {
  return state_ == State::kIdle || state_ == State::kDraining;
}

bool Connection::is_reading_body() const noexcept {
  return state_ == State::kDecoded || state_ == State::kBody || state_ == State::kAnswering;
}

void Connection::refuse(std::string_view why) {
  tools_.log.add(auth::LogLevel::kWarn, why,
                 "a FastCGI connection was closed: " + std::string(why));
  close();
}

std::unique_ptr<Exchange> Connection::take_exchange() {
  if (state_ != State::kDecoded) return nullptr;
  state_ = State::kAsked;
  return std::make_unique<FastCgiExchange>(RequestId{number_, request_}, decoded_, tools_.inbox);
}

std::function<void()> Connection::take_waiter() {
  if (state_ != State::kBody || !decoded_->has_body()) return nullptr;
  state_ = State::kAsked;
  return std::exchange(waiter_, nullptr);
}

void Connection::take(Inbox::Message& message) {
  if (message.request.request != request_) return;
  if (message.when_gone && state_ == State::kClosed) return message.when_gone();
  if (message.more && stream_) return send();
  if (!is_unanswered()) return;
  if (message.when_gone) {
    return when_gone_.push_back(std::move(message.when_gone));
  }
  if (message.stream) return begin_stream(std::move(message.stream));
  if (!message.when_body) return answer(message.answer);
  state_ = State::kBody;
  moved_at_ = tools_.now;
  waiter_ = std::move(message.when_body);
  // The body has usually come meanwhile.
  receive();
}

void Connection::refuse_unless_answered(const Response& response) {
  if (!is_unanswered()) return;
  decoded_->set_client_gone();
  tell_gone();
  begin_answer(serialise(response, decoded_->request().method() == "HEAD"));
}

void Connection::tell_gone() {
  for (const auto& gone : std::exchange(when_gone_, {})) gone();
}

bool Connection::is_unanswered() const noexcept {
  return state_ == State::kAsked || state_ == State::kBody;
}

void Connection::answer(std::string_view text) {
  if (text.size() <= tools_.options.max_held) return begin_answer(text);
  constexpr auto kTooLong = "an answer is too long to be sent";
  tools_.log.add(auth::LogLevel::kError, kTooLong, kTooLong);
  refuse_unless_answered(error_response(500, "server_error", "The answer is too long."));
}

void Connection::begin_answer(std::string_view text) {
  const std::shared_ptr<DecodedRequest> decoded = std::exchange(decoded_, nullptr);
  moved_at_ = tools_.now;
  state_ = State::kAnswering;
  waiter_ = nullptr;
  when_gone_.clear();
  body_.drop();
  // Nothing is on its way before a first answer.
  if (request_ == 1 && text.size() <= Codec::kMaxSentAtOnce) {
    return Codec::send(*decoded, text, socket_.get()) ? finish_answer() : close();
  }
  std::string records = tools_.codec.encode(*decoded, text);
  if (records.empty()) return close();
  unsent_.begin(std::move(records));
  send();
}

void Connection::begin_stream(AnswerSource stream) {
  moved_at_ = tools_.now;
  state_ = State::kAnswering;
  when_gone_.clear();
  body_.drop();
  stream_ = std::move(stream);
  send();
}

// REQUIRES: all that was taken before is sent.
void Connection::take_more_of_stream() {
  const AnswerFlow::Part part = stream_->take();
  if (part.state == AnswerFlow::State::kCut) return close();
  moved_at_ = tools_.now;
  if (part.state == AnswerFlow::State::kEnded) stream_ = AnswerSource();
  std::string records = stream_
                            ? tools_.codec.encode_part(*decoded_, part.bytes)
                            : tools_.codec.encode(*std::exchange(decoded_, nullptr), part.bytes);
  if (records.empty()) return close();
  unsent_.begin(std::move(records));
}

// Of a stream, sends only what was written since the last call: others get their turn.
void Connection::send() {
  if (unsent_.size() == 0 && stream_ && stream_->has_some()) take_more_of_stream();
  if (state_ == State::kClosed) return;
  bool has_moved = false;
  const UnsentAnswer::Progress progress = unsent_.send(socket_, has_moved);
  if (has_moved) moved_at_ = tools_.now;
  if (progress == UnsentAnswer::Progress::kBroken) return close();
  if (progress != UnsentAnswer::Progress::kAll) return;
  unsent_.clear();
  if (!stream_) finish_answer();
}

void Connection::finish_answer() {
  const bool is_whole = body_.state() == RequestBody::State::kWhole;
  const bool keeps = head_.keeps_connection();
  if (peer_ended_ || (is_whole && !keeps)) return close();
  // Closing now would destroy the answer on its way. This reports the end to a peer that waits for
  // it.
  if (!keeps) static_cast<void>(::shutdown(socket_.get(), SHUT_WR));
  state_ = is_whole ? State::kIdle : State::kDraining;
  body_.finish();
  const WipedBytes next = std::exchange(kept_, {});
  if (!next.empty()) read({next.data(), next.size()});
}

void Connection::close() {
  socket_ = auth::Descriptor();
  state_ = State::kClosed;
  waiter_ = nullptr;
  stream_ = AnswerSource();
  if (const auto decoded = std::exchange(decoded_, nullptr)) decoded->set_client_gone();
  tell_gone();
}

void Connection::close_if_nothing_came() {
  static_cast<void>(::shutdown(socket_.get(), SHUT_RD));
  receive();
  if (is_answered()) close();
}

void Connection::abandon() {
  const linger reset{1, 0};
  if (state_ == State::kAnswering) {
    static_cast<void>(::setsockopt(socket_.get(), SOL_SOCKET, SO_LINGER, &reset, sizeof reset));
  }
  close();
}

std::uint32_t Connection::events() const noexcept {
  switch (state_) {
    case State::kHead:
    case State::kIdle:
    case State::kBody:
    case State::kDraining:
      return EPOLLIN;
    case State::kAnswering:
      return (reads_body_on() ? EPOLLIN : 0U) | (waits_for_reader() ? EPOLLOUT : 0U);
    case State::kDecoded:
    case State::kAsked:
    case State::kClosed:
      return 0;
  }
  return 0;
}

// False if nothing more of the answer has been written yet.
bool Connection::waits_for_reader() const noexcept {
  return !stream_ || unsent_.size() > 0 || stream_->has_some();
}

bool Connection::reads_body_on() const noexcept {
  return body_.state() == RequestBody::State::kArriving && !peer_ended_;
}

bool Connection::is_late() {
  return tools_.now >= deadline() && !(state_ == State::kAnswering && peer_has_read());
}

Connection::Time Connection::deadline() const noexcept {
  const ServerOptions& options = tools_.options;
  switch (state_) {
    case State::kHead:
      return std::min(moved_at_ + options.head_silence, began_at_ + options.head_total);
    case State::kIdle:
      return moved_at_ + options.idle;
    case State::kBody:
    case State::kDraining:
      return moved_at_ + options.body_silence;
    case State::kAnswering:
      return waits_for_reader() ? moved_at_ + options.answer_silence : Time::max();
    case State::kDecoded:
    case State::kAsked:
    case State::kClosed:
      return Time::max();
  }
  return Time::max();
}

bool Connection::peer_has_read() {
  if (!unsent_.peer_has_read(socket_)) return false;
  moved_at_ = tools_.now;
  return true;
}

std::size_t Connection::held() const noexcept {
  const std::size_t decoded = decoded_ ? head_.size() + decoded_->body_size() : 0;
  const std::size_t written = stream_ ? AnswerStream::kRoom : 0;
  return kept_.size() + body_.size() + decoded + written + unsent_.size();
}

}  // namespace fcgi
