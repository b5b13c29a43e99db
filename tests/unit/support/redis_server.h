// SPDX-License-Identifier: Apache-2.0
// A Redis or Valkey server of a test's own, in a temporary folder, on a port and a socket of its
// own.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/descriptor.h"
#include "tests/unit/support/temporary_folder.h"

namespace support {

class RedisServer {
 public:
  // Waits until it takes connections. Throws where there is no server to be started.
  explicit RedisServer(std::vector<std::string> options = {});
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;
  ~RedisServer();

  [[nodiscard]] std::string port() const { return std::to_string(port_); }
  [[nodiscard]] std::string socket() const { return (folder_.path() / "socket").string(); }

  // With nothing in it, on the same port and socket. REQUIRES: stopped.
  void start();
  void stop();
  // Keeps it from doing anything, and lets it go on.
  void freeze() const;
  void thaw() const;

  // What it answers to a command that has a text for an answer. Throws for any other answer.
  std::string say(std::initializer_list<std::string_view> command,
                  std::string_view password = {}) const;

 private:
  TemporaryFolder folder_{};
  const std::vector<std::string> options_;
  const std::uint16_t port_;
  pid_t process_ = 0;
  auth::Descriptor output_{};  // until it dies
};

}  // namespace support
