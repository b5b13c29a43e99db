// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_store.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <system_error>
#include <utility>

namespace auth {

using redis::Answer;
using redis::Command;
using redis::RedisLink;
using redis::Reply;

namespace {

constexpr std::string_view kKeyPrefix = "zitadel-fcgi:1:";

std::string key_name(const StoreKey& key, SharedStore::Kind kind) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string name(kKeyPrefix);
  for (const unsigned char byte : key) {
    name.push_back(kDigits[byte >> 4]);
    name.push_back(kDigits[byte & 15]);
  }
  if (kind == SharedStore::Kind::kRefusal) name += ":refused";
  return name;
}

// Asks for one byte more than is accepted: so a longer value is noticed, and nothing larger has to
// be waited for.
Command get_command(const StoreKey& key, SharedStore::Kind kind) {
  return {"GETRANGE", key_name(key, kind), "0", std::to_string(kMaxSealedBytes)};
}

// Returns whether the server can still be read from in spite of the error.
bool concerns_writing_only(std::string_view code) {
  constexpr std::array<std::string_view, 5> kCodes{"OOM", "READONLY", "MISCONF", "NOREPLICAS",
                                                   "NOPERM"};
  return std::find(kCodes.begin(), kCodes.end(), code) != kCodes.end();
}

// A value of another type (WRONGTYPE) is not ours, and nothing is wrong with the server.
const Reply* failure_in(const std::vector<Reply>& replies) {
  const auto failed = std::find_if(replies.begin(), replies.end(), [](const Reply& reply) {
    return reply.kind == Reply::Kind::kError && reply.text != "WRONGTYPE";
  });
  return failed == replies.end() ? nullptr : &*failed;
}

std::vector<std::string> entries_in(std::vector<Reply> replies) {
  std::vector<std::string> entries;
  for (Reply& reply : replies) {
    if (reply.kind != Reply::Kind::kText) continue;
    if (reply.text.empty() || reply.text.size() > kMaxSealedBytes) continue;
    entries.push_back(std::move(reply.text));
  }
  return entries;
}

}  // namespace

RedisStore::RedisStore(RedisAddress address, const Clock& clock, std::chrono::milliseconds deadline,
                       Metrics& metrics)
    : address_(std::move(address)),
      clock_(clock),
      deadline_(deadline),
      log_("the shared cache at " + address_.name(), clock, metrics),
      write_log_("writing to the shared cache at " + address_.name(), clock, metrics) {}

RedisStore::~RedisStore() {
  stop();
  const MutexLock lock(mutex_);
  leave_to_parent();
}

void RedisStore::get(const StoreKey& key, Found found) {
  ask({get_command(key, Kind::kRefusal), get_command(key, Kind::kAnswer)},
      [this, found = std::move(found)](std::vector<Reply> replies) {
        if (const Reply* failed = failure_in(replies)) {
          fail("it answers " + failed->text + " to GETRANGE");
          return found({});
        }
        if (!replies.empty()) succeed();
        found(entries_in(std::move(replies)));
      });
}

void RedisStore::put(const StoreKey& key, Entry entry, Keeps keeps, Kept kept) {
  if (entry.sealed.size() > kMaxSealedBytes || !may_write()) return kept();
  if (!keeps) return set(key, entry, std::move(kept));
  get(key, [this, key, entry = std::move(entry), keeps = std::move(keeps),
            kept = std::move(kept)](const std::vector<std::string>& there) {
    if (std::any_of(there.begin(), there.end(), keeps)) return kept();
    set(key, entry, kept);
  });
}

void RedisStore::set(const StoreKey& key, const Entry& entry, Kept kept) {
  const auto lifetime = entry.until - clock_.wall();
  if (lifetime <= lifetime.zero()) return kept();
  ask({{"SET", key_name(key, entry.kind), entry.sealed, "EX", std::to_string(lifetime.count())}},
      [this, kept = std::move(kept)](const std::vector<Reply>& replies) {
        if (!replies.empty()) take_set(replies.front());
        kept();
      });
}

void RedisStore::take_set(const Reply& reply) {
  if (reply.kind == Reply::Kind::kText) {
    succeed();
    return write_log_.works();
  }
  const std::string problem = "it answers " + reply.text + " to SET";
  if (!concerns_writing_only(reply.text)) return fail(problem);
  write_log_.failed(problem);
  const MutexLock lock(mutex_);
  write_at_ = clock_.steady() + kRedisPause;
}

bool RedisStore::may_write() {
  const MutexLock lock(mutex_);
  return clock_.steady() >= write_at_;
}

void RedisStore::ask(std::vector<Command> commands, Done done) {
  RedisLink* link = nullptr;
  try {
    link = admit();
  } catch (const std::system_error&) {
    fail("there is no thread or descriptor for it");
  }
  if (link == nullptr) return done({});
  link->ask(std::move(commands), [this, done = std::move(done)](Answer answer) {
    if (!answer.problem.empty()) fail(answer.problem);
    done(std::move(answer.replies));
  });
}

RedisLink* RedisStore::admit() {
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  if (stopped_ || now < ask_at_) return nullptr;
  leave_to_parent();
  if (!link_) {
    link_ = std::make_unique<RedisLink>(address_, deadline_);
    process_ = ::getpid();
  }
  // While the server fails, only one call per pause asks it.
  if (failing_) ask_at_ = now + kRedisPause;
  return link_.get();
}

// After a fork, the link's thread belongs to the parent, and so does all traffic on its connection.
void RedisStore::leave_to_parent() {
  if (process_ != ::getpid()) static_cast<void>(link_.release());
}

void RedisStore::stop() {
  RedisLink* link = nullptr;
  {
    const MutexLock lock(mutex_);
    stopped_ = true;
    if (process_ == ::getpid()) link = link_.get();
  }
  if (link != nullptr) link->stop();
}

void RedisStore::fail(std::string_view what) {
  log_.failed(what);
  const SteadyTime now = clock_.steady();
  const MutexLock lock(mutex_);
  failing_ = true;
  ask_at_ = now + kRedisPause;
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
