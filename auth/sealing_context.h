// What must be equal for two processes to believe each other what they have learned of tokens.
#pragma once

#include <string>

namespace auth {

struct Settings;

// The settings by which answers are asked for and read, and the certificates by which ZITADEL is
// known.
[[nodiscard]] std::string sealing_context(const Settings& settings);

}  // namespace auth
