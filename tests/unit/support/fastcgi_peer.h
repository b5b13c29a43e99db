// SPDX-License-Identifier: Apache-2.0
// The web server's end of a FastCGI connection. Every wait has an end.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/descriptor.h"
#include "tests/unit/support/gate.h"

namespace support {

// One response as it came: FastCGI specification §5.3, §5.5.
struct FastCgiReply {
  unsigned id = 0;
  std::string output{};  // of all STDOUT records
  int app_status = -1;
  int protocol_status = -1;

  // The number behind "Status: ", which is the first header; 0 where it is not.
  [[nodiscard]] int status() const;
  [[nodiscard]] std::string body() const;
};

class FastCgiPeer {
 public:
  explicit FastCgiPeer(auth::Descriptor socket) : socket_(std::move(socket)) {}

  // False: the program has closed, or does not read.
  bool send(std::string_view bytes, std::chrono::milliseconds patience = kPatience);
  // The next response up to its END_REQUEST; nothing where the connection ended before or bytes
  // came that are none.
  [[nodiscard]] std::optional<FastCgiReply> receive(std::chrono::milliseconds patience = kPatience);
  // True: the program closed, and sent nothing more before.
  [[nodiscard]] bool is_closed(std::chrono::milliseconds patience = kPatience);
  void shut_down_sending();
  void close() { socket_ = auth::Descriptor(); }

  [[nodiscard]] const auth::Descriptor& socket() const noexcept { return socket_; }

 private:
  [[nodiscard]] bool fill(std::size_t size, std::chrono::steady_clock::time_point deadline);

  auth::Descriptor socket_;
  std::string buffer_{};
};

}  // namespace support
