// SPDX-License-Identifier: Apache-2.0
// Warns if others can connect to the listening socket.
#pragma once

#include <optional>
#include <string>

namespace fcgi {

// Returns the first port that can be listened on without root: 1024, unless Linux is set otherwise.
[[nodiscard]] unsigned first_open_port();

// Returns a sentence for the operator if others than the web server can connect: to a TCP port,
// every user of the machine or the network can; to a Unix socket, every user who may write to it
// and pass through its folders. nullopt if nobody else can, or if that cannot be found out; also
// for a port of this machine below first_open, the best choice for a web server without Unix
// sockets (apache/authnz_fcgi.conf).
[[nodiscard]] std::optional<std::string> exposure_warning(int listener,
                                                          unsigned first_open = first_open_port());

// Returns the address of the listener, for the log: "unix:/run/api.sock", "127.0.0.1:9000".
[[nodiscard]] std::string listener_name(int listener);

}  // namespace fcgi
