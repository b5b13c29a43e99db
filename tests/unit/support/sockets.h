// SPDX-License-Identifier: Apache-2.0
// Sockets of tests: loopback or a Unix socket, every wait with an end.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "auth/base/descriptor.h"
#include "tests/unit/support/gate.h"

namespace support {

// A socket that listens on a port of 127.0.0.1 that the system chooses.
[[nodiscard]] auth::Descriptor listen_on_tcp(int backlog = 1024);
// On another address and port.
[[nodiscard]] auth::Descriptor listen_on_tcp_at(const std::string& address, std::uint16_t port);
[[nodiscard]] auth::Descriptor listen_on_unix(const std::string& path, int backlog = 1024);
[[nodiscard]] std::uint16_t port_of(const auth::Descriptor& socket);

[[nodiscard]] auth::Descriptor connect_to_tcp(std::uint16_t port);
[[nodiscard]] auth::Descriptor connect_to_unix(const std::string& path);
// A socket first, connected later.
[[nodiscard]] auth::Descriptor new_unix_socket();
void connect_to_unix(const auth::Descriptor& socket, const std::string& path);

// False: the peer is gone, or does not read.
bool send_all(const auth::Descriptor& socket, std::string_view bytes,
              std::chrono::milliseconds patience = kPatience);
// What has arrived, at most that much; empty: the peer has closed, or nothing came in time.
[[nodiscard]] std::string receive(const auth::Descriptor& socket, std::size_t most = 65536,
                                  std::chrono::milliseconds patience = kPatience);
// Reads on until the peer has closed; false where it has not in time.
[[nodiscard]] bool is_closed(const auth::Descriptor& socket,
                             std::chrono::milliseconds patience = kPatience);
// The next close of it sends a reset.
void prepare_reset(const auth::Descriptor& socket);

// Descriptors that this process has open.
[[nodiscard]] std::size_t open_descriptors();
// False: more stay open.
[[nodiscard]] bool descriptors_come_down_to(std::size_t count);

}  // namespace support
