// SPDX-License-Identifier: Apache-2.0
// Checks that a stranger does not see what must be hidden on the site.
#pragma once

#include <string>

#include "cli/check/findings.h"
#include "cli/check/site_client.h"

namespace cli {

// Reports whether the program also answers beside its mount, at "/apix". url: spelt as plain_url
// does it.
void check_neighbour(const std::string& url, SiteClient& client, Findings& findings);

// Reports whether settings and key are shown under their usual names.
void check_files(const std::string& url, SiteClient& client, Findings& findings);

}  // namespace cli
