#include "tests/unit/support/child.h"

#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <exception>
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

}  // namespace support
