// SPDX-License-Identifier: Apache-2.0
// ServerOptions: how long the server waits for a web server, and how many bytes it keeps.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace fcgi {

// A silence lasts from one byte to the next: a peer that goes on, however slowly, is waited for.
struct ServerOptions {
  // Maximum silence in a request's head (BEGIN_REQUEST and PARAMS), which no web server sends in
  // pieces; and maximum time from its first byte to its last.
  std::chrono::milliseconds head_silence{10'000};
  std::chrono::milliseconds head_total{30'000};
  // Maximum silence of a body, and of a peer that reads an answer. Longer than web servers wait for
  // their clients, so that the web server gives up first: nginx and lighttpd 60 s, Apache of Debian
  // 300 s.
  std::chrono::milliseconds body_silence{310'000};
  std::chrono::milliseconds answer_silence{310'000};
  // Maximum time between two requests of a kept connection.
  std::chrono::milliseconds idle{300'000};
  // Maximum time from stop() to the end, whatever is still under way; and maximum silence, after
  // stop(), of a body whose request is answered: many web servers leave out the rest and do not say
  // so.
  std::chrono::milliseconds stop{4'000};
  std::chrono::milliseconds stop_silence{1'000};
  // Time from stop() to the end of a kept connection that is idle at stop(). One that is used often
  // is closed right after an answer instead, when its web server cannot have begun another request
  // on it.
  std::chrono::milliseconds stop_idle{100};
  // Interval between two checks for what lasts too long, and for connections that nobody was woken
  // for.
  std::chrono::milliseconds sweep{1'000};

  // Maximum number of connections of one loop. For one more, the connection is closed that has
  // waited longest for its peer.
  std::size_t max_connections = 8192;
  // Maximum number of bytes that all loops keep: heads, bodies, and unsent answers. If there are
  // more, a loop that holds more than its share closes the connection that has been still the
  // longest. An answer that is longer than this is replaced by a 500.
  std::size_t max_held = 256 << 20;
  // Maximum number of bytes of one body that are read, kept or not; beyond it, the connection is
  // closed.
  std::uint64_t max_body_read = std::uint64_t{8} << 30;
};

}  // namespace fcgi
