// SPDX-License-Identifier: Apache-2.0
// LogSection: the section of the settings that a thread's lines of the log are about.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <thread>
#include <utility>

namespace auth {

// While it lives, this thread's lines have the section's name. Of several, the newest counts.
class LogSection {
 public:
  using Name = std::shared_ptr<const std::string>;  // null: none

  explicit LogSection(Name name) noexcept
      : name_(std::move(name)), before_(std::exchange(current_, this)) {}
  ~LogSection() { current_ = before_; }
  LogSection(const LogSection&) = delete;
  LogSection& operator=(const LogSection&) = delete;

  [[nodiscard]] static Name name_of(std::string_view section) {
    return section.empty() ? nullptr : std::make_shared<const std::string>(section);
  }

  // Returns the name of this thread's section; empty: no section.
  [[nodiscard]] static std::string_view current() noexcept {
    const bool has_name = current_ != nullptr && current_->name_ != nullptr;
    return has_name ? std::string_view(*current_->name_) : std::string_view();
  }

  // Starts a thread whose lines are about the same section as this thread's. Throws
  // std::system_error if the system gives no thread.
  template <typename Run>
  [[nodiscard]] static std::thread start(Run run) {
    return std::thread(
        [name = current_ == nullptr ? nullptr : current_->name_, run = std::move(run)]() mutable {
          const LogSection about(std::move(name));
          run();
        });
  }

 private:
  static inline thread_local const LogSection* current_ = nullptr;

  const Name name_;
  const LogSection* const before_;
};

}  // namespace auth
