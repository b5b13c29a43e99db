// SPDX-License-Identifier: Apache-2.0
// Names for requests that nobody has named yet.
#pragma once

#include <array>

namespace fcgi {

// 32 hexadecimal digits that no other request of this machine or another one has, for all that can
// be expected. Not secret: who knows some can tell others. Any thread; takes some nanoseconds.
void make_random_name(std::array<char, 32>& name) noexcept;

}  // namespace fcgi
