#pragma once

#define ZITADEL_FCGI_VERSION "0.1.0"
