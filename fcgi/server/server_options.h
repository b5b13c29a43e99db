// SPDX-License-Identifier: Apache-2.0
// ServerOptions: how long the server waits for a web server, and how many bytes it keeps.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fcgi {

// A silence lasts from one byte to the next: who goes on, however slowly, is waited for.
struct ServerOptions {
  // For a request's head (BEGIN_REQUEST and PARAMS), which no web server sends in pieces; and from
  // its first byte to its last.
  std::chrono::milliseconds head_silence{10'000};
  std::chrono::milliseconds head_total{30'000};
  // For a body, and for a peer that reads an answer. Longer than web servers themselves wait for
  // their clients, so that it is they who give up: nginx and lighttpd 60 s, Apache of Debian 300 s.
  std::chrono::milliseconds body_silence{310'000};
  std::chrono::milliseconds answer_silence{310'000};
  // Between two requests of a kept connection.
  std::chrono::milliseconds idle{300'000};
  // From stop() to the end, whatever is still under way; and then for the rest of a body whose
  // request is answered: many a web server leaves it away and does not say so.
  std::chrono::milliseconds stop{4'000};
  std::chrono::milliseconds stop_silence{1'000};
  // From stop() to the end of a kept connection that is idle then. One that is used often is closed
  // right behind an answer instead, when its web server cannot have begun another request on it.
  std::chrono::milliseconds stop_idle{100};
  // Between two looks for what lasts too long, and for connections that nobody was woken for.
  std::chrono::milliseconds sweep{1'000};

  // Connections of one loop. For one more the one is closed that has waited longest for its peer.
  std::size_t max_connections = 8192;
  // Bytes that all loops keep: heads, bodies, and answers that are not sent yet. A loop that holds
  // more than its share of them when there are more closes the connection that has stood still the
  // longest. A longer answer is replaced by a 500.
  std::size_t max_held = 256 << 20;
  // Bytes of one body that are read at all, kept or not; the connection is closed beyond.
  std::uint64_t max_body_read = std::uint64_t{8} << 30;
};

}  // namespace fcgi
