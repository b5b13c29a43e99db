// SPDX-License-Identifier: Apache-2.0
// Time of TokenValidator::authorize on a token that another process has learned, found in the
// store of the machine, above that on a token that this process knows.
//
// usage: shared_hit FOLDER     a folder for the store. Prints the nanoseconds from one call to its
//                              answer, for which the caller looks without sleeping
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "auth/base/worker_pool.h"
#include "auth/store/bucket_store.h"
#include "auth/store/shared_cache.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "tests/bench/instant_issuer.h"

namespace {

constexpr std::size_t kTokens = 5000;
constexpr std::size_t kTokenBytes = 110;

[[noreturn]] void fail(const char* what) {
  std::fprintf(stderr, "shared_hit: %s\n", what);
  std::exit(EXIT_FAILURE);
}

std::vector<std::string> make_tokens() {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < kTokens; ++i) {
    std::string token = std::to_string(i) + '.';
    token.resize(kTokenBytes, 'x');
    tokens.push_back(std::move(token));
  }
  return tokens;
}

// An issuer that must not be asked.
class NoIssuer final : public auth::HttpClient {
 public:
  void send(auth::HttpRequest, Done) override { fail("a token is not in the store"); }
};

std::unique_ptr<auth::SharedCache> open_store(const std::string& folder, const auth::Clock& clock) {
  auth::Result<auth::Sealer> sealer = auth::Sealer::make(auth::SecretView("a secret"), "bench");
  if (!sealer) fail("OpenSSL seals nothing");
  const auth::SharedCache::Lifetimes lifetimes{bench::settings().cache_ttl, {}, {}};
  return std::make_unique<auth::SharedCache>(std::make_unique<auth::BucketStore>(folder, clock),
                                             *std::move(sealer), lifetimes, clock);
}

// One process of the machine.
class Process {
 public:
  Process(const std::string& folder, auth::HttpClient& http)
      : shared_(open_store(folder, clock_)),
        validator_(bench::settings(), {http, *authentication_, clock_, workers_, shared_.get()}) {}

  // Nanoseconds of one call, each of which is waited for.
  double ask_about(const std::vector<std::string>& tokens) {
    const auto begun = std::chrono::steady_clock::now();
    for (const std::string& token : tokens) ask(token);
    const std::chrono::duration<double, std::nano> elapsed =
        std::chrono::steady_clock::now() - begun;
    return elapsed.count() / kTokens;
  }

 private:
  void ask(const std::string& token) {
    answered_ = false;
    validator_.authorize(auth::SecretView(token), requirement_, {}, [this](const auto& answer) {
      if (!answer) fail("a token is not let in");
      answered_ = true;
    });
    while (!answered_) continue;
  }

  std::atomic<bool> answered_ = false;
  const auth::SystemClock clock_;
  auth::WorkerPool workers_{2};
  const std::unique_ptr<auth::ClientAuthentication> authentication_ =
      auth::basic_authentication(bench::kClientId, auth::Secret("a client secret"));
  const auth::Requirement requirement_ = auth::Requirement::parse("role:read:messages").value();
  const std::unique_ptr<auth::SharedCache> shared_;
  auth::TokenValidator validator_;
};

// In a process of its own.
void learn(const std::string& folder, const std::vector<std::string>& tokens) {
  const pid_t process = ::fork();
  if (process < 0) fail("no process can be made");
  if (process == 0) {
    bench::InstantIssuer issuer;
    Process(folder, issuer).ask_about(tokens);
    std::exit(EXIT_SUCCESS);
  }
  int status = 0;
  if (::waitpid(process, &status, 0) != process || status != 0) fail("nothing was learned");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) fail("usage: shared_hit FOLDER");
  const std::vector<std::string> tokens = make_tokens();
  learn(argv[1], tokens);
  NoIssuer issuer;
  Process other(argv[1], issuer);
  const double shared = other.ask_about(tokens);
  std::printf("%.0f\n", shared - other.ask_about(tokens));
}
