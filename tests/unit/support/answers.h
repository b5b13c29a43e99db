// SPDX-License-Identifier: Apache-2.0
// Collects what TokenValidator::authorize answers, and on which thread. Thread-safe.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "auth/token_validator.h"

namespace support {

class Answers {
 public:
  struct Given {
    std::string who;
    auth::TokenValidator::Answer answer;
    std::thread::id thread;
  };

  // To be called once; a second call counts as one answer too many.
  [[nodiscard]] auth::TokenValidator::Done of(std::string who);

  // One of those callers will not be called.
  void forget();

  // How many callers there are, and how many answers were given.
  [[nodiscard]] std::size_t expected() const;
  [[nodiscard]] std::size_t given() const;

  // Waits for that many, and gives all that came so far in their order; fewer where they did not
  // come in time.
  [[nodiscard]] std::vector<Given> wait(std::size_t count) const;
  // Waits for the answer to that caller.
  [[nodiscard]] Given wait(const std::string& who) const;

 private:
  struct State {
    mutable std::mutex mutex;
    mutable std::condition_variable changed;
    std::vector<Given> given;
    std::size_t expected = 0;
  };

  const std::shared_ptr<State> state_ = std::make_shared<State>();
};

}  // namespace support
