// SPDX-License-Identifier: Apache-2.0
// application/x-www-form-urlencoded (WHATWG URL §5, RFC 6749 appendix B).
#pragma once

#include <string>
#include <string_view>

#include "auth/base/secret.h"

namespace auth {

[[nodiscard]] std::string form_encode(std::string_view text);

// Returns the decoded text. If a '%' in it encodes nothing, each '%' stays as it is.
[[nodiscard]] Secret form_decode(std::string_view text);

// Appends "name=value", both encoded, after a '&' if the form is not empty. The form stays a plain
// string: make it a Secret when it is complete.
void append_form_field(std::string& form, std::string_view name, std::string_view value);

}  // namespace auth
