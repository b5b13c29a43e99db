// SPDX-License-Identifier: Apache-2.0
// UnsentAnswer: what is not sent yet of an answer, and whether its reader still reads.
#pragma once

#include <cstddef>
#include <string>

#include "auth/base/descriptor.h"

namespace fcgi {

// On the thread of its loop.
class UnsentAnswer {
 public:
  enum class Progress {
    kAll,     // everything is sent
    kSome,    // its peer reads quickly: others get their turn first
    kFull,    // the socket takes no more
    kBroken,  // the peer has gone
  };

  // Takes these bytes in the place of what was there.
  void begin(std::string records) noexcept;
  // Sends to a non-blocking socket as much as it takes, within bounds. Sets has_moved where it took
  // anything, or the peer has read.
  [[nodiscard]] Progress send(const auth::Descriptor& socket, bool& has_moved);
  // Whether the peer has read since the last look. A slow reader takes minutes until the socket
  // takes more: that needs three quarters of its buffer to be empty.
  [[nodiscard]] bool peer_has_read(const auth::Descriptor& socket);
  void clear() noexcept;

  [[nodiscard]] std::size_t size() const noexcept { return records_.size() - sent_; }

 private:
  std::string records_{};
  std::size_t sent_ = 0;  // of those
  int queued_ = 0;        // bytes that the peer had not read when the socket took no more
};

}  // namespace fcgi
