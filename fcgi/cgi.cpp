#include "fcgi/cgi.h"

#include <unistd.h>

#include <array>
#include <cerrno>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "fcgi/request_head.h"

extern char** environ;

namespace fcgi {
namespace {

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = ::write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

// The body, or nothing where it is longer than kMaxBody or ends too early (RFC 3875 §4.2).
std::optional<std::string> read_body() {
  const Request request(environ);
  std::size_t length = 0;
  for (const char digit : request.variable("CONTENT_LENGTH")) {
    if (digit < '0' || digit > '9' || length > kMaxBody) return std::nullopt;
    length = length * 10 + static_cast<std::size_t>(digit - '0');
  }
  if (length > kMaxBody) return std::nullopt;
  std::string body(length, '\0');
  std::size_t filled = 0;
  while (filled < length) {
    const ssize_t count = ::read(STDIN_FILENO, body.data() + filled, length - filled);
    if (count < 0 && errno == EINTR) continue;
    if (count <= 0) return std::nullopt;
    filled += static_cast<std::size_t>(count);
  }
  return body;
}

class CgiExchange final : public Exchange {
 public:
  explicit CgiExchange(std::shared_ptr<std::promise<bool>> written)
      : body_(read_body()),
        request_(environ, body_ ? std::optional<std::string_view>(*body_) : std::nullopt),
        written_(std::move(written)) {}
  ~CgiExchange() override {
    if (!finished_) finish(error_response(500, "server_error", "The request was not answered."));
  }

  const Request& request() const noexcept override { return request_; }

  void finish(const Response& response) override {
    finished_ = true;
    written_->set_value(write_all(serialise(response, request_.method() == "HEAD")));
  }

 private:
  const std::optional<std::string> body_;
  const Request request_;
  const std::shared_ptr<std::promise<bool>> written_;
  bool finished_ = false;
};

}  // namespace

bool serve_cgi(const EventLoop::Handler& handler) {
  // Shared: who waits goes on while the exchange's thread is still inside it.
  const auto written = std::make_shared<std::promise<bool>>();
  std::future<bool> outcome = written->get_future();
  handler(std::make_unique<CgiExchange>(written));
  return outcome.get();
}

void refuse_cgi(const Response& response) {
  // Nobody is left to tell where that fails.
  static_cast<void>(write_all(serialise(response, false)));
}

}  // namespace fcgi
