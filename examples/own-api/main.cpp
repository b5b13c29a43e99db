// SPDX-License-Identifier: Apache-2.0
// own-api: an API of one's own. What is particular to it stands in routes.cpp.
#include <zitadel_fcgi/run.h>

#include "routes.h"

int main() { return zitadel_fcgi::run(own_api::routes()); }
