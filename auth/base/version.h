// SPDX-License-Identifier: Apache-2.0
/// @file
/// The one place of the version: of the programs, of both libraries and of their pkg-config files.
#ifndef ZITADEL_AUTH_VERSION_H
#define ZITADEL_AUTH_VERSION_H

/// "MAJOR.MINOR.PATCH" (Semantic Versioning 2.0.0).
#define ZITADEL_FCGI_VERSION "0.1.0"

#endif
