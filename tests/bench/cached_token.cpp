// SPDX-License-Identifier: Apache-2.0
// Time of TokenValidator::authorize on a token that is known, on two threads at once.
//
// usage: cached_token     prints one line for each case: nanoseconds of one call, then those of
// them
//                         that a processor worked, then what was measured, separated by tabs
//
// Where the machine has other work too, the two differ.
#include <time.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <thread>
#include <vector>

#include "auth/base/worker_pool.h"
#include "auth/token_validator.h"
#include "auth/zitadel/client_assertion.h"
#include "tests/bench/instant_issuer.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr std::size_t kThreads = 2;
constexpr std::size_t kCalls = 400'000;  // of each thread
constexpr int kRounds = 5;
constexpr std::size_t kOpaqueBytes = 110;
constexpr std::size_t kJwtBytes = 900;

std::vector<std::string> make_tokens(std::size_t count, std::size_t bytes) {
  std::vector<std::string> tokens;
  for (std::size_t i = 0; i < count; ++i) {
    std::string token = std::to_string(i) + '.';
    token.resize(bytes, 'x');
    tokens.push_back(std::move(token));
  }
  return tokens;
}

struct Nanoseconds {
  double elapsed;
  double worked;
};

double worked_by_this_thread() {
  timespec time{};
  if (::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time) != 0) return 0;
  return static_cast<double>(time.tv_sec) * 1e9 + static_cast<double>(time.tv_nsec);
}

class Measurement {
 public:
  Measurement() : requirement_(parse("role:read:messages")) {}

  // Of one call, the medians of the rounds.
  Nanoseconds run(const std::vector<std::string>& tokens) {
    for (const std::string& token : tokens) learn(token);
    std::vector<double> elapsed;
    std::vector<double> worked;
    for (int i = 0; i < kRounds; ++i) {
      const Nanoseconds time = round(tokens);
      elapsed.push_back(time.elapsed);
      worked.push_back(time.worked);
    }
    std::sort(elapsed.begin(), elapsed.end());
    std::sort(worked.begin(), worked.end());
    return {elapsed[kRounds / 2], worked[kRounds / 2]};
  }

 private:
  static auth::Requirement parse(std::string_view text) {
    return auth::Requirement::parse(text).value();
  }

  void learn(const std::string& token) {
    learned_ = false;
    validator_.authorize(auth::SecretView(token), requirement_, {}, [this](const auto& answer) {
      if (!answer) fail("a token is not let in");
      learned_ = true;
      learned_.notify_one();
    });
    learned_.wait(false);
  }

  Nanoseconds round(const std::vector<std::string>& tokens) {
    std::atomic<std::size_t> let_in = 0;
    std::array<double, kThreads> worked{};
    std::vector<std::thread> threads;
    const auto start = Clock::now();
    for (double& own : worked) {
      threads.emplace_back([&] {
        let_in += call(tokens);
        own = worked_by_this_thread();
      });
    }
    for (std::thread& thread : threads) thread.join();
    const std::chrono::duration<double, std::nano> elapsed = Clock::now() - start;
    if (let_in != kThreads * kCalls) fail("a known token is not let in at once");
    return {elapsed.count() / kCalls, *std::max_element(worked.begin(), worked.end()) / kCalls};
  }

  std::size_t call(const std::vector<std::string>& tokens) {
    std::size_t let_in = 0;
    std::size_t next = 0;
    for (std::size_t i = 0; i < kCalls; ++i) {
      validator_.authorize(auth::SecretView(tokens[next]), requirement_, {},
                           [&](const auto& answer) { let_in += answer ? 1 : 0; });
      if (++next == tokens.size()) next = 0;
    }
    return let_in;
  }

  [[noreturn]] static void fail(const char* what) {
    std::fprintf(stderr, "cached_token: %s\n", what);
    std::exit(EXIT_FAILURE);
  }

  std::atomic<bool> learned_ = false;
  const auth::SystemClock clock_;
  bench::InstantIssuer http_;
  auth::WorkerPool workers_{1};
  const std::unique_ptr<auth::ClientAuthentication> authentication_ =
      auth::basic_authentication(bench::kClientId, auth::Secret("a client secret"));
  const auth::Requirement requirement_;
  auth::TokenValidator validator_{bench::settings(), {http_, *authentication_, clock_, workers_}};
};

}  // namespace

int main() {
  Measurement measurement;
  for (const std::size_t bytes : {kOpaqueBytes, kJwtBytes}) {
    for (const std::size_t count : {std::size_t{1}, std::size_t{1000}}) {
      const Nanoseconds time = measurement.run(make_tokens(count, bytes));
      std::printf("%.0f\t%.0f\t%zu bytes, %zu token%s\n", time.elapsed, time.worked, bytes, count,
                  count == 1 ? "" : "s");
    }
  }
}
