// SPDX-License-Identifier: Apache-2.0
// Targets of a WebDAV request besides the path that it names (RFC 4918).
#pragma once

#include <optional>
#include <string_view>

#include "fcgi/http/request.h"

namespace fcgi {

// Whether a request of that method may act upon what lies below the path as well. Whether there is
// a folder cannot be seen.
[[nodiscard]] bool reaches_below(const Request& request, std::string_view method);

// Whether a request of that method writes to a second path.
[[nodiscard]] bool has_destination(std::string_view method) noexcept;

// That path, as it was sent, out of the Destination header (§10.3). Nothing where that is missing,
// repeated, no RequestTarget, of another host than the request's, or a relative URL
// ("//host/path").
[[nodiscard]] std::optional<std::string_view> destination_path(const Request& request);

}  // namespace fcgi
