// SPDX-License-Identifier: Apache-2.0
// status.html, as it was when the program was built.
#pragma once

#include <string_view>

namespace fcgi {

[[nodiscard]] std::string_view status_html() noexcept;

}  // namespace fcgi
