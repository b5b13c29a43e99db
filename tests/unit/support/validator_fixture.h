// SPDX-License-Identifier: Apache-2.0
// A validator between a scripted ZITADEL and a clock that a test moves. Every test that uses it
// also proves that each caller was answered exactly once.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/base/worker_pool.h"
#include "auth/settings/settings.h"
#include "auth/token/requirement.h"
#include "auth/token_validator.h"
#include "tests/unit/support/answers.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/scripted_authentication.h"
#include "tests/unit/support/scripted_http_client.h"

namespace support {

class ValidatorFixture : public CppUnit::TestFixture {
 public:
  void setUp() override;
  void tearDown() override;

 protected:
  // A new validator with other settings. Nothing may be under way.
  template <typename Change>
  void start(Change change) {
    auth::Settings settings = defaults();
    change(settings);
    validator_ = std::make_unique<auth::TokenValidator>(
        settings, auth::TokenValidator::Dependencies{http_, authentication_, clock_, *workers_});
  }

  // Asks for a token; the answer is known by that name, or by the token's.
  auth::TokenValidator::Waiting authorize(const std::string& token,
                                          const auth::Requirement& requirement,
                                          const std::string& who = "",
                                          std::string_view address = "");
  auth::TokenValidator::Waiting authorize(const std::string& token) {
    return authorize(token, token_required_);
  }
  // The same, for a client with that address.
  auth::TokenValidator::Waiting authorize_for(std::string_view address, const std::string& token) {
    return authorize(token, token_required_, "", address);
  }

  // Waits until the workers have done what they had to do.
  void settle();

  // ZITADEL answers the oldest question so.
  void zitadel_answers(auth::Result<auth::HttpResponse> answer);
  void zitadel_answers(int status, std::string body = "") {
    auth::HttpResponse answer{status, std::move(body)};
    answer.date = clock_.wall() - clock_ahead_;
    zitadel_answers(std::move(answer));
  }

  // What is answered before authorize returns; fails where that is not so.
  [[nodiscard]] auth::TokenValidator::Answer answer_at_once(
      const std::string& token, const std::optional<auth::Requirement>& requirement = {});
  // What is answered on a thread of the pool.
  [[nodiscard]] auth::TokenValidator::Answer answer_of(const std::string& who);

  // Asks for the token, has ZITADEL answer so, and gives what the caller got.
  auth::TokenValidator::Answer ask_and_answer(const std::string& token, int status,
                                              const std::string& body);
  void make_known(const std::string& token);
  // ZITADEL does not answer a question, so that it counts as away; and answers a trial.
  void go_away(auth::Error error = {auth::Reason::kTimedOut});
  void come_back();

  static std::string active(std::string_view subject = "somebody", std::string_view members = "");
  [[nodiscard]] std::string expires_in(std::chrono::seconds time) const;
  static std::string with_role(std::string_view role);
  static auth::Requirement require(std::string_view text);
  static void assert_reason(auth::Reason reason, const auth::TokenValidator::Answer& answer);
  static std::string subject(const auth::TokenValidator::Answer& answer);

  static auth::Settings defaults();

  std::optional<LogCapture> log_{};  // at info level, so that failures on order say nothing
  const auth::Requirement token_required_{};
  const std::string inactive_ = "{\"active\": false}";
  ManualClock clock_{};
  std::chrono::seconds clock_ahead_{0};  // of ZITADEL's
  ScriptedHttpClient http_{};
  ScriptedAuthentication authentication_{};
  Answers answers_{};
  // One thread, so that its work is done in order (see settle).
  std::unique_ptr<auth::WorkerPool> workers_ = std::make_unique<auth::WorkerPool>(1U);
  std::unique_ptr<auth::TokenValidator> validator_{};

 private:
  int asked_ = 0;
};

}  // namespace support
