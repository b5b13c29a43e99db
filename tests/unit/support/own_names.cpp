// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/own_names.h"

#include <net/if.h>
#include <netinet/in.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>

#include <cstring>
#include <stdexcept>

#include "tests/unit/support/child.h"

namespace support {
namespace {

constexpr std::uint16_t kDomain = 53;

bool begin_loopback() {
  const auth::Descriptor any(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  ifreq loopback{};
  std::memcpy(loopback.ifr_name, "lo", 3);
  loopback.ifr_flags = IFF_UP;
  return ::ioctl(any.get(), SIOCSIFFLAGS, &loopback) == 0;
}

bool put_in_place(const std::string& file, const char* place) {
  return ::mount(file.c_str(), place, nullptr, MS_BIND, nullptr) == 0;
}

auth::Descriptor silent_server() {
  auth::Descriptor server(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(kDomain);
  const auto* const plain = reinterpret_cast<const sockaddr*>(&address);
  return ::bind(server.get(), plain, sizeof address) == 0 ? std::move(server) : auth::Descriptor();
}

}  // namespace

OwnNames::OwnNames(const std::string& hosts) {
  const bool entered = own_namespaces(CLONE_NEWNS | CLONE_NEWNET) &&
                       ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0 &&
                       begin_loopback();
  const bool named =
      entered && put_in_place(folder_.write("hosts", hosts, 0644), "/etc/hosts") &&
      put_in_place(folder_.write("resolv.conf", "nameserver 127.0.0.1\n"), "/etc/resolv.conf") &&
      put_in_place(folder_.write("nsswitch.conf", "hosts: files dns\n"), "/etc/nsswitch.conf");
  if (named) name_server_ = silent_server();
  if (!name_server_.is_open()) throw std::runtime_error("no network of its own can be had");
}

bool OwnNames::can_be_had() {
  return run_in_child([] {
           const OwnNames names;
           return true;
         })
      .empty();
}

}  // namespace support
