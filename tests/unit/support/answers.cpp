// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/answers.h"

#include <algorithm>
#include <stdexcept>
#include <utility>

#include "tests/unit/support/gate.h"

namespace support {

auth::TokenValidator::Done Answers::of(std::string who) {
  {
    const std::lock_guard lock(state_->mutex);
    ++state_->expected;
  }
  return [state = state_, who = std::move(who)](auth::TokenValidator::Answer answer) {
    {
      const std::lock_guard lock(state->mutex);
      state->given.push_back({who, std::move(answer), std::this_thread::get_id()});
    }
    state->changed.notify_all();
  };
}

void Answers::forget() {
  const std::lock_guard lock(state_->mutex);
  --state_->expected;
}

std::size_t Answers::expected() const {
  const std::lock_guard lock(state_->mutex);
  return state_->expected;
}

std::size_t Answers::given() const {
  const std::lock_guard lock(state_->mutex);
  return state_->given.size();
}

std::vector<Answers::Given> Answers::wait(std::size_t count) const {
  std::unique_lock lock(state_->mutex);
  state_->changed.wait_for(lock, kPatience, [&] { return state_->given.size() >= count; });
  return state_->given;
}

Answers::Given Answers::wait(const std::string& who) const {
  std::unique_lock lock(state_->mutex);
  const auto find = [&] {
    return std::find_if(state_->given.begin(), state_->given.end(),
                        [&](const Given& each) { return each.who == who; });
  };
  if (!state_->changed.wait_for(lock, kPatience, [&] { return find() != state_->given.end(); })) {
    throw std::runtime_error("no answer for " + who);
  }
  return *find();
}

}  // namespace support
