// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_lookup.h"

#include <netdb.h>
#include <netinet/in.h>
#include <resolv.h>
#include <sys/eventfd.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <utility>

namespace auth::redis {
namespace {

constexpr int kNameServerSeconds = 1;

struct ListDeleter {
  void operator()(addrinfo* list) const noexcept { ::freeaddrinfo(list); }
};
using List = std::unique_ptr<addrinfo, ListDeleter>;

// Returns getaddrinfo's code.
int ask(const std::string& host, int flags, List& list) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* found = nullptr;
  const int code = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  if (code == 0) list.reset(found);
  return code;
}

Addresses addresses_of(const std::string& host) {
  List list;
  if (const int code = ask(host, 0, list); code != 0) return Mistake{::gai_strerror(code)};
  std::vector<std::string> addresses;
  for (const addrinfo* one = list.get(); one != nullptr; one = one->ai_next) {
    std::array<char, NI_MAXHOST> figures{};
    if (::getnameinfo(one->ai_addr, one->ai_addrlen, figures.data(), figures.size(), nullptr, 0,
                      NI_NUMERICHOST) == 0) {
      addresses.emplace_back(figures.data());
    }
  }
  if (addresses.empty()) return Mistake{"its name has no address"};
  return addresses;
}

// Limits the questions of this thread alone.
void bound_name_servers() {
  if (::res_init() != 0) return;
  _res.retrans = kNameServerSeconds;
  _res.retry = 1;
}

}  // namespace

bool is_address(const std::string& host) {
  List ignored;
  return ask(host, AI_NUMERICHOST, ignored) == 0;
}

Lookup::Lookup(std::string host, int wake)
    : thread_([this, host = std::move(host), wake] { run(host, wake); }) {}

std::optional<Addresses> Lookup::result() {
  const MutexLock lock(mutex_);
  return result_;
}

void Lookup::run(const std::string& host, int wake) {
  bound_name_servers();
  Addresses found = addresses_of(host);
  {
    const MutexLock lock(mutex_);
    result_ = std::move(found);
  }
  static_cast<void>(::eventfd_write(wake, 1));
}

}  // namespace auth::redis
