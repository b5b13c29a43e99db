// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/redis_server.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <chrono>
#include <memory>
#include <optional>
#include <stdexcept>
#include <utility>

#include "auth/store/redis_connection.h"
#include "auth/store/redis_reply.h"
#include "auth/store/redis_url.h"

namespace support {
namespace {

using auth::Descriptor;

constexpr std::chrono::seconds kPatience{20};

std::uint16_t free_port() {
  const Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), size) != 0 ||
      ::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("there is no free port");
  }
  return ntohs(address.sin_port);
}

// The process of a program that dies with this one. Its output goes to the descriptor.
pid_t start_program(const std::vector<std::string>& arguments, int output) {
  std::vector<char*> texts;
  for (const std::string& argument : arguments)
    texts.push_back(const_cast<char*>(argument.c_str()));
  texts.push_back(nullptr);
  const pid_t process = ::fork();
  if (process != 0) return process;
  if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || ::dup2(output, STDOUT_FILENO) < 0) ::_exit(126);
  ::execvp(texts[0], texts.data());
  for (const char* const other : {"valkey-server", "/usr/sbin/redis-server"}) {
    ::execvp(other, texts.data());
  }
  ::_exit(127);
}

void await_text(int descriptor, std::string_view text) {
  std::string seen;
  std::array<char, 4096> piece;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  while (seen.find(text) == std::string::npos) {
    const auto left =
        std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
    pollfd waited{descriptor, POLLIN, 0};
    if (left.count() <= 0 || ::poll(&waited, 1, static_cast<int>(left.count())) <= 0) {
      throw std::runtime_error("the Redis server does not start in time");
    }
    const ssize_t count = ::read(descriptor, piece.data(), piece.size());
    if (count <= 0) throw std::runtime_error("the Redis server does not start: " + seen);
    seen.append(piece.data(), static_cast<std::size_t>(count));
  }
}

void expect(const auth::Result<void, auth::Mistake>& outcome) {
  if (!outcome) throw std::runtime_error(outcome.error().sentence);
}

auth::redis::Reply ask(auth::redis::RedisConnection& connection,
                       const auth::redis::Command& command) {
  using namespace auth::redis;
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (bool sent = false; std::chrono::steady_clock::now() < end;) {
    pollfd waited{connection.descriptor(), connection.awaited(), 0};
    static_cast<void>(::poll(&waited, 1, 1000));
    expect(connection.advance(waited.revents));
    if (connection.stage() != RedisConnection::Stage::kReady) continue;
    if (!std::exchange(sent, true)) {
      expect(connection.send(command));
      expect(connection.flush());
    }
    auto next = connection.next();
    if (!next) throw std::runtime_error(next.error().sentence);
    if (*next) return **std::move(next);
  }
  throw std::runtime_error("the Redis server does not answer in time");
}

}  // namespace

RedisServer::RedisServer(std::vector<std::string> options)
    : options_(std::move(options)), port_(free_port()) {
  start();
}

RedisServer::~RedisServer() { stop(); }

void RedisServer::start() {
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  output_ = Descriptor(ends[0]);
  const Descriptor input(ends[1]);
  std::vector<std::string> arguments{"redis-server", "--bind",    "127.0.0.1",
                                     "--port",       port(),      "--unixsocket",
                                     socket(),       "--dir",     folder_.path(),
                                     "--save",       "",          "--appendonly",
                                     "no",           "--logfile", "",
                                     "--daemonize",  "no"};
  arguments.insert(arguments.end(), options_.begin(), options_.end());
  process_ = start_program(arguments, input.get());
  if (process_ < 0) throw std::runtime_error("no process can be made");
  await_text(output_.get(), "eady to accept connections");
}

void RedisServer::stop() {
  if (process_ <= 0) return;
  static_cast<void>(::kill(process_, SIGKILL));
  while (::waitpid(process_, nullptr, 0) < 0 && errno == EINTR) continue;
  process_ = 0;
}

void RedisServer::freeze() const {
  int status = 0;
  if (::kill(process_, SIGSTOP) != 0 || ::waitpid(process_, &status, WUNTRACED) != process_ ||
      !WIFSTOPPED(status)) {
    throw std::runtime_error("the Redis server cannot be stopped");
  }
}

void RedisServer::thaw() const { static_cast<void>(::kill(process_, SIGCONT)); }

std::string RedisServer::say(std::initializer_list<std::string_view> command,
                             std::string_view password) const {
  using namespace auth::redis;
  auth::RedisAddress address;
  address.socket = socket();
  address.password = auth::Secret(password);
  auto begun = RedisConnection::begin(address, {});
  if (!begun) throw std::runtime_error(begun.error().sentence);
  const Reply reply = ask(**begun, Command(command.begin(), command.end()));
  if (reply.kind != Reply::Kind::kText) throw std::runtime_error("it answers " + reply.text);
  return reply.text;
}

}  // namespace support
