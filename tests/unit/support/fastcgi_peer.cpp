// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/fastcgi_peer.h"

#include <sys/socket.h>

#include <cstdlib>

#include "tests/unit/support/fastcgi_records.h"
#include "tests/unit/support/sockets.h"

namespace support {
namespace {

constexpr std::size_t kHeaderBytes = 8;

std::size_t byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

}  // namespace

int FastCgiReply::status() const {
  constexpr std::string_view kName = "Status: ";
  return output.starts_with(kName) ? std::atoi(output.c_str() + kName.size()) : 0;
}

std::string FastCgiReply::body() const {
  const std::size_t end = output.find("\r\n\r\n");
  return end == output.npos ? "" : output.substr(end + 4);
}

bool FastCgiPeer::send(std::string_view bytes, std::chrono::milliseconds patience) {
  return send_all(socket_, bytes, patience);
}

bool FastCgiPeer::fill(std::size_t size, std::chrono::steady_clock::time_point deadline) {
  while (buffer_.size() < size) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(deadline - std::chrono::steady_clock::now());
    const std::string piece = support::receive(socket_, 65536, left);
    if (piece.empty()) return false;
    buffer_ += piece;
  }
  return true;
}

std::optional<FastCgiReply> FastCgiPeer::receive(std::chrono::milliseconds patience) {
  const auto deadline = std::chrono::steady_clock::now() + patience;
  FastCgiReply reply;
  while (fill(kHeaderBytes, deadline)) {
    const std::size_t type = byte_at(buffer_, 1);
    const std::size_t id = byte_at(buffer_, 2) << 8 | byte_at(buffer_, 3);
    const std::size_t size = byte_at(buffer_, 4) << 8 | byte_at(buffer_, 5);
    const std::size_t whole = kHeaderBytes + size + byte_at(buffer_, 6);
    if (byte_at(buffer_, 0) != 1 || !fill(whole, deadline)) return std::nullopt;
    const std::string content = buffer_.substr(kHeaderBytes, size);
    buffer_.erase(0, whole);
    if (reply.id != 0 && reply.id != id) return std::nullopt;
    reply.id = static_cast<unsigned>(id);
    if (type == kStdout) {
      reply.output += content;
    } else if (type == kEndRequest && size == 8) {
      reply.app_status = static_cast<int>(byte_at(content, 3));
      reply.protocol_status = static_cast<int>(byte_at(content, 4));
      return reply;
    } else {
      return std::nullopt;
    }
  }
  return std::nullopt;
}

bool FastCgiPeer::is_closed(std::chrono::milliseconds patience) {
  return buffer_.empty() && support::receive(socket_, 1, patience).empty() &&
         support::is_closed(socket_, std::chrono::milliseconds(0));
}

void FastCgiPeer::shut_down_sending() { static_cast<void>(::shutdown(socket_.get(), SHUT_WR)); }

}  // namespace support
