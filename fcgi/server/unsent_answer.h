// SPDX-License-Identifier: Apache-2.0
// UnsentAnswer: the unsent part of an answer, and whether its reader still reads.
#pragma once

#include <cstddef>
#include <string>

#include "auth/base/descriptor.h"

namespace fcgi {

// Used only on the thread of its loop.
class UnsentAnswer {
 public:
  enum class Progress {
    kAll,     // everything is sent
    kSome,    // its peer reads quickly: others get their turn first
    kFull,    // the socket takes no more
    kBroken,  // the peer has gone
  };

  // Replaces the contents by these bytes.
  void begin(std::string records) noexcept;
  // Sends to a non-blocking socket as much as it takes, up to a limit. Sets has_moved if it took
  // anything, or if the peer has read.
  [[nodiscard]] Progress send(const auth::Descriptor& socket, bool& has_moved);
  // Whether the peer has read since the last check. With a slow reader it takes minutes until the
  // socket takes more: three quarters of its buffer must be empty for that.
  [[nodiscard]] bool peer_has_read(const auth::Descriptor& socket);
  void clear() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return records_.size() - sent_; }

 private:
  std::string records_{};
  std::size_t sent_ = 0;  // sent bytes of records_
  int queued_ = 0;        // bytes that the peer had not read when the socket took no more
};

}  // namespace fcgi
