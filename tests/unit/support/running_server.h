// SPDX-License-Identifier: Apache-2.0
// A fcgi::Server that runs on threads of its own until it is stopped or destroyed.
#pragma once

#include <chrono>
#include <cstdint>
#include <future>
#include <memory>
#include <string>
#include <vector>

#include "auth/base/descriptor.h"
#include "fcgi/server/server.h"
#include "tests/unit/support/fastcgi_peer.h"
#include "tests/unit/support/fastcgi_records.h"
#include "tests/unit/support/sockets.h"
#include "tests/unit/support/temporary_folder.h"

namespace support {

enum class SocketKind { kUnix, kTcp };
constexpr SocketKind kSocketKinds[] = {SocketKind::kUnix, SocketKind::kTcp};

class RunningServer {
 public:
  struct Options {
    SocketKind kind = SocketKind::kUnix;
    unsigned threads = 2;
    bool started = true;
    fcgi::ServerOptions server{};
  };

  RunningServer(Options options, fcgi::Exchange::Handler handler);
  explicit RunningServer(fcgi::Exchange::Handler handler)
      : RunningServer(Options{}, std::move(handler)) {}
  ~RunningServer();
  RunningServer(const RunningServer&) = delete;
  RunningServer& operator=(const RunningServer&) = delete;

  // Unless it was made so.
  void start();
  [[nodiscard]] FastCgiPeer connect() const;
  // The answer to one request over a connection of its own; its output is empty where none came.
  [[nodiscard]] FastCgiReply ask(std::string_view path, const RequestOptions& options = {}) const;

  // Of a Unix socket.
  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  void ask_to_stop() { server_->stop(); }
  // True: it has ended, and with success.
  [[nodiscard]] bool has_ended(std::chrono::milliseconds patience = kPatience);

 private:
  const TemporaryFolder folder_;
  const SocketKind kind_;
  const std::string path_;
  auth::Descriptor listener_;
  std::unique_ptr<fcgi::Server> server_;
  std::shared_future<bool> outcome_;
};

// Answers, when the body is there, with what arrived: "METHOD PATH BODY", "-" for a body that was
// too long.
void echo(std::unique_ptr<fcgi::Exchange> exchange);

}  // namespace support
