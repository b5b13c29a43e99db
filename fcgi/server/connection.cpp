#include "fcgi/server/connection.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

#include "auth/base/secret.h"
#include "fcgi/server/fastcgi_exchange.h"

namespace fcgi {
namespace {

// Sent at once to a peer that reads quickly; then others get their turn.
constexpr std::size_t kSentAtOnce = 256 << 10;

void append(WipedBytes& to, std::string_view bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::string_view view(const WipedBytes& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

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
  // It may have ended its own side only, and wait for its answer.
  if (state_ == State::kAnswering) {
    peer_ended_ = true;
  } else {
    close();
  }
}

void Connection::read(std::string_view bytes) {
  if (is_answered()) bytes.remove_prefix(read_rest(bytes));
  if (state_ == State::kHead) bytes.remove_prefix(read_head(bytes));
  if (is_reading_body()) bytes.remove_prefix(read_body(bytes));
  if (is_reading_body()) append(kept_, bytes);
}

bool Connection::is_answered() const noexcept {
  return state_ == State::kIdle || state_ == State::kDraining;
}

bool Connection::is_reading_body() const noexcept {
  return state_ == State::kDecoded || state_ == State::kBody || state_ == State::kAnswering;
}

// What still comes of a request that is answered, up to the next one. Returns how many of the bytes
// are not the next one's.
std::size_t Connection::read_rest(std::string_view bytes) {
  const std::size_t size = body_.read(bytes);
  switch (body_.state()) {
    case RequestBody::State::kRefused:
      refuse(body_.refusal());
      return size;
    case RequestBody::State::kWhole:
      take_end_of_body();
      return size;
    case RequestBody::State::kNext:
      return size - begin_request(size);
    case RequestBody::State::kArriving:
    case RequestBody::State::kAborted:
      return size;
  }
  return size;
}

void Connection::take_end_of_body() {
  if (head_.keeps_connection()) {
    state_ = State::kIdle;
  } else {
    close();
  }
}

// Its first header has been read, the last one of so many bytes. Returns how many of these are to
// be read again: all of the header, unless it has come in two parts.
std::size_t Connection::begin_request(std::size_t read) {
  if (!head_.keeps_connection()) {
    close();
    return 0;
  }
  const std::string_view header = body_.next_header();
  state_ = State::kHead;
  began_at_ = tools_.now;
  head_ = RequestHead();
  if (read >= header.size()) return header.size();
  read_head(header);
  return 0;
}

std::size_t Connection::read_head(std::string_view bytes) {
  const std::size_t size = head_.read(bytes);
  if (!head_.refusal().empty()) {
    refuse(head_.refusal());
  } else if (kept_.empty() && head_.is_whole()) {
    decode(bytes.substr(0, size));
  } else {
    append(kept_, bytes.substr(0, size));
    if (head_.is_whole()) decode(view(std::exchange(kept_, {})));
  }
  return size;
}

void Connection::decode(std::string_view head) {
  decoded_ = tools_.codec.decode(head, head_.variables());
  if (!decoded_) return refuse("libfcgi cannot read it");
  ++request_;
  body_ = RequestBody(
      head_.id(), tools_.options.max_body_read,
      head_.is_authorizer() ? RequestBody::State::kWhole : RequestBody::State::kArriving);
  state_ = State::kDecoded;
}

std::size_t Connection::read_body(std::string_view bytes) {
  const std::size_t size = body_.read(bytes);
  const bool is_wanted = state_ == State::kDecoded || state_ == State::kBody;
  if (body_.state() == RequestBody::State::kAborted) {
    close();
  } else if (body_.state() == RequestBody::State::kRefused) {
    refuse(body_.refusal());
  } else if (is_wanted && body_.is_known()) {
    decoded_->set_body(body_.take());
  }
  return size;
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
  if (message.request.request != request_ || !is_unanswered()) return;
  if (message.when_gone) {
    when_gone_ = std::move(message.when_gone);
    return;
  }
  if (!message.when_body) return answer(message.answer);
  state_ = State::kBody;
  moved_at_ = tools_.now;
  waiter_ = std::move(message.when_body);
  // It has usually come meanwhile.
  receive();
}

void Connection::refuse_unless_answered(const Response& response) {
  if (is_unanswered()) begin_answer(serialise(response, decoded_->request().method() == "HEAD"));
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
  when_gone_ = nullptr;
  body_.drop();
  // Of a first answer none is on its way before it.
  if (request_ == 1 && text.size() <= Codec::kMaxSentAtOnce) {
    return Codec::send(*decoded, text, socket_.get()) ? finish_answer() : close();
  }
  records_ = tools_.codec.encode(*decoded, text);
  records_.empty() ? close() : send();
}

void Connection::send() {
  const std::size_t stop = std::min(records_.size(), sent_ + kSentAtOnce);
  while (sent_ < stop) {
    const ssize_t count =
        ::send(socket_.get(), records_.data() + sent_, records_.size() - sent_, MSG_NOSIGNAL);
    if (count > 0) {
      sent_ += static_cast<std::size_t>(count);
      moved_at_ = tools_.now;
    } else if (errno == EAGAIN) {
      static_cast<void>(peer_has_read());
      return;
    } else if (errno != EINTR) {
      return close();
    }
  }
  if (sent_ == records_.size()) finish_answer();
}

void Connection::finish_answer() {
  records_ = std::string();
  sent_ = 0;
  const bool is_whole = body_.state() == RequestBody::State::kWhole;
  const bool keeps = head_.keeps_connection();
  if (peer_ended_ || (is_whole && !keeps)) return close();
  // Closing now would destroy the answer on its way. This tells a peer that waits for the end.
  if (!keeps) static_cast<void>(::shutdown(socket_.get(), SHUT_WR));
  state_ = is_whole ? State::kIdle : State::kDraining;
  body_.finish();
  const WipedBytes next = std::exchange(kept_, {});
  if (!next.empty()) read(view(next));
}

void Connection::close() {
  socket_ = auth::Descriptor();
  state_ = State::kClosed;
  waiter_ = nullptr;
  decoded_.reset();
  if (const auto gone = std::exchange(when_gone_, nullptr)) gone();
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
      return reads_body_on() ? EPOLLIN | EPOLLOUT : EPOLLOUT;
    case State::kDecoded:
    case State::kAsked:
    case State::kClosed:
      return 0;
  }
  return 0;
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
      return moved_at_ + options.answer_silence;
    case State::kDecoded:
    case State::kAsked:
    case State::kClosed:
      return Time::max();
  }
  return Time::max();
}

// Whether it has read since the last look. A slow reader takes minutes until the socket takes more:
// that needs three quarters of its buffer to be empty.
bool Connection::peer_has_read() {
  int queued = 0;
  if (::ioctl(socket_.get(), SIOCOUTQ, &queued) != 0) return false;
  if (std::exchange(queued_, queued) <= queued) return false;
  moved_at_ = tools_.now;
  return true;
}

std::size_t Connection::held() const noexcept {
  const std::size_t decoded = decoded_ ? head_.size() + decoded_->body_size() : 0;
  return kept_.size() + body_.size() + decoded + records_.size() - sent_;
}

}  // namespace fcgi
