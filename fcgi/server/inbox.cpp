// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/inbox.h"

#include <sys/eventfd.h>

#include <utility>

namespace fcgi {

thread_local bool Inbox::is_loop_thread_ = false;

Inbox::Inbox() : wake_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

void Inbox::post(Message message) {
  std::function<void()> gone;
  {
    const auth::MutexLock lock(mutex_);
    if (closed_) {
      gone = std::move(message.when_gone);
    } else {
      messages_.push_back(std::move(message));
      // The first message has woken the loop for all of them.
      if (messages_.size() > 1) return;
    }
  }
  if (gone) return gone();
  if (std::this_thread::get_id() != owner_) wake();
}

void Inbox::wake() noexcept { static_cast<void>(::eventfd_write(wake_.get(), 1)); }

void Inbox::forget_wake() noexcept {
  eventfd_t ignored = 0;
  static_cast<void>(::eventfd_read(wake_.get(), &ignored));
}

void Inbox::take(std::vector<Message>& messages) {
  messages.clear();
  const auth::MutexLock lock(mutex_);
  messages_.swap(messages);
}

void Inbox::close() {
  std::vector<Message> last;
  {
    const auth::MutexLock lock(mutex_);
    closed_ = true;
    last.swap(messages_);
  }
  for (const Message& message : last) {
    if (message.when_gone) message.when_gone();
  }
}

}  // namespace fcgi
