// SPDX-License-Identifier: Apache-2.0
#include "auth/stopping.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <chrono>
#include <memory>
#include <optional>
#include <thread>
#include <vector>

#include "tests/unit/support/gate.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Gate;
using auth::HttpResponse;
using auth::OwnHttpClient;
using auth::OwnWorkers;
using auth::Reason;
using auth::Result;
using std::chrono::milliseconds;

class StoppingTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StoppingTest);
  CPPUNIT_TEST(nobody_enters_a_closed_gate);
  CPPUNIT_TEST(waits_until_the_last_has_left);
  CPPUNIT_TEST(ends_questions_with_shutting_down);
  CPPUNIT_TEST(an_answer_that_comes_later_calls_nobody);
  CPPUNIT_TEST(stopped_it_asks_nothing_more);
  CPPUNIT_TEST(waits_for_an_answer_that_is_being_taken);
  CPPUNIT_TEST(waits_for_tasks_and_for_what_they_begin);
  CPPUNIT_TEST(lets_go_of_what_a_task_held_before_it_has_left);
  CPPUNIT_TEST(does_not_wait_for_what_is_for_later);
  CPPUNIT_TEST_SUITE_END();

  void does_not_wait_for_what_is_for_later() {
    std::atomic<bool> ran{false};
    support::Counter passed;
    auth::WorkerPool pool(1);
    OwnWorkers workers(pool, gate_);
    workers.run_later(milliseconds(20), [&] { ran = true; });
    gate_->close();
    gate_->wait();
    pool.run_later(milliseconds(20), [&] { passed.add(); });
    CPPUNIT_ASSERT(passed.reaches(1));
    CPPUNIT_ASSERT(!ran);
  }

  const std::shared_ptr<Gate> gate_ = std::make_shared<Gate>();

  void nobody_enters_a_closed_gate() {
    CPPUNIT_ASSERT(gate_->enter() && gate_->enter());
    gate_->close();
    CPPUNIT_ASSERT(!gate_->enter());
    gate_->leave();
    gate_->leave();
    gate_->wait();
    CPPUNIT_ASSERT(!gate_->enter());
    gate_->close();
    gate_->wait();
  }

  void waits_until_the_last_has_left() {
    CPPUNIT_ASSERT(gate_->enter());
    gate_->enter_with_others();
    gate_->close();
    std::atomic<bool> left{false};
    std::thread last([&] {
      gate_->leave();
      std::this_thread::sleep_for(milliseconds(20));
      left = true;
      gate_->leave();
    });
    gate_->wait();
    CPPUNIT_ASSERT(left);
    last.join();
  }

  void ends_questions_with_shutting_down() {
    support::ScriptedHttpClient real;
    OwnHttpClient http(real, gate_);
    std::vector<Result<HttpResponse>> answers;
    const auto take = [&](Result<HttpResponse> answer) { answers.push_back(std::move(answer)); };
    for (int i = 0; i < 3; ++i) http.send({"https://z.example"}, take);
    real.answer(200);
    http.stop();
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, answers.size());
    CPPUNIT_ASSERT(answers[0].has_value());
    for (std::size_t i = 1; i < 3; ++i) {
      CPPUNIT_ASSERT(answers[i].error().reason == Reason::kShuttingDown);
    }
    gate_->close();
    gate_->wait();
  }

  void an_answer_that_comes_later_calls_nobody() {
    support::ScriptedHttpClient real;
    int called = 0;
    {
      OwnHttpClient http(real, gate_);
      http.send({"https://z.example"}, [&](const auto&) { ++called; });
      http.stop();
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, real.waiting());
    real.answer(200);
    CPPUNIT_ASSERT_EQUAL(1, called);
  }

  void stopped_it_asks_nothing_more() {
    support::ScriptedHttpClient real;
    OwnHttpClient http(real, gate_);
    http.stop();
    std::optional<Reason> refused;
    http.send({"https://z.example"}, [&](const auto& answer) { refused = answer.error().reason; });
    CPPUNIT_ASSERT(refused == Reason::kShuttingDown);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, real.asked());
    gate_->close();
    gate_->wait();
  }

  void waits_for_an_answer_that_is_being_taken() {
    support::ScriptedHttpClient real;
    OwnHttpClient http(real, gate_);
    support::Gate taking;
    std::atomic<bool> taken{false};
    http.send({"https://z.example"}, [&](const auto&) {
      taking.open();
      std::this_thread::sleep_for(milliseconds(20));
      taken = true;
    });
    std::thread io([&] { real.answer(200); });
    CPPUNIT_ASSERT(taking.pass());
    gate_->close();
    http.stop();
    gate_->wait();
    CPPUNIT_ASSERT(taken);
    io.join();
  }

  void waits_for_tasks_and_for_what_they_begin() {
    auth::WorkerPool real(2);
    OwnWorkers workers(real, gate_);
    std::atomic<int> done{0};
    for (int i = 0; i < 20; ++i) {
      workers.run([&] {
        std::this_thread::sleep_for(milliseconds(1));
        workers.run([&] { ++done; });
      });
    }
    gate_->close();
    gate_->wait();
    CPPUNIT_ASSERT_EQUAL(20, done.load());
  }

  void lets_go_of_what_a_task_held_before_it_has_left() {
    auth::WorkerPool real(1);
    OwnWorkers workers(real, gate_);
    auto held = std::make_shared<int>(1);
    const std::weak_ptr<int> watched = held;
    workers.run([held = std::move(held)] {});
    gate_->close();
    gate_->wait();
    CPPUNIT_ASSERT(watched.expired());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StoppingTest);

}  // namespace
