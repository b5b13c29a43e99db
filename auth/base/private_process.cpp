// SPDX-License-Identifier: Apache-2.0
#include "auth/base/private_process.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <cstdlib>
#include <exception>

#include "auth/base/descriptor.h"
#include "auth/base/log.h"

namespace auth {
namespace {

// Opens a descriptor that can be neither read nor written, and that is available in every chroot.
int open_placeholder() noexcept { return ::open("/", O_PATH | O_CLOEXEC); }

bool take_standard_descriptors() noexcept {
  // The system gives the lowest free number first.
  int number = open_placeholder();
  while (number >= 0 && number <= STDERR_FILENO) number = open_placeholder();
  return number >= 0 && ::close(number) == 0;
}

// The owner of that file could read tokens and this API's own credentials. REQUIRES: one thread.
bool forget_key_log() noexcept {
  constexpr const char* kKeyLog = "SSLKEYLOGFILE";
  if (std::getenv(kKeyLog) == nullptr) return true;
  if (::unsetenv(kKeyLog) != 0) return false;  // NOLINT(concurrency-mt-unsafe)
  try {
    log(LogLevel::kWarn,
        "SSLKEYLOGFILE is in the environment and is not followed: no secret of a TLS connection is "
        "written to a file");
  } catch (const std::exception&) {  // there is no memory to say so
  }
  return true;
}

}  // namespace

bool make_process_private() noexcept {
  // The limit as well: others can see it, and so can a helper program that takes cores.
  const rlimit no_core{0, 0};
  return ::setrlimit(RLIMIT_CORE, &no_core) == 0 && ::prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0 &&
         take_standard_descriptors() && forget_key_log();
}

void close_standard(int number) noexcept {
  const Descriptor placeholder(open_placeholder());
  // In one step: no other thread is given the number in between.
  if (placeholder.is_open()) static_cast<void>(::dup3(placeholder.get(), number, O_CLOEXEC));
}

}  // namespace auth
