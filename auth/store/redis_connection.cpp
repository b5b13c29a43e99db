#include "auth/store/redis_connection.h"

#include <hiredis/hiredis.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <openssl/crypto.h>
#include <poll.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <system_error>
#include <utility>
#include <vector>

#include "auth/store/shared_store.h"

namespace auth::redis {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kReadBytes = 16 << 10;
// The longest text that is asked for, and what RESP puts around it.
constexpr std::size_t kMaxReplyBytes = kMaxSealedBytes + 64;
constexpr std::size_t kMaxCodeBytes = 20;
constexpr std::string_view kTooLate = "no answer in time";

struct ReplyDeleter {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

std::string system_problem(int code) { return std::generic_category().message(code); }

// Whether the socket is ready for it before the deadline.
bool await(int socket, short event, Deadline deadline) {
  for (;;) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(deadline - Clock::now()).count();
    pollfd waited{socket, event, 0};
    const int ready = ::poll(&waited, 1, static_cast<int>(std::max<long>(left, 0)));
    if (ready > 0) return true;
    if (ready == 0 || errno != EINTR) return false;
  }
}

std::variant<Descriptor, std::string> connect_to(const sockaddr* address, socklen_t size,
                                                 Deadline deadline) {
  Descriptor socket(::socket(address->sa_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return system_problem(errno);
  if (::connect(socket.get(), address, size) != 0) {
    if (errno != EINPROGRESS) return system_problem(errno);
    if (!await(socket.get(), POLLOUT, deadline)) return "no connection in time";
    int code = 0;
    socklen_t length = sizeof code;
    if (::getsockopt(socket.get(), SOL_SOCKET, SO_ERROR, &code, &length) != 0) code = errno;
    if (code != 0) return system_problem(code);
  }
  return socket;
}

std::variant<Descriptor, std::string> connect_socket(const std::string& path, Deadline deadline) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  if (path.size() >= sizeof address.sun_path) return "the path of its socket is too long";
  std::memcpy(address.sun_path, path.data(), path.size());
  return connect_to(reinterpret_cast<const sockaddr*>(&address), sizeof address, deadline);
}

std::variant<Descriptor, std::string> connect_host(Resolver& resolver, Deadline deadline) {
  auto resolved = resolver.resolve(deadline);
  if (auto* problem = std::get_if<std::string>(&resolved)) return std::move(*problem);
  const auto& addresses = std::get<std::vector<SocketAddress>>(resolved);
  std::string problem;
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    // So that one address that does not answer leaves time for the others.
    const auto share = (deadline - Clock::now()) / static_cast<long>(addresses.size() - i);
    auto connected = connect_to(reinterpret_cast<const sockaddr*>(&addresses[i].bytes),
                                addresses[i].size, Clock::now() + share);
    if (auto* socket = std::get_if<Descriptor>(&connected)) {
      const int on = 1;
      static_cast<void>(::setsockopt(socket->get(), IPPROTO_TCP, TCP_NODELAY, &on, sizeof on));
      return std::move(*socket);
    }
    problem = std::get<std::string>(std::move(connected));
  }
  return problem;
}

// The command as RESP, wiped with its arguments' last copy.
Secret format(std::initializer_list<std::string_view> command) {
  std::vector<const char*> texts;
  std::vector<std::size_t> sizes;
  for (const std::string_view argument : command) {
    texts.push_back(argument.data());
    sizes.push_back(argument.size());
  }
  char* made = nullptr;
  const long long size =
      redisFormatCommandArgv(&made, static_cast<int>(texts.size()), texts.data(), sizes.data());
  if (size < 0 || made == nullptr) return Secret();
  Secret formatted(std::string_view(made, static_cast<std::size_t>(size)));
  OPENSSL_cleanse(made, static_cast<std::size_t>(size));
  redisFreeCommand(made);
  return formatted;
}

std::string code_of(std::string_view error) {
  constexpr std::string_view kLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  const std::size_t size = std::min(error.find_first_not_of(kLetters), error.size());
  return size == 0 || size > kMaxCodeBytes ? "an error" : std::string(error.substr(0, size));
}

Reply reply_of(const redisReply& reply) {
  const std::string_view text =
      reply.str == nullptr ? std::string_view()
                           : std::string_view(reply.str, static_cast<std::size_t>(reply.len));
  switch (reply.type) {
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {Reply::Kind::kText, std::string(text)};
    case REDIS_REPLY_NIL:
      return {Reply::Kind::kNothing, "nothing"};
    case REDIS_REPLY_ERROR:
      return {Reply::Kind::kError, code_of(text)};
    default:
      return {Reply::Kind::kOther, "something else"};
  }
}

}  // namespace

void RedisConnection::ReaderDeleter::operator()(redisReader* reader) const noexcept {
  redisReaderFree(reader);
}

RedisConnection::RedisConnection(Descriptor socket)
    : socket_(std::move(socket)), reader_(redisReaderCreate()) {}

RedisConnection::Opened RedisConnection::open(const RedisAddress& address, Resolver& resolver,
                                              Deadline deadline) {
  auto socket = address.host.empty() ? connect_socket(address.socket, deadline)
                                     : connect_host(resolver, deadline);
  if (auto* problem = std::get_if<std::string>(&socket)) return std::move(*problem);
  std::unique_ptr<RedisConnection> connection(
      new RedisConnection(std::get<Descriptor>(std::move(socket))));
  if (!connection->reader_) return "there is no memory for its replies";
  std::string problem = connection->introduce(address, deadline);
  if (!problem.empty()) return problem;
  return connection;
}

// Gives what is wrong, if anything.
std::string RedisConnection::introduce(const RedisAddress& address, Deadline deadline) {
  const auto problem_with = [](const std::variant<Reply, std::string>& answer,
                               std::string_view command) -> std::string {
    if (const auto* problem = std::get_if<std::string>(&answer)) return *problem;
    const Reply& reply = std::get<Reply>(answer);
    if (reply.kind == Reply::Kind::kText && reply.text == "OK") return {};
    const bool is_told = reply.kind != Reply::Kind::kText;
    return "it answers " + (is_told ? reply.text : "something else") + " to " +
           std::string(command);
  };
  std::string problem;
  const std::string_view password = address.password.reveal();
  if (!password.empty()) {
    problem = problem_with(address.user.empty() ? call({"AUTH", password}, deadline)
                                                : call({"AUTH", address.user, password}, deadline),
                           "AUTH");
  }
  if (problem.empty() && address.database != 0) {
    problem = problem_with(call({"SELECT", std::to_string(address.database)}, deadline), "SELECT");
  }
  return problem;
}

std::variant<Reply, std::string> RedisConnection::call(
    std::initializer_list<std::string_view> command, Deadline deadline) {
  const Secret bytes = format(command);
  if (bytes.empty()) return "there is no memory for a command";
  std::string problem = send(bytes.reveal(), deadline);
  if (!problem.empty()) return problem;
  return receive(deadline);
}

std::string RedisConnection::send(std::string_view bytes, Deadline deadline) {
  while (!bytes.empty()) {
    const ssize_t count = ::send(socket_.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (count >= 0) {
      bytes.remove_prefix(static_cast<std::size_t>(count));
    } else if (errno == EAGAIN) {
      if (!await(socket_.get(), POLLOUT, deadline)) return std::string(kTooLate);
    } else if (errno != EINTR) {
      return system_problem(errno);
    }
  }
  return {};
}

std::variant<Reply, std::string> RedisConnection::receive(Deadline deadline) {
  std::array<char, kReadBytes> piece;
  std::size_t received = 0;
  for (;;) {
    if (!await(socket_.get(), POLLIN, deadline)) return std::string(kTooLate);
    const ssize_t count = ::recv(socket_.get(), piece.data(), piece.size(), 0);
    if (count == 0) return "it closes the connection";
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count < 0) return system_problem(errno);
    // None of the commands has lists for an answer, for which hiredis would take memory at once.
    if (received == 0 && std::string_view("+-:$").find(piece[0]) == std::string_view::npos) {
      return "it does not speak the protocol of Redis";
    }
    received += static_cast<std::size_t>(count);
    if (received > kMaxReplyBytes) return "its answer is too long";
    void* made = nullptr;
    if (redisReaderFeed(reader_.get(), piece.data(), static_cast<std::size_t>(count)) != REDIS_OK ||
        redisReaderGetReply(reader_.get(), &made) != REDIS_OK) {
      return "it does not speak the protocol of Redis";
    }
    if (made == nullptr) continue;
    const std::unique_ptr<redisReply, ReplyDeleter> reply(static_cast<redisReply*>(made));
    // More than was asked for would be taken for the next answer.
    if (reader_->pos < reader_->len) return "it answers more than it was asked";
    return reply_of(*reply);
  }
}

bool RedisConnection::is_quiet() const noexcept {
  char byte = 0;
  return ::recv(socket_.get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) < 0 && errno == EAGAIN;
}

}  // namespace auth::redis
