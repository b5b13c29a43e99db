// SPDX-License-Identifier: Apache-2.0
// Memory of 100,000 cached tokens, as the allocator and the kernel see it.
//
// usage: cache_memory     prints: BYTES of the allocator, BYTES of resident memory, for each token
#include <malloc.h>
#include <unistd.h>

#include <atomic>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <memory>
#include <string>
#include <variant>

#include "auth/base/worker_pool.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "tests/bench/instant_issuer.h"

namespace {

constexpr std::size_t kTokens = 100'000;

std::atomic<bool> learned = false;

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  if (!(statm >> pages >> pages)) std::exit(EXIT_FAILURE);
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double allocated_bytes() {
  const struct mallinfo2 info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

void learn(auth::TokenValidator& validator, const auth::Requirement& requirement, std::size_t from,
           std::size_t to) {
  for (std::size_t i = from; i < to; ++i) {
    const std::string token = "token " + std::to_string(i);
    learned = false;
    validator.authorize(auth::SecretView(token), requirement, {}, [](const auto& answer) {
      if (!answer) std::exit(EXIT_FAILURE);
      learned = true;
      learned.notify_one();
    });
    learned.wait(false);
  }
}

}  // namespace

int main() {
  const auth::SystemClock clock;
  bench::InstantIssuer http;
  auth::WorkerPool workers(1);
  const auto authentication =
      auth::basic_authentication(bench::kClientId, auth::Secret("a client secret"));
  const auth::Requirement requirement;
  auth::Settings settings = bench::settings();
  settings.cache_max_bytes = kTokens * 2048;  // so that no shard is full
  auth::TokenValidator validator(settings, {http, *authentication, clock, workers});
  // What is made once only is not counted.
  constexpr std::size_t kFirst = 100;
  learn(validator, requirement, 0, kFirst);
  const double allocated = allocated_bytes();
  const double resident = resident_bytes();
  learn(validator, requirement, kFirst, kFirst + kTokens);
  std::printf("%.0f\t%.0f\n", (allocated_bytes() - allocated) / kTokens,
              (resident_bytes() - resident) / kTokens);
}
