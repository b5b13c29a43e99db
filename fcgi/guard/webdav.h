// SPDX-License-Identifier: Apache-2.0
// Targets of a WebDAV request besides the path that it names (RFC 4918).
#pragma once

#include <optional>
#include <string_view>

#include "fcgi/http/request.h"

namespace fcgi {

// Whether a request of that method may act on what is below the path as well. This cannot see
// whether there is a folder.
[[nodiscard]] bool reaches_below(const Request& request, std::string_view method);

// Whether a request of that method writes to a second path.
[[nodiscard]] bool has_destination(std::string_view method) noexcept;

// Returns that path, as it was sent, from the Destination header (§10.3). nullopt if the header is
// missing, repeated, no RequestTarget, of another host than the request's, or a relative URL
// ("//host/path").
[[nodiscard]] std::optional<std::string_view> destination_path(const Request& request);

}  // namespace fcgi
