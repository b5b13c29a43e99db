// SPDX-License-Identifier: Apache-2.0
// Processes of a test's own: what goes wrong in them goes wrong in nobody else.
#pragma once

#include <sys/types.h>

#include <functional>
#include <string>

namespace support {

// Runs a function in a forked process, which ends with it. Killed when this dies. The function must
// start no thread where this process has some, and report by what it returns.
class Child {
 public:
  explicit Child(const std::function<bool()>& run);
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child();

  void send(int signal) const;
  // Empty where the function returned true. Waits for its end, two minutes at most.
  [[nodiscard]] std::string wait();

 private:
  pid_t process_;
};

// All of it.
[[nodiscard]] inline std::string run_in_child(const std::function<bool()>& run) {
  return Child(run).wait();
}

// In a child process: gives it namespaces of its own (CLONE_NEWNS, CLONE_NEWNET), in which it may
// do what else only root may. The kernel lets root have them, and often everybody.
[[nodiscard]] bool own_namespaces(int kinds);

}  // namespace support
