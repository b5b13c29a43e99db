#include "auth/store/redis_store.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <utility>
#include <variant>

#include "auth/store/redis_connection.h"
#include "auth/store/redis_resolver.h"

namespace auth {

using redis::RedisConnection;
using redis::Reply;
using redis::Resolver;

namespace {

constexpr std::string_view kKeyPrefix = "zitadel-fcgi:1:";

std::string key_name(const StoreKey& key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(kKeyPrefix);
  for (const unsigned char byte : key) {
    name.push_back(kDigits[byte >> 4]);
    name.push_back(kDigits[byte & 15]);
  }
  return name;
}

// Errors of a server that may still be read from.
bool concerns_writing_only(std::string_view code) {
  constexpr std::array<std::string_view, 5> kCodes{"OOM", "READONLY", "MISCONF", "NOREPLICAS",
                                                   "NOPERM"};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

}  // namespace

RedisStore::RedisStore(RedisAddress address, const Clock& clock)
    : address_(std::move(address)),
      clock_(clock),
      log_("the shared cache at " + address_.name(), clock),
      write_log_("writing to the shared cache at " + address_.name(), clock) {}

RedisStore::~RedisStore() = default;

std::optional<std::string> RedisStore::get(const StoreKey& key) {
  // One byte more than is taken: what is longer shows itself, and nothing larger has to be waited
  // for.
  const std::string last = std::to_string(kMaxSealedBytes);
  std::optional<Reply> reply = ask({"GETRANGE", key_name(key), "0", last});
  if (!reply) return std::nullopt;
  // Somebody else's value of another type is none of ours, and nothing is wrong with the server.
  if (reply->kind == Reply::Kind::kError && reply->text != "WRONGTYPE") {
    fail("it answers " + reply->text + " to GETRANGE");
    return std::nullopt;
  }
  succeed();
  if (reply->kind != Reply::Kind::kText || reply->text.empty()) return std::nullopt;
  if (reply->text.size() > kMaxSealedBytes) return std::nullopt;
  return std::move(reply->text);
}

void RedisStore::put(const StoreKey& key, const Entry& entry, const Keeps& keeps) {
  const auto lifetime = entry.until - clock_.wall();
  if (entry.sealed.size() > kMaxSealedBytes || lifetime <= lifetime.zero()) return;
  {
    const MutexLock lock(mutex_);
    if (clock_.steady() < write_at_) return;
  }
  if (keeps) {
    const std::optional<std::string> sealed = get(key);
    if (sealed && keeps(*sealed)) return;
  }
  const std::string seconds = std::to_string(lifetime.count());
  const std::optional<Reply> reply = ask({"SET", key_name(key), entry.sealed, "EX", seconds});
  if (!reply) return;
  if (reply->kind == Reply::Kind::kText) {
    succeed();
    return write_log_.works();
  }
  const std::string problem = "it answers " + reply->text + " to SET";
  if (!concerns_writing_only(reply->text)) return fail(problem);
  write_log_.failed(problem);
  const MutexLock lock(mutex_);
  write_at_ = clock_.steady() + kRedisPause;
}

std::optional<Reply> RedisStore::ask(Command command) {
  const redis::Deadline deadline = std::chrono::steady_clock::now() + kRedisDeadline;
  const std::shared_ptr<Resolver> resolver = admit();
  if (!resolver) return std::nullopt;
  Connection connection = take_idle();
  if (!connection) {
    auto opened = RedisConnection::open(address_, *resolver, deadline);
    if (const auto* problem = std::get_if<std::string>(&opened)) {
      fail(*problem);
      return std::nullopt;
    }
    connection = std::get<Connection>(std::move(opened));
  }
  auto answer = connection->call(command, deadline);
  if (const auto* problem = std::get_if<std::string>(&answer)) {
    fail(*problem);
    return std::nullopt;
  }
  give_back(std::move(connection));
  return std::get<Reply>(std::move(answer));
}

std::shared_ptr<Resolver> RedisStore::admit() {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (process_ != ::getpid()) {
    // After a fork: what is said on the connections of the parent is not for this process.
    idle_.clear();
    resolver_ = std::make_shared<Resolver>(address_.host, address_.port);
    process_ = ::getpid();
  }
  if (now < ask_at_) return nullptr;
  // While it fails, only one asks at a time.
  if (failing_) ask_at_ = now + kRedisPause;
  return resolver_;
}

RedisStore::Connection RedisStore::take_idle() {
  for (;;) {
    Connection taken;
    {
      const MutexLock lock(mutex_);
      if (idle_.empty()) return nullptr;
      taken = std::move(idle_.back());
      idle_.pop_back();
    }
    // A server that has been started anew has closed it.
    if (taken->is_quiet()) return taken;
  }
}

void RedisStore::give_back(Connection connection) {
  const MutexLock lock(mutex_);
  if (idle_.size() < kMaxIdleRedisConnections) idle_.push_back(std::move(connection));
}

void RedisStore::fail(std::string_view what) {
  log_.failed(what);
  std::vector<Connection> closed;
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  failing_ = true;
  ask_at_ = now + kRedisPause;
  closed.swap(idle_);
}

void RedisStore::succeed() {
  {
    const MutexLock lock(mutex_);
    failing_ = false;
    ask_at_ = {};
  }
  log_.works();
}

}  // namespace auth
