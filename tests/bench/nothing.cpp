// SPDX-License-Identifier: Apache-2.0
// The floor of plain CGI: a C++ program that starts with libraries that api.fcgi starts with, too,
// and sends the answer to GET /private without a look at anything.
#include <fcgiapp.h>
#include <json-c/json.h>
#include <openssl/crypto.h>

#include <cstdlib>
#include <iostream>

int main() {
  // So that the linker keeps them.
  if (FCGX_IsCGI() == 0 || OpenSSL_version_num() == 0 || json_c_version_num() == 0) {
    return EXIT_FAILURE;
  }
  std::cout << "Status: 200 OK\r\n"
               "Content-Type: application/json\r\n"
               "Cache-Control: no-store\r\n"
               "\r\n"
               "{\"message\": \"Private route - You need to be authenticated to see this.\"}";
  return std::cout.flush() ? EXIT_SUCCESS : EXIT_FAILURE;
}
