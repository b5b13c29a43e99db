// SPDX-License-Identifier: Apache-2.0
// systemd's journal, without a library of systemd.
#pragma once

#include <string_view>

#include "auth/base/descriptor.h"

namespace auth {

// Returns whether the descriptor leads to the journal: the variable JOURNAL_STREAM names the
// journal's device and inode (systemd.exec(5)). A descriptor redirected since then has others.
[[nodiscard]] bool is_journal(int descriptor) noexcept;

// Sends entries with fields of their own (systemd's native journal protocol). One thread at a time.
class JournalSocket {
 public:
  static constexpr const char* kUsual = "/run/systemd/journal/socket";

  // The path must outlive it.
  explicit JournalSocket(const char* path = kUsual) noexcept : path_(path) {}

  // Sends one entry of level info. Waits a second at most for a busy journal. Returns why it was
  // not taken, or null. message, identifier: without line breaks.
  [[nodiscard]] const char* send(std::string_view identifier, std::string_view message) noexcept;

 private:
  const char* const path_;
  Descriptor socket_{};
};

}  // namespace auth
