// SPDX-License-Identifier: Apache-2.0
// Memory over hundreds of thousands of tokens that nobody has seen before, good ones and refused
// ones.
#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <atomic>
#include <fstream>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/worker_pool.h"
#include "auth/settings/settings.h"
#include "auth/token_validator.h"
#include "tests/unit/support/scripted_authentication.h"

namespace {

// A sanitizer makes each token cost ten times as much, and keeps what was freed for a while.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr double kMayGrow = 64e6;
#else
constexpr double kMayGrow = 1.5e6;  // bytes: 8 for each token; to leak the least takes 32
#endif
constexpr int kTokens = 250'000;
constexpr int kSettled = kTokens / 4;  // by then the cache is full
constexpr int kAtOnce = 500;

// Every second token is a good one.
class AlternatingIssuer final : public auth::HttpClient {
 public:
  void send(auth::HttpRequest, Done done) override {
    const bool active = asked_.fetch_add(1) % 2 == 0;
    done(auth::HttpResponse{200, active ? kActive : R"({"active":false})"});
  }

 private:
  const std::string kActive =
      R"({"active":true,"sub":"338274182601113603","aud":["client","project"],)"
      R"("scope":"openid profile urn:zitadel:iam:org:project:id:338273918163681283:aud"})";
  std::atomic<int> asked_ = 0;
};

double resident_bytes() {
  std::ifstream statm("/proc/self/statm");
  double pages = 0;
  CPPUNIT_ASSERT(statm >> pages >> pages);
  return pages * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

class TokenMemoryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenMemoryTest);
  CPPUNIT_TEST(stays_flat_over_many_tokens);
  CPPUNIT_TEST_SUITE_END();

  void stays_flat_over_many_tokens() {
    auth::Settings settings;
    settings.domain = "https://z.example";
    settings.introspection_url = "https://z.example/introspect";
    settings.client_id = "client";
    settings.cache_max_bytes = 5'000 * 600;
    const auth::SystemClock clock;
    AlternatingIssuer http;
    support::ScriptedAuthentication authentication;
    auth::WorkerPool workers(2);
    auth::TokenValidator validator(settings, {http, authentication, clock, workers});

    double settled = 0;
    for (int asked = 0; asked < kTokens; asked += kAtOnce) {
      if (asked == kSettled) settled = resident_bytes();
      ask(validator, asked);
    }
    const double grown = resident_bytes() - settled;
    CPPUNIT_ASSERT_EQUAL(kTokens / 2, let_in_.load());
    CPPUNIT_ASSERT_MESSAGE("grew by " + std::to_string(grown) + " bytes", grown < kMayGrow);
  }

  // Waits for the answers to all of them.
  void ask(auth::TokenValidator& validator, int first) {
    left_ = kAtOnce;
    for (int i = 0; i < kAtOnce; ++i) {
      const std::string token = "token number " + std::to_string(first + i);
      validator.authorize(auth::SecretView(token), any_token_, {}, [&](const auto& answer) {
        if (answer) ++let_in_;
        if (--left_ == 0) left_.notify_one();
      });
    }
    for (int now = left_; now != 0; now = left_) left_.wait(now);
  }

  const auth::Requirement any_token_;
  std::atomic<int> let_in_ = 0;
  std::atomic<int> left_ = 0;
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenMemoryTest);

}  // namespace
