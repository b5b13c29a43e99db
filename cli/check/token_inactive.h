// SPDX-License-Identifier: Apache-2.0
// Explains why ZITADEL calls tokens inactive, as far as this is known here.
#pragma once

#include <string>

#include "auth/base/clock.h"
#include "auth/settings/settings.h"
#include "cli/check/token_kind.h"

namespace cli {

// Returns the reason that the token itself shows; empty if it shows none.
[[nodiscard]] std::string why_inactive(const TokenKind& kind, const auth::Settings& settings,
                                       auth::WallTime now);
// Returns the other possible reasons, which the token does not show.
[[nodiscard]] std::string what_may_be(const TokenKind& kind);
// Returns the explanation if all tokens are inactive and none shows a reason. any_new: one of them
// was got just now.
[[nodiscard]] std::string all_inactive_words(bool any_new, const auth::Settings& settings);

}  // namespace cli
