// Who can connect to the listening socket.
#pragma once

#include <optional>
#include <string>

namespace fcgi {

// A sentence for the operator where others than the web server can connect: to a TCP port every
// user of the machine can, or the network; to a Unix socket whoever may write to it, where its
// folders let him through. Nothing where none can, or it cannot be told.
[[nodiscard]] std::optional<std::string> listener_warning(int listener);

}  // namespace fcgi
