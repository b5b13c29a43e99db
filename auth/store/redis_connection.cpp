// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_connection.h"

#include <fcntl.h>
#include <hiredis/hiredis.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <system_error>
#include <utility>
#include <vector>

#include "auth/base/secret.h"
#include "auth/store/shared_store.h"

namespace auth::redis {
namespace {

// Maximum size of a reply: the longest text that is asked for, and what RESP puts around it.
constexpr std::size_t kMaxReplyBytes = kMaxSealedBytes + 64;
constexpr std::size_t kMaxCodeBytes = 20;

struct ReplyDeleter {
  void operator()(redisReply* reply) const noexcept { freeReplyObject(reply); }
};

// A command's arguments as hiredis takes them.
struct Arguments {
  template <typename Texts>
  explicit Arguments(const Texts& command) {
    for (const std::string_view argument : command) {
      texts.push_back(argument.data());
      sizes.push_back(argument.size());
    }
  }
  [[nodiscard]] int count() const { return static_cast<int>(texts.size()); }

  std::vector<const char*> texts{};
  std::vector<std::size_t> sizes{};
};

// The command as RESP, in memory that is wiped.
Secret format(std::initializer_list<std::string_view> command) {
  Arguments arguments(command);
  char* made = nullptr;
  const long long size = redisFormatCommandArgv(&made, arguments.count(), arguments.texts.data(),
                                                arguments.sizes.data());
  if (size < 0 || made == nullptr) return Secret();
  Secret formatted(std::string_view(made, static_cast<std::size_t>(size)));
  wipe(made, static_cast<std::size_t>(size));
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

Mistake not_its_protocol() { return {"it does not speak the protocol of Redis"}; }

}  // namespace

void RedisConnection::ContextDeleter::operator()(redisContext* context) const noexcept {
  redisFree(context);
}

RedisConnection::Begun RedisConnection::begin(const RedisAddress& address,
                                              const std::string& figures) {
  redisContext* const context = address.host.empty()
                                    ? redisConnectUnixNonBlock(address.socket.c_str())
                                    : redisConnectNonBlock(figures.c_str(), address.port);
  if (context == nullptr) return Mistake{"there is no memory for a connection"};
  std::unique_ptr<RedisConnection> begun(new RedisConnection(address, context));
  if (context->err != 0) return begun->trouble();
  if (::fcntl(context->fd, F_SETFD, FD_CLOEXEC) != 0) return Mistake{"its socket cannot be used"};
  return begun;
}

int RedisConnection::descriptor() const noexcept { return context_->fd; }

short RedisConnection::awaited() const noexcept {
  if (stage_ == Stage::kConnecting) return POLLOUT;
  return static_cast<short>(unsent_ ? POLLIN | POLLOUT : POLLIN);
}

Result<void, Mistake> RedisConnection::advance(short events) {
  if (events == 0) return {};
  if (stage_ == Stage::kConnecting) return connected();
  if ((events & ~POLLOUT) != 0 && redisBufferRead(context_.get()) != REDIS_OK) return trouble();
  if (stage_ == Stage::kIntroducing) return read_greetings();
  return (events & POLLOUT) != 0 ? flush() : Result<void, Mistake>();
}

Result<void, Mistake> RedisConnection::connected() {
  int code = 0;
  socklen_t size = sizeof code;
  if (::getsockopt(context_->fd, SOL_SOCKET, SO_ERROR, &code, &size) != 0) code = errno;
  if (code != 0) return Mistake{std::generic_category().message(code)};
  return introduce();
}

// Nothing else is sent before the replies to this: it would go to another database.
Result<void, Mistake> RedisConnection::introduce() {
  stage_ = Stage::kIntroducing;
  const std::string_view password = address_.password.reveal();
  Result<void, Mistake> greeted;
  if (!password.empty()) {
    greeted = address_.user.empty() ? greet({"AUTH", password})
                                    : greet({"AUTH", address_.user, password});
  }
  if (greeted && address_.database != 0) {
    greeted = greet({"SELECT", std::to_string(address_.database)});
  }
  if (greetings_.empty()) stage_ = Stage::kReady;
  return greeted;
}

// Does not use hiredis' buffer, which is not wiped. A new connection has room for the command.
Result<void, Mistake> RedisConnection::greet(std::initializer_list<std::string_view> command) {
  const Secret bytes = format(command);
  if (bytes.empty()) return Mistake{"there is no memory for a command"};
  const std::string_view text = bytes.reveal();
  if (::send(context_->fd, text.data(), text.size(), MSG_NOSIGNAL) !=
      static_cast<ssize_t>(text.size())) {
    return Mistake{"it closes the connection"};
  }
  greetings_.emplace_back(*command.begin());
  ++expected_;
  return {};
}

Result<void, Mistake> RedisConnection::read_greetings() {
  while (!greetings_.empty()) {
    auto answer = next();
    if (!answer) return std::move(answer).error();
    const std::optional<Reply>& reply = *answer;
    if (!reply) return {};
    const bool is_text = reply->kind == Reply::Kind::kText;
    if (!is_text || reply->text != "OK") {
      return Mistake{"it answers " + (is_text ? "something else" : reply->text) + " to " +
                     greetings_.front()};
    }
    greetings_.pop_front();
  }
  stage_ = Stage::kReady;
  return {};
}

Result<void, Mistake> RedisConnection::send(const Command& command) {
  Arguments arguments(command);
  if (redisAppendCommandArgv(context_.get(), arguments.count(), arguments.texts.data(),
                             arguments.sizes.data()) != REDIS_OK) {
    return trouble();
  }
  ++expected_;
  return {};
}

Result<void, Mistake> RedisConnection::flush() {
  int done = 0;
  if (redisBufferWrite(context_.get(), &done) != REDIS_OK) return trouble();
  unsent_ = done == 0;
  return {};
}

Result<std::optional<Reply>, Mistake> RedisConnection::next() {
  const redisReader& reader = *context_->reader;
  if (reader.pos >= reader.len) return std::optional<Reply>();
  if (expected_ == 0) return Mistake{"it answers more than it was asked"};
  // No command is answered with a list, for which hiredis would allocate memory at once.
  const bool begins = reader.ridx < 0;
  if (begins && std::string_view("+-:$").find(reader.buf[reader.pos]) == std::string_view::npos) {
    return not_its_protocol();
  }
  void* made = nullptr;
  if (redisGetReplyFromReader(context_.get(), &made) != REDIS_OK) return not_its_protocol();
  if (made == nullptr) {
    if (reader.len - reader.pos > kMaxReplyBytes) return Mistake{"its answer is too long"};
    return std::optional<Reply>();
  }
  const std::unique_ptr<redisReply, ReplyDeleter> reply(static_cast<redisReply*>(made));
  // More than was asked for would be taken for the next answer.
  if (--expected_ == 0 && reader.pos < reader.len) {
    return Mistake{"it answers more than it was asked"};
  }
  return std::optional(reply_of(*reply));
}

Mistake RedisConnection::trouble() const {
  switch (context_->err) {
    case REDIS_ERR_EOF:
      return {"it closes the connection"};
    case REDIS_ERR_IO:
      return {static_cast<const char*>(context_->errstr)};
    case REDIS_ERR_OOM:
      return {"there is no memory for a command"};
    default:
      return not_its_protocol();
  }
}

}  // namespace auth::redis
