// What must be equal for two processes to believe each other what they have learned of tokens.
#pragma once

#include <string>

#include "auth/base/result.h"

namespace auth {

struct Settings;

// The settings by which answers are asked for and read, and the certificates by which ZITADEL is
// known. Error: kInternal if the file of certificates cannot be read.
[[nodiscard]] Result<std::string> sealing_context(const Settings& settings);

}  // namespace auth
