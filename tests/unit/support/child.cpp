// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/child.h"

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
#include <fstream>
#include <stdexcept>

namespace support {
namespace {

constexpr unsigned kLongestLife = 120;  // seconds

}  // namespace

Child::Child(const std::function<bool()>& run) : process_(::fork()) {
  if (process_ < 0) throw std::runtime_error("no process can be made");
  if (process_ > 0) return;
  ::alarm(kLongestLife);
  bool good = false;
  try {
    good = run();
  } catch (const std::exception& error) {
    std::fprintf(stderr, "in a child process: %s\n", error.what());
  }
  ::_exit(good ? 0 : 1);
}

Child::~Child() {
  if (process_ <= 0) return;
  static_cast<void>(::kill(process_, SIGKILL));
  static_cast<void>(wait());
}

void Child::send(int signal) const {
  if (::kill(process_, signal) != 0)
    throw std::runtime_error("a child process cannot be signalled");
}

std::string Child::wait() {
  int status = 0;
  pid_t ended = 0;
  do {
    ended = ::waitpid(process_, &status, 0);
  } while (ended < 0 && errno == EINTR);
  process_ = 0;
  if (ended < 0) return "it cannot be waited for";
  if (WIFSIGNALED(status)) return "it was ended by signal " + std::to_string(WTERMSIG(status));
  if (WEXITSTATUS(status) == 0) return {};
  return "it ended with status " + std::to_string(WEXITSTATUS(status));
}

bool own_namespaces(int kinds) {
  if (::geteuid() == 0) return ::unshare(kinds) == 0;
  const std::string user = std::to_string(::geteuid());
  const std::string group = std::to_string(::getegid());
  if (::unshare(CLONE_NEWUSER | kinds) != 0) return false;
  const auto write = [](const char* file, const std::string& text) {
    return static_cast<bool>(std::ofstream(file) << text << std::flush);
  };
  return write("/proc/self/setgroups", "deny") &&
         write("/proc/self/uid_map", user + ' ' + user + " 1") &&
         write("/proc/self/gid_map", group + ' ' + group + " 1");
}

}  // namespace support
