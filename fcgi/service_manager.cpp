// SPDX-License-Identifier: Apache-2.0
#include "fcgi/service_manager.h"

#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <optional>

#include "auth/base/descriptor.h"
#include "auth/base/log.h"

namespace fcgi {
namespace {

constexpr timeval kMostWait{1, 0};

std::string_view value_of(const auth::Environment& environment, std::string_view name) {
  for (const std::string_view variable : environment) {
    if (variable.size() > name.size() && variable.starts_with(name) &&
        variable[name.size()] == '=') {
      return variable.substr(name.size() + 1);
    }
  }
  return {};
}

// Returns the number; nullopt if it is not a positive one.
std::optional<std::int64_t> number_of(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_whole = error == std::errc() && end == text.data() + text.size() && number > 0;
  return is_whole ? std::optional(number) : std::nullopt;
}

struct Address {
  sockaddr_un address{};
  socklen_t size = 0;
};

// Returns the address; nullopt if a socket cannot have that name. An abstract name has no null byte
// at its end.
std::optional<Address> address_of(std::string_view socket) {
  Address made;
  made.address.sun_family = AF_UNIX;
  if (socket.size() < 2 || socket.size() >= sizeof made.address.sun_path) return std::nullopt;
  if (socket.front() != '/' && socket.front() != '@') return std::nullopt;
  std::copy(socket.begin(), socket.end(), made.address.sun_path);
  if (socket.front() == '@') made.address.sun_path[0] = '\0';
  made.size = static_cast<socklen_t>(offsetof(sockaddr_un, sun_path) + socket.size());
  return made;
}

std::string monotonic_microseconds() {
  timespec now{};
  static_cast<void>(::clock_gettime(CLOCK_MONOTONIC, &now));  // fails for unknown clocks only
  return std::to_string(std::int64_t{now.tv_sec} * 1'000'000 + now.tv_nsec / 1000);
}

}  // namespace

ServiceManager::ServiceManager(const auth::Environment& environment)
    : socket_(value_of(environment, "NOTIFY_SOCKET")) {
  if (socket_.empty()) return;
  if (!address_of(socket_)) {
    auth::log(auth::LogLevel::kWarn, "NOTIFY_SOCKET names no Unix socket: systemd is told nothing");
    socket_.clear();
    return;
  }
  const auto interval = number_of(value_of(environment, "WATCHDOG_USEC"));
  const std::string_view watched = value_of(environment, "WATCHDOG_PID");
  if (interval && (watched.empty() || number_of(watched) == ::getpid())) {
    watchdog_ = std::chrono::microseconds(*interval);
  }
}

void ServiceManager::ready(std::string_view status) const {
  send("READY=1\nSTATUS=" + std::string(status));
}

void ServiceManager::reloading() const {
  send("RELOADING=1\nMONOTONIC_USEC=" + monotonic_microseconds() + "\nSTATUS=reads its settings");
}

void ServiceManager::stopping() const { send("STOPPING=1\nSTATUS=finishes what is under way"); }

void ServiceManager::alive() const { send("WATCHDOG=1"); }

// If a report is not sent, systemd notices by itself.
void ServiceManager::send(const std::string& state) const {
  const std::optional<Address> to = address_of(socket_);
  if (!to) return;
  const auth::Descriptor socket(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!socket.is_open()) return;
  static_cast<void>(
      ::setsockopt(socket.get(), SOL_SOCKET, SO_SNDTIMEO, &kMostWait, sizeof kMostWait));
  static_cast<void>(::sendto(socket.get(), state.data(), state.size(), MSG_NOSIGNAL,
                             reinterpret_cast<const sockaddr*>(&to->address), to->size));
}

}  // namespace fcgi
