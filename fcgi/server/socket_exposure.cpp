// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/socket_exposure.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstring>
#include <fstream>
#include <string_view>

namespace fcgi {
namespace {

constexpr std::string_view kAdvice = "give it a Unix socket of mode 0660";

template <typename Address>
Address read_as(const sockaddr_storage& storage) {
  Address address;
  std::memcpy(&address, &storage, sizeof address);
  return address;
}

constexpr unsigned kLoopbackNetwork = 127;  // 127.0.0.0/8

bool is_loopback(const sockaddr_storage& storage) {
  if (storage.ss_family == AF_INET6) {
    const in6_addr address = read_as<sockaddr_in6>(storage).sin6_addr;
    const bool is_mapped = IN6_IS_ADDR_V4MAPPED(&address);
    return is_mapped ? address.s6_addr[12] == kLoopbackNetwork : IN6_IS_ADDR_LOOPBACK(&address);
  }
  return ntohl(read_as<sockaddr_in>(storage).sin_addr.s_addr) >> 24 == kLoopbackNetwork;
}

unsigned port_of(const sockaddr_storage& storage) {
  return ntohs(storage.ss_family == AF_INET6 ? read_as<sockaddr_in6>(storage).sin6_port
                                             : read_as<sockaddr_in>(storage).sin_port);
}

bool others_have(mode_t permission, const std::string& path) {
  struct stat status {};
  return ::stat(path.c_str(), &status) == 0 && (status.st_mode & permission) != 0;
}

bool others_can_open(const std::string& path) {
  for (std::size_t slash = path.find('/'); slash != path.npos; slash = path.find('/', slash + 1)) {
    if (!others_have(S_IXOTH, path.substr(0, slash + 1))) return false;
  }
  return others_have(S_IWOTH, path);
}

// Returns the name of a Unix socket. It begins with a zero byte if it is not in the file system;
// empty if there is none.
std::string unix_name(const sockaddr_storage& storage, std::size_t size) {
  const auto address = read_as<sockaddr_un>(storage);
  const std::size_t length = size - std::min(size, offsetof(sockaddr_un, sun_path));
  return {address.sun_path, std::min(length, sizeof address.sun_path)};
}

std::optional<std::string> unix_warning(const sockaddr_storage& storage, std::size_t size) {
  const std::string name = unix_name(storage, size);
  const bool has_path = !name.empty() && name[0] != '\0';
  const std::string path = name.substr(0, name.find('\0'));
  if (name.empty() || (has_path && !others_can_open(path))) return std::nullopt;
  return "every user of this machine can connect to the FastCGI socket " +
         (has_path ? path : "without a path") +
         " as if it were the web server: " + std::string(kAdvice);
}

std::optional<std::string> port_warning(const sockaddr_storage& storage, unsigned first_open) {
  if (!is_loopback(storage)) {
    return "every machine of the network can connect to the FastCGI port as if it were the web "
           "server: " +
           std::string(kAdvice);
  }
  if (port_of(storage) < first_open) return std::nullopt;
  return "every user of this machine can connect to the FastCGI port as if it were the web "
         "server, and listen there while this program does not: " +
         std::string(kAdvice) + ", or a port below " + std::to_string(first_open) +
         " where the web server knows no Unix sockets";
}

}  // namespace

unsigned first_open_port() {
  constexpr unsigned kUsual = 1024;
  std::ifstream file("/proc/sys/net/ipv4/ip_unprivileged_port_start");
  unsigned port = 0;
  return file >> port ? port : kUsual;
}

std::optional<std::string> exposure_warning(int listener, unsigned first_open) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return std::nullopt;
  }
  if (storage.ss_family == AF_UNIX) return unix_warning(storage, size);
  if (storage.ss_family != AF_INET && storage.ss_family != AF_INET6) return std::nullopt;
  return port_warning(storage, first_open);
}

std::string listener_name(int listener) {
  sockaddr_storage storage{};
  socklen_t size = sizeof storage;
  if (::getsockname(listener, reinterpret_cast<sockaddr*>(&storage), &size) != 0) {
    return "standard input";
  }
  if (storage.ss_family == AF_UNIX) {
    const std::string name = unix_name(storage, size);
    return "unix:" +
           (name.empty() || name[0] != '\0' ? std::string(name.c_str()) : "@" + name.substr(1));
  }
  std::array<char, INET6_ADDRSTRLEN> text{};
  if (storage.ss_family == AF_INET6) {
    const in6_addr address = read_as<sockaddr_in6>(storage).sin6_addr;
    if (::inet_ntop(AF_INET6, &address, text.data(), text.size()) == nullptr) return "a port";
    return "[" + std::string(text.data()) + "]:" + std::to_string(port_of(storage));
  }
  if (storage.ss_family != AF_INET) return "a socket";
  const in_addr address = read_as<sockaddr_in>(storage).sin_addr;
  if (::inet_ntop(AF_INET, &address, text.data(), text.size()) == nullptr) return "a port";
  return std::string(text.data()) + ":" + std::to_string(port_of(storage));
}

}  // namespace fcgi
