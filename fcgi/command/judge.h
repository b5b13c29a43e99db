// One question about one token, waited for.
#pragma once

#include <string>

#include "auth/settings/settings.h"
#include "auth/token/requirement.h"
#include "auth/token_validator.h"

namespace fcgi {

// As the program answers for itself with these settings, ZITADEL being asked where it would be.
// Nothing is learned from others and nothing is kept. Takes the client secret out of the settings.
[[nodiscard]] auth::TokenValidator::Answer judge(auth::Settings& settings, auth::SecretView token,
                                                 const auth::Requirement& requirement);

// The token in a file, with nothing around it but blanks and line breaks; "-" is standard input.
// The mistake is a whole sentence.
[[nodiscard]] auth::Result<auth::Secret, auth::Mistake> read_token_file(
    const std::string& path, const auth::Settings& settings);

}  // namespace fcgi
