// SPDX-License-Identifier: Apache-2.0
// Warns if others can connect to the listening socket.
#pragma once

#include <optional>
#include <string>

namespace fcgi {

// The first port that can be listened on without root: 1024, unless Linux was told another.
[[nodiscard]] unsigned first_open_port();

// A sentence for the operator where others than the web server can connect: to a TCP port every
// user of the machine can, or the network; to a Unix socket whoever may write to it, where its
// folders let him through. Nothing where none can, or it cannot be told; nor for a port of this
// machine below first_open, the best that a web server can do that knows no Unix sockets
// (apache/authnz_fcgi.conf).
[[nodiscard]] std::optional<std::string> exposure_warning(int listener,
                                                          unsigned first_open = first_open_port());

// Where it listens, for the log: "unix:/run/api.sock", "127.0.0.1:9000".
[[nodiscard]] std::string listener_name(int listener);

}  // namespace fcgi
