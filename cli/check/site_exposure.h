// SPDX-License-Identifier: Apache-2.0
// What a stranger must not see of the site.
#pragma once

#include <string>

#include "cli/check/findings.h"
#include "cli/check/site_client.h"

namespace cli {

// Whether the program answers beside its mount, at "/apix", too. url: spelt as plain_url does it.
void check_neighbour(const std::string& url, SiteClient& client, Findings& findings);

// Whether settings and key are shown under their usual names.
void check_files(const std::string& url, SiteClient& client, Findings& findings);

}  // namespace cli
