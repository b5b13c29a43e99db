// SPDX-License-Identifier: Apache-2.0
// Names for requests that nobody has named yet.
#pragma once

#include <array>

namespace fcgi {

// Writes 32 hexadecimal digits that, as far as can be expected, no other request of any machine
// has. Not secret: who knows some can predict others. Any thread; takes some nanoseconds.
void make_random_name(std::array<char, 32>& name) noexcept;

}  // namespace fcgi
