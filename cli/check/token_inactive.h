// SPDX-License-Identifier: Apache-2.0
// Why ZITADEL calls tokens inactive, as far as that can be told from here.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/settings/settings.h"
#include "cli/check/token_kind.h"

namespace cli {

// As the token itself tells; empty where nothing in it does.
[[nodiscard]] std::string why_inactive(const TokenKind& kind, const auth::Settings& settings,
                                       auth::WallTime now);
// What else there may be.
[[nodiscard]] std::string what_may_be(const TokenKind& kind);
// Where every one is, and nothing tells why. any_new: one of them was got just now.
[[nodiscard]] std::string all_inactive_words(bool any_new, const auth::Settings& settings);

}  // namespace cli
