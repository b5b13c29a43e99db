// SPDX-License-Identifier: Apache-2.0
// api.fcgi: the program.
#include "fcgi/routes.h"
#include "zitadel_fcgi/run.h"

int main() { return zitadel_fcgi::run(fcgi::routes()); }
