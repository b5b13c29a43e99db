// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/cgi.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <climits>
#include <cstdint>
#include <functional>
#include <future>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/base/private_process.h"
#include "fcgi/server/request_body.h"

extern char** environ;

namespace fcgi {
namespace {

// Reads the request's body from standard input (RFC 3875 §4.2).
class Body {
 public:
  Body(const Request& request, std::chrono::milliseconds silence) : silence_(silence) {
    const std::string_view length = request.variable("CONTENT_LENGTH");
    ends_with_input_ = length.empty() && !request.variable("HTTP_TRANSFER_ENCODING").empty();
    if (ends_with_input_) left_ = kMaxLength;
    for (const char digit : length) {
      is_sound_ = is_sound_ && digit >= '0' && digit <= '9' && left_ < kMaxLength;
      if (is_sound_) left_ = left_ * 10 + static_cast<std::uint64_t>(digit - '0');
    }
  }

  // Returns the body; nullopt if it is too long to be kept, or ends too early.
  std::optional<std::string> take() {
    if (!is_sound_ || (left_ > kMaxBody && !ends_with_input_)) return std::nullopt;
    const std::uint64_t length = left_;
    std::string body;
    std::array<char, kPart> part{};
    while (left_ > 0) {
      const std::size_t count = read_some(part.data(), part.size());
      body.append(part.data(), count);
      const bool is_silent = count == 0 && left_ > 0;
      if (is_silent || body.size() > kMaxBody) return std::nullopt;
    }
    if (!ends_with_input_ && body.size() < length) return std::nullopt;
    return body;
  }

  [[nodiscard]] bool is_arriving() const noexcept { return left_ > 0; }

  // Reads and drops a part of a body that nobody asked for. Waits for it if none is there.
  void drop_some() {
    std::array<char, kPart> part;
    if (read_some(part.data(), part.size()) == 0) left_ = 0;
  }

  // Reads and drops a body that nobody asked for. A web server may write all of it before it reads
  // the answer, which would be lost if the process ended before.
  void drain() {
    if (left_ == 0) return;
    // A web server that reads the answer first must not wait for more of it.
    static_cast<void>(::shutdown(STDOUT_FILENO, SHUT_WR));
    auth::close_standard(STDOUT_FILENO);
    while (left_ > 0) drop_some();
  }

 private:
  static constexpr std::uint64_t kMaxLength = std::uint64_t{1} << 50;
  static constexpr std::size_t kPart = 16 << 10;

  // Returns the number of bytes read; 0 at the end of the input, which then ends the body, or if
  // nothing comes in time.
  std::size_t read_some(char* to, std::size_t most) {
    most = static_cast<std::size_t>(std::min<std::uint64_t>(most, left_));
    for (;;) {
      pollfd input{STDIN_FILENO, POLLIN, 0};
      const int ready = ::poll(&input, 1, static_cast<int>(silence_.count()));
      const ssize_t count = ready > 0 ? ::read(STDIN_FILENO, to, most) : ready;
      if (count < 0 && errno == EINTR) continue;
      const auto read = static_cast<std::size_t>(std::max<ssize_t>(count, 0));
      left_ = ready > 0 && count == 0 ? 0 : left_ - read;
      return read;
    }
  }

  const std::chrono::milliseconds silence_;
  bool is_sound_ = true;
  bool ends_with_input_ = false;  // the client did not say how long it is
  std::uint64_t left_ = 0;
};

// Waits until standard output takes some bytes, and drops what comes of the body meanwhile: a web
// server that writes all of the body before it reads would wait for us as we wait for it.
bool wait_for_output(Body& body) {
  while (body.is_arriving()) {
    pollfd ends[] = {{STDOUT_FILENO, POLLOUT, 0}, {STDIN_FILENO, POLLIN, 0}};
    const int ready = ::poll(ends, std::size(ends), -1);
    if (ready < 0 && errno != EINTR) return false;
    if (ready > 0 && ends[1].revents != 0) body.drop_some();
    if (ready > 0 && ends[0].revents != 0) return true;
  }
  return true;
}

bool write_all(std::string_view bytes, Body& body) {
  while (!bytes.empty()) {
    if (!wait_for_output(body)) return false;
    // A pipe that takes any byte takes PIPE_BUF bytes without blocking.
    const std::size_t most = body.is_arriving() ? PIPE_BUF : bytes.size();
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), std::min(bytes.size(), most));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// Shared: the thread that waits for the end goes on while the exchange's thread is still inside it.
struct Call {
  explicit Call(const Body& input) : body(input) {}
  Body body;
  std::promise<bool> written{};
};

// Each piece is written before write returns: there is no other request.
class CgiAnswer final : public AnswerStream {
 public:
  CgiAnswer(std::shared_ptr<Call> call, const Response& head, std::string_view request_id,
            bool has_body)
      : call_(std::move(call)),
        has_body_(has_body),
        open_(write_all(serialise_head(head, request_id), call_->body)) {}
  ~CgiAnswer() override {
    if (!ended_) call_->written.set_value(false);
  }

  std::size_t write(std::string_view piece) override {
    if (ended_ || !open_) return 0;
    if (has_body_) open_ = write_all(piece, call_->body);
    return open_ ? piece.size() : 0;
  }
  bool wait_for_room(std::chrono::milliseconds) override { return is_open(); }
  bool is_open() const noexcept override { return open_ && !ended_; }
  void end() override {
    if (!std::exchange(ended_, true)) call_->written.set_value(open_);
  }

 private:
  const std::shared_ptr<Call> call_;
  const bool has_body_;
  bool open_;
  bool ended_ = false;
};

class CgiExchange final : public Exchange {
 public:
  CgiExchange(const Request& request, std::shared_ptr<Call> call)
      : request_(request), call_(std::move(call)) {}
  ~CgiExchange() override {
    if (!finished_) finish(error_response(500, "server_error", "The request was not answered."));
  }

  const Request& request() const noexcept override { return request_; }

  // Waits for it here: there is no other request.
  void when_body(std::function<void()> then) override {
    body_ = call_->body.take();
    if (body_) request_.set_body(*body_);
    then();
  }

  void finish(const Response& response) override {
    finished_ = true;
    const std::string text =
        serialise(response, request_.method() == "HEAD", request_.request_id());
    call_->written.set_value(write_all(text, call_->body));
  }

  std::unique_ptr<AnswerStream> begin(const Response& head) override {
    finished_ = true;
    return std::make_unique<CgiAnswer>(call_, head, request_.request_id(),
                                       has_body(head, request_.method() == "HEAD"));
  }

 private:
  std::optional<std::string> body_{};
  Request request_;
  const std::shared_ptr<Call> call_;
  bool finished_ = false;
};

}  // namespace

bool serve_cgi(const Exchange::Handler& handler, std::chrono::milliseconds body_silence) {
  const Request request(environ, std::nullopt);
  const auto call = std::make_shared<Call>(Body(request, body_silence));
  std::future<bool> outcome = call->written.get_future();
  handler(std::make_unique<CgiExchange>(request, call));
  const bool written = outcome.get();
  call->body.drain();
  return written;
}

void refuse_cgi(const Response& response) {
  const Request request(environ, std::nullopt);
  Body body(request, ServerOptions().body_silence);
  // If that fails, there is nobody left to report it to.
  static_cast<void>(write_all(serialise(response, false, request.request_id()), body));
  body.drain();
}

}  // namespace fcgi
