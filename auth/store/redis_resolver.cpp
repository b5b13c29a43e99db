#include "auth/store/redis_resolver.h"

#include <netdb.h>

#include <condition_variable>
#include <cstring>
#include <optional>
#include <system_error>
#include <thread>

namespace auth::redis {
namespace {

using Addresses = std::variant<std::vector<SocketAddress>, std::string>;

Addresses addresses_of(const std::string& host, std::uint16_t port, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags | AI_NUMERICSERV;
  addrinfo* list = nullptr;
  const int code = ::getaddrinfo(host.c_str(), std::to_string(port).c_str(), &hints, &list);
  if (code != 0) return std::string(::gai_strerror(code));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  std::vector<SocketAddress> found;
  for (; list != nullptr; list = list->ai_next) {
    SocketAddress address{};
    if (list->ai_addrlen > sizeof address.bytes) continue;
    std::memcpy(&address.bytes, list->ai_addr, list->ai_addrlen);
    address.size = list->ai_addrlen;
    found.push_back(address);
  }
  if (found.empty()) return "its name has no address";
  return found;
}

}  // namespace

struct Resolver::Lookup {
  Mutex mutex;
  std::condition_variable_any done;
  std::optional<Addresses> result GUARDED_BY(mutex);
};

Addresses Resolver::resolve(Deadline deadline) {
  Addresses in_figures = addresses_of(host_, port_, AI_NUMERICHOST);
  if (in_figures.index() == 0) return in_figures;
  const std::shared_ptr<Lookup> lookup = look_up();
  if (!lookup) return "there is no thread to look up its name";
  std::optional<Addresses> result;
  {
    const MutexLock lock(lookup->mutex);
    static_cast<void>(lookup->done.wait_until(lookup->mutex, deadline,
                                              [&] { return lookup->result.has_value(); }));
    result = lookup->result;
  }
  if (!result) return "its name is not resolved in time";
  forget(lookup);
  return *std::move(result);
}

std::shared_ptr<Resolver::Lookup> Resolver::look_up() {
  const MutexLock lock(mutex_);
  if (lookup_) return lookup_;
  auto started = std::make_shared<Lookup>();
  try {
    std::thread([lookup = started, host = host_, port = port_] {
      Addresses result = addresses_of(host, port, 0);
      const MutexLock done(lookup->mutex);
      lookup->result = std::move(result);
      lookup->done.notify_all();
    }).detach();
  } catch (const std::system_error&) {
    return nullptr;
  }
  lookup_ = started;
  return started;
}

void Resolver::forget(const std::shared_ptr<Lookup>& lookup) {
  const MutexLock lock(mutex_);
  if (lookup_ == lookup) lookup_ = nullptr;
}

}  // namespace auth::redis
