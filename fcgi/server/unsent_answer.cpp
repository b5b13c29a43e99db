// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/unsent_answer.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include <algorithm>
#include <cerrno>
#include <utility>

namespace fcgi {
namespace {

// Maximum number of bytes sent at once to a peer that reads quickly; then others get their turn.
constexpr std::size_t kSentAtOnce = 256 << 10;

}  // namespace

void UnsentAnswer::begin(std::string records) noexcept {
  records_ = std::move(records);
  sent_ = 0;
}

UnsentAnswer::Progress UnsentAnswer::send(const auth::Descriptor& socket, bool& has_moved) {
  const std::size_t stop = std::min(records_.size(), sent_ + kSentAtOnce);
  while (sent_ < stop) {
    const ssize_t count =
        ::send(socket.get(), records_.data() + sent_, records_.size() - sent_, MSG_NOSIGNAL);
    if (count > 0) {
      sent_ += static_cast<std::size_t>(count);
      has_moved = true;
    } else if (errno == EAGAIN) {
      if (peer_has_read(socket)) has_moved = true;
      return Progress::kFull;
    } else if (errno != EINTR) {
      return Progress::kBroken;
    }
  }
  return sent_ == records_.size() ? Progress::kAll : Progress::kSome;
}

bool UnsentAnswer::peer_has_read(const auth::Descriptor& socket) {
  int queued = 0;
  if (::ioctl(socket.get(), SIOCOUTQ, &queued) != 0) return false;
  return std::exchange(queued_, queued) > queued;
}

void UnsentAnswer::clear() noexcept { begin(std::string()); }

}  // namespace fcgi
