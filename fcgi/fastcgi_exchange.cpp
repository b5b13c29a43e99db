#include "fcgi/fastcgi_exchange.h"

#include <openssl/crypto.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <string_view>
#include <utility>

#include "auth/log.h"

namespace fcgi {
namespace {

// What fits into the empty buffer of any socket; a longer response may have to wait for its reader.
constexpr std::size_t kNeverBlocks = 32 << 10;
// libfcgi reads this much at once.
constexpr std::size_t kCodecBuffer = 8192;

void limit_sending(int fd) {
  const timeval timeout{kSendTimeout.count(), 0};
  // Where it fails the response is sent all the same, only without a limit.
  static_cast<void>(::setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout));
}

}  // namespace

std::unique_ptr<FastCgiExchange> FastCgiExchange::read(int fd, RequestHead head, EventLoop& loop,
                                                       std::atomic<std::size_t>& under_way) {
  std::unique_ptr<FastCgiExchange> exchange(
      new FastCgiExchange(fd, std::move(head), loop, under_way));
  FCGX_Request& fcgx = exchange->fcgx_;
  if (FCGX_Accept_r(&fcgx) != 0) {
    auth::log(auth::LogLevel::kWarn, "libfcgi cannot read a request");
    exchange->finished_ = true;
    return nullptr;
  }
  const bool has_body = exchange->head_.state == RequestHead::State::kComplete;
  exchange->request_.emplace(
      fcgx.envp, has_body ? std::optional<std::string_view>(exchange->head_.body) : std::nullopt);
  return exchange;
}

FastCgiExchange::FastCgiExchange(int fd, RequestHead head, EventLoop& loop,
                                 std::atomic<std::size_t>& under_way)
    : head_(std::move(head)), loop_(loop), under_way_(under_way) {
  under_way_.fetch_add(1, std::memory_order_relaxed);
  // Cannot fail: it sets the members. No listening socket: libfcgi is not to accept. With a
  // connection that is to be kept it does not accept either, but reads from this one.
  FCGX_InitRequest(&fcgx_, -1, 0);
  fcgx_.ipcFd = fd;
  fcgx_.keepConnection = 1;
}

FastCgiExchange::~FastCgiExchange() {
  if (!finished_) finish(error_response(500, "server_error", "The request was not answered."));
  under_way_.fetch_sub(1, std::memory_order_relaxed);
}

void FastCgiExchange::finish(const Response& response) {
  finished_ = true;
  const std::string bytes = serialise(response, request_->method() == "HEAD");
  // The buffer of a kept connection may still hold earlier responses.
  if (bytes.size() > kNeverBlocks || head_.keep_connection) limit_sending(fcgx_.ipcFd);
  // A web server that went away is noticed when the stream is closed.
  FCGX_PutStr(bytes.data(), static_cast<int>(bytes.size()), fcgx_.out);
  for (const std::string_view token : request_->authorization()) {
    OPENSSL_cleanse(const_cast<char*>(token.data()), token.size());
  }
  if (head_.keep_connection && head_.state == RequestHead::State::kComplete) {
    // The whole request waits in the socket, so this does not block.
    std::array<char, 4096> rest;
    while (FCGX_GetStr(rest.data(), static_cast<int>(rest.size()), fcgx_.in) > 0) continue;
  }
  // What FCGX_Finish_r does, but for the two seconds that it would wait for a web server that does
  // not read, before it closed the descriptor.
  bool sent = FCGX_FClose(fcgx_.err) == 0;
  sent = FCGX_FClose(fcgx_.out) == 0 && sent;
  sent = FCGX_GetError(fcgx_.in) == 0 && sent;
  FCGX_Free(&fcgx_, 0);
  release_connection(sent);
}

void FastCgiExchange::release_connection(bool usable) {
  const int fd = std::exchange(fcgx_.ipcFd, -1);
  if (!usable) {
    static_cast<void>(::close(fd));
  } else if (head_.state == RequestHead::State::kBodyTooLarge) {
    static_cast<void>(::shutdown(fd, SHUT_WR));
    loop_.give_back(fd, EventLoop::After::kLinger);
  } else if (head_.keep_connection) {
    loop_.give_back(fd, EventLoop::After::kReuse);
  } else {
    // Bytes left unread would turn the close into a reset that overtakes the response.
    std::array<char, kMaxRequestBytes> rest;
    if (head_.arrived > kCodecBuffer) {
      static_cast<void>(::recv(fd, rest.data(), rest.size(), MSG_DONTWAIT));
    }
    static_cast<void>(::close(fd));
  }
}

}  // namespace fcgi
