// SPDX-License-Identifier: Apache-2.0
// The floor of the benchmark: what FastCGI itself costs. A plain libfcgi accept loop that sends the
// bytes of GET /private and looks at nothing.
//
// usage: floor [THREADS], with the listening socket on standard input
#include <fcgiapp.h>

#include <csignal>
#include <cstdlib>
#include <string_view>
#include <thread>
#include <vector>

namespace {

constexpr std::string_view kAnswer =
    "Status: 200 OK\r\n"
    "X-Request-Id: 0123456789abcdef0123456789abcdef\r\n"
    "Content-Type: application/json\r\n"
    "Cache-Control: no-store\r\n"
    "Content-Length: 72\r\n"
    "\r\n"
    "{\"message\": \"Private route - You need to be authenticated to see this.\"}";

void serve() {
  FCGX_Request request;
  if (FCGX_InitRequest(&request, 0, 0) != 0) return;
  while (FCGX_Accept_r(&request) == 0) {
    FCGX_PutStr(kAnswer.data(), static_cast<int>(kAnswer.size()), request.out);
    FCGX_Finish_r(&request);
  }
}

}  // namespace

int main(int argc, char** argv) {
  const int threads = argc > 1 ? std::atoi(argv[1]) : 2;
  if (threads < 1 || FCGX_Init() != 0) return EXIT_FAILURE;
  // libfcgi catches it and lets only one thread know.
  std::signal(SIGTERM, SIG_DFL);
  std::vector<std::thread> others;
  for (int i = 1; i < threads; ++i) others.emplace_back(serve);
  serve();
  for (std::thread& other : others) other.join();
  return EXIT_SUCCESS;
}
