// SPDX-License-Identifier: Apache-2.0
// systemd's journal, without a library of systemd.
#pragma once

#include <string_view>

#include "auth/base/descriptor.h"

namespace auth {

// Whether what is written there goes to the journal: the variable JOURNAL_STREAM names its device
// and inode (systemd.exec(5)). Whoever has redirected it since then has another file there.
[[nodiscard]] bool is_journal(int descriptor) noexcept;

// Where entries with fields of their own go (systemd's native journal protocol). One thread.
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
