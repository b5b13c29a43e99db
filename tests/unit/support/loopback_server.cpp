// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/loopback_server.h"

#include <sys/socket.h>

#include <algorithm>
#include <utility>

#include "tests/unit/support/sockets.h"

namespace support {

std::string LoopbackServer::Connection::read_request() {
  constexpr std::string_view kEndOfHead = "\r\n\r\n";
  constexpr std::string_view kLength = "Content-Length: ";
  for (;;) {
    const std::size_t head = buffer_.find(kEndOfHead);
    if (head != buffer_.npos) {
      const std::size_t named = buffer_.substr(0, head).find(kLength);
      const std::size_t body =
          named == buffer_.npos ? 0 : std::stoul(buffer_.substr(named + kLength.size()));
      const std::size_t size = head + kEndOfHead.size() + body;
      if (buffer_.size() >= size) {
        std::string request = buffer_.substr(0, size);
        buffer_.erase(0, size);
        return request;
      }
    }
    const std::string piece = receive(socket_);
    if (piece.empty()) return {};
    buffer_ += piece;
  }
}

bool LoopbackServer::Connection::send(std::string_view bytes) { return send_all(socket_, bytes); }

void LoopbackServer::Connection::wait_for_end() { static_cast<void>(is_closed(socket_)); }

void LoopbackServer::Connection::end_with_reset() const { prepare_reset(socket_); }

void LoopbackServer::Connection::shut_down() const {
  static_cast<void>(::shutdown(socket_.get(), SHUT_RDWR));
}

LoopbackServer::LoopbackServer(Behaviour behaviour)
    : LoopbackServer(std::move(behaviour), listen_on_tcp()) {}

LoopbackServer::LoopbackServer(Behaviour behaviour, auth::Descriptor listener)
    : behaviour_(std::move(behaviour)),
      listener_(std::move(listener)),
      port_(port_of(listener_)),
      acceptor_([this] { accept_all(); }) {}

LoopbackServer::~LoopbackServer() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const Connection* connection : open_) connection->shut_down();
  }
  // Ends the accept that waits.
  static_cast<void>(::shutdown(listener_.get(), SHUT_RDWR));
  acceptor_.join();
  for (std::thread& thread : threads_) thread.join();
}

std::string LoopbackServer::url(std::string_view path, std::string_view scheme) const {
  return std::string(scheme) + "://127.0.0.1:" + std::to_string(port_) + std::string(path);
}

void LoopbackServer::accept_all() {
  for (;;) {
    auth::Descriptor socket(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    const std::lock_guard lock(mutex_);
    if (!socket.is_open() || stopping_) return;
    ++connections_;
    threads_.emplace_back([this, socket = std::move(socket)]() mutable {
      Connection connection(std::move(socket));
      {
        const std::lock_guard opening(mutex_);
        if (stopping_) return;
        open_.push_back(&connection);
      }
      behaviour_(connection);
      const std::lock_guard closing(mutex_);
      open_.remove(&connection);
    });
  }
}

std::string http_answer(int status, std::string_view body, std::string_view headers) {
  return "HTTP/1.1 " + std::to_string(status) +
         " Status\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
         std::string(headers) + "\r\n" + std::string(body);
}

}  // namespace support
