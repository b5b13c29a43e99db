// SPDX-License-Identifier: Apache-2.0
#include "fcgi/monitor/status_html.h"

// The assembler inserts the file, and a zero byte after it; the Makefile says that this file
// depends on it.
__asm__(
    ".pushsection .rodata\n"
    ".type fcgi_status_html, %object\n"
    "fcgi_status_html:\n"
    ".incbin \"fcgi/monitor/status.html\"\n"
    ".byte 0\n"
    ".size fcgi_status_html, . - fcgi_status_html\n"
    ".popsection\n");

extern "C" const char fcgi_status_html[] __attribute__((visibility("hidden")));

namespace fcgi {

std::string_view status_html() noexcept { return fcgi_status_html; }

}  // namespace fcgi
