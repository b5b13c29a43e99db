// SPDX-License-Identifier: Apache-2.0
#include "auth/base/journal.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>

#include <array>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace auth {
namespace {

iovec piece(std::string_view text) noexcept {
  // The kernel only reads it.
  return {const_cast<char*>(text.data()), text.size()};
}

}  // namespace

bool is_journal(int descriptor) noexcept {
  const char* const named = std::getenv("JOURNAL_STREAM");
  if (named == nullptr) return false;
  struct stat status {};
  if (::fstat(descriptor, &status) != 0) return false;
  std::array<char, 48> own{};
  static_cast<void>(std::snprintf(own.data(), own.size(), "%llu:%llu",
                                  static_cast<unsigned long long>(status.st_dev),
                                  static_cast<unsigned long long>(status.st_ino)));
  return std::string_view(named) == own.data();
}

const char* JournalSocket::send(std::string_view identifier, std::string_view message) noexcept {
  if (!socket_.is_open()) {
    socket_ = Descriptor(::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0));
    constexpr timeval kMost{1, 0};
    static_cast<void>(::setsockopt(socket_.get(), SOL_SOCKET, SO_SNDTIMEO, &kMost, sizeof kMost));
  }
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::strncpy(address.sun_path, path_, sizeof address.sun_path - 1);
  iovec pieces[] = {piece("PRIORITY=6\nSYSLOG_IDENTIFIER="), piece(identifier), piece("\nMESSAGE="),
                    piece(message), piece("\n")};
  msghdr entry{};
  entry.msg_name = &address;
  entry.msg_namelen = sizeof address;
  entry.msg_iov = pieces;
  entry.msg_iovlen = std::size(pieces);
  if (::sendmsg(socket_.get(), &entry, MSG_NOSIGNAL) >= 0) return nullptr;
  const char* const text = ::strerrordesc_np(errno);
  return text == nullptr ? "unknown error" : text;
}

}  // namespace auth
