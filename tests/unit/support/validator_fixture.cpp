// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/validator_fixture.h"

#include <future>
#include <thread>
#include <utility>

#include "auth/breaker.h"

namespace support {

using Answer = auth::TokenValidator::Answer;

void ValidatorFixture::setUp() {
  log_.emplace(auth::LogLevel::kInfo);
  start([](auth::Settings&) {});
}

void ValidatorFixture::tearDown() {
  validator_.reset();
  http_.shut_down();
  workers_.reset();
  log_.reset();
  CPPUNIT_ASSERT_EQUAL(answers_.expected(), answers_.given());
}

auth::TokenValidator::Waiting ValidatorFixture::authorize(const std::string& token,
                                                          const auth::Requirement& requirement,
                                                          const std::string& who,
                                                          std::string_view address) {
  auto waiting = validator_->authorize(
      auth::SecretView(token), requirement, [&] { return address; },
      answers_.of(who.empty() ? token : who));
  settle();
  return waiting;
}

// Work that makes work, too: nothing here does so more often.
void ValidatorFixture::settle() {
  for (int i = 0; i < 4; ++i) {
    std::promise<void> done;
    workers_->run([&done] { done.set_value(); });
    done.get_future().wait();
  }
}

void ValidatorFixture::zitadel_answers(auth::Result<auth::HttpResponse> answer) {
  http_.answer(std::move(answer));
  settle();
}

Answer ValidatorFixture::answer_at_once(const std::string& token,
                                        const std::optional<auth::Requirement>& requirement) {
  std::optional<Answer> given;
  const auth::Requirement required = requirement.value_or(token_required_);
  validator_->authorize(auth::SecretView(token), required, {}, [&](Answer answer) {
    CPPUNIT_ASSERT(!given.has_value());
    given = std::move(answer);
  });
  settle();
  CPPUNIT_ASSERT_MESSAGE("not answered at once: " + token, given.has_value());
  return *given;
}

Answer ValidatorFixture::answer_of(const std::string& who) {
  const Answers::Given given = answers_.wait(who);
  CPPUNIT_ASSERT(given.thread != std::this_thread::get_id());
  return given.answer;
}

Answer ValidatorFixture::ask_and_answer(const std::string& token, int status,
                                        const std::string& body) {
  const std::string who = token + " #" + std::to_string(++asked_);
  const std::size_t before = http_.asked();
  authorize(token, token_required_, who);
  CPPUNIT_ASSERT_EQUAL_MESSAGE(token, before + 1, http_.asked());
  zitadel_answers(status, body);
  return answer_of(who);
}

void ValidatorFixture::make_known(const std::string& token) {
  CPPUNIT_ASSERT(ask_and_answer(token, 200, active(token)).has_value());
}

void ValidatorFixture::go_away(auth::Error error) {
  const std::string who = "unanswered #" + std::to_string(++asked_);
  authorize(who);
  zitadel_answers(error);
  assert_reason(error.reason, answer_of(who));
}

void ValidatorFixture::come_back() {
  clock_.advance(2 * auth::kTrialInterval);
  const std::string who = "tries again #" + std::to_string(++asked_);
  authorize(who);
  CPPUNIT_ASSERT(!answer_of(who).has_value());
  CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  zitadel_answers(200, active(who));
}

std::string ValidatorFixture::active(std::string_view subject, std::string_view members) {
  return "{\"active\": true, \"sub\": \"" + std::string(subject) + "\"" +
         (members.empty() ? "" : ", ") + std::string(members) + "}";
}

std::string ValidatorFixture::expires_in(std::chrono::seconds time) const {
  return "\"exp\": " + std::to_string((clock_.wall() + time).time_since_epoch().count());
}

std::string ValidatorFixture::with_role(std::string_view role) {
  return "\"urn:zitadel:iam:org:project:roles\": {\"" + std::string(role) + "\": {\"1\": \"d\"}}";
}

auth::Requirement ValidatorFixture::require(std::string_view text) {
  return auth::Requirement::parse(text).value();
}

void ValidatorFixture::assert_reason(auth::Reason reason, const Answer& answer) {
  CPPUNIT_ASSERT_MESSAGE("let in", !answer.has_value());
  CPPUNIT_ASSERT_EQUAL(std::string(auth::describe(reason)),
                       std::string(auth::describe(answer.error().reason)));
}

std::string ValidatorFixture::subject(const Answer& answer) {
  CPPUNIT_ASSERT_MESSAGE("refused", answer.has_value());
  return std::string((*answer)->subject());
}

auth::Settings ValidatorFixture::defaults() {
  auth::Settings settings;
  settings.domain = "https://issuer.example";
  settings.introspection_url = "https://issuer.example/introspect";
  settings.client_id = "client";
  return settings;
}

}  // namespace support
