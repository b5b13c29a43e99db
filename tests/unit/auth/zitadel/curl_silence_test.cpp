// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "auth/zitadel/curl_http_client.h"
#include "tests/unit/support/gate.h"
#include "tests/unit/support/http_asker.h"
#include "tests/unit/support/loopback_server.h"
#include "tests/unit/support/nginx.h"

namespace {

using auth::CurlHttpClient;
using auth::HttpOptions;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using support::ask;
using support::http_answer;
using support::HttpOutcome;
using support::LoopbackServer;
using support::quick;
using Connection = LoopbackServer::Connection;

// Connections that answer no more, or have answered for long.
class CurlSilenceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlSilenceTest);
  CPPUNIT_TEST(of_connections_that_have_gone_silent_one_costs_a_deadline);
  CPPUNIT_TEST(of_connections_that_stall_in_their_answers_one_costs_a_deadline);
  CPPUNIT_TEST(what_is_under_way_elsewhere_goes_on);
  CPPUNIT_TEST(answers_that_came_while_it_was_held_up_count);
  CPPUNIT_TEST(no_connection_is_kept_for_long_however_much_it_is_used);
  CPPUNIT_TEST(no_connection_of_http2_is_kept_for_long_however_much_it_is_used);
  CPPUNIT_TEST(no_connection_is_kept_for_long_that_is_not_used);
  CPPUNIT_TEST_SUITE_END();

  // Questions one after another that got no answer, once five kept connections have broken down.
  static int lost_where_each_then_sends(const std::string& bytes) {
    constexpr int kKept = 5;
    support::Counter arrived;
    support::Gate gate;
    std::atomic<bool> broken{false};
    std::atomic<int> opened{0};
    const LoopbackServer server([&](Connection& connection) {
      const bool is_old = ++opened <= kKept;
      while (!connection.read_request().empty()) {
        arrived.add();
        if (broken && is_old) {
          connection.send(bytes);
          return connection.wait_for_end();
        }
        if (is_old && !gate.pass()) return;
        connection.send(http_answer(200, "{}"));
      }
    });
    CurlHttpClient client(quick());
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < kKept; ++i) answers.push_back(ask(client, server.url()));
    CPPUNIT_ASSERT(arrived.reaches(kKept));
    gate.open();
    for (support::PendingAnswer& answer : answers) CPPUNIT_ASSERT(answer.wait().has_value());
    broken = true;
    int lost = 0;
    for (int i = 0; i < 2 * kKept; ++i) lost += ask(client, server.url()).wait() ? 0 : 1;
    return lost;
  }

  void of_connections_that_have_gone_silent_one_costs_a_deadline() {
    CPPUNIT_ASSERT_EQUAL(1, lost_where_each_then_sends(""));
  }

  void of_connections_that_stall_in_their_answers_one_costs_a_deadline() {
    CPPUNIT_ASSERT_EQUAL(
        1, lost_where_each_then_sends("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{"));
  }

  void what_is_under_way_elsewhere_goes_on() {
    HttpOptions options = quick();
    const LoopbackServer silent([](Connection& connection) { connection.wait_for_end(); });
    const LoopbackServer slow([](Connection& connection) {
      if (connection.read_request().empty()) return;
      std::this_thread::sleep_for(milliseconds(400));
      connection.send(http_answer(200, "late"));
    });
    CurlHttpClient client(options);
    support::PendingAnswer lost = ask(client, silent.url());
    std::this_thread::sleep_for(options.timeout - milliseconds(200));
    support::PendingAnswer other = ask(client, slow.url());
    CPPUNIT_ASSERT(!lost.wait().has_value());
    const HttpOutcome outcome = other.wait();
    CPPUNIT_ASSERT_MESSAGE(outcome ? "" : to_string(outcome.error()), outcome.has_value());
  }

  // As when the process was stopped, or the machine suspended: the client's thread does not run.
  void answers_that_came_while_it_was_held_up_count() {
    constexpr int kQuestions = 100;
    support::Counter arrived;
    support::Gate gate;
    const LoopbackServer server([&](Connection& connection) {
      if (connection.read_request().empty()) return;
      arrived.add();
      if (gate.pass()) connection.send(http_answer(200, std::string(20'000, 'a')));
      connection.wait_for_end();
    });
    const LoopbackServer silent([](Connection& connection) { connection.wait_for_end(); });
    const LoopbackServer quick_one([](Connection& connection) {
      if (!connection.read_request().empty()) connection.send(http_answer(200, "{}"));
    });
    HttpOptions options;
    options.timeout = seconds(1);
    CurlHttpClient client(options);
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < kQuestions; ++i) answers.push_back(ask(client, server.url()));
    support::PendingAnswer lost = ask(client, silent.url());
    CPPUNIT_ASSERT(arrived.reaches(kQuestions));
    support::Counter held;
    client.send({quick_one.url()}, [&](const HttpOutcome&) {
      held.add();
      gate.open();
      std::this_thread::sleep_for(milliseconds(1300));
    });
    CPPUNIT_ASSERT(held.reaches(1));
    for (support::PendingAnswer& answer : answers) {
      const HttpOutcome outcome = answer.wait();
      CPPUNIT_ASSERT_MESSAGE(outcome ? "" : to_string(outcome.error()), outcome.has_value());
    }
    CPPUNIT_ASSERT(lost.wait().error().reason == Reason::kTimedOut);
  }

  // Several at once, each as soon as the one before has its answer.
  void no_connection_is_kept_for_long_however_much_it_is_used() {
    std::mutex mutex;
    steady_clock::duration longest{};
    const LoopbackServer server([&](Connection& connection) {
      const auto begin = steady_clock::now();
      while (!connection.read_request().empty()) {
        std::this_thread::sleep_for(milliseconds(5));
        connection.send(http_answer(200, "{}"));
      }
      const std::lock_guard lock(mutex);
      longest = std::max(longest, steady_clock::now() - begin);
    });
    HttpOptions options;
    options.connection_life = milliseconds(250);
    {
      CurlHttpClient client(options);
      const auto end = steady_clock::now() + milliseconds(1200);
      std::vector<std::thread> askers;
      std::atomic<int> failed{0};
      for (int i = 0; i < 4; ++i) {
        askers.emplace_back([&] {
          while (steady_clock::now() < end) failed += ask(client, server.url()).wait() ? 0 : 1;
        });
      }
      for (std::thread& asker : askers) asker.join();
      CPPUNIT_ASSERT_EQUAL(0, failed.load());
      CPPUNIT_ASSERT(server.connections() >= 8);
    }
    const std::lock_guard lock(mutex);
    CPPUNIT_ASSERT(longest < milliseconds(800));
  }

  // With twenty questions under way at any time.
  void no_connection_of_http2_is_kept_for_long_however_much_it_is_used() {
    const support::Nginx server;
    HttpOptions options;
    options.connection_life = milliseconds(400);
    options.ca_file = server.ca_file();
    std::atomic<int> failed{0};
    std::atomic<bool> over{false};
    support::Counter ended;
    {
      CurlHttpClient client(options);
      const std::function<void()> ask_on = [&] {
        if (over) return ended.add();
        client.send({server.url()}, [&](const HttpOutcome& outcome) {
          failed += outcome ? 0 : 1;
          ask_on();
        });
      };
      for (int i = 0; i < 20; ++i) ask_on();
      std::this_thread::sleep_for(milliseconds(1300));
      over = true;
      CPPUNIT_ASSERT(ended.reaches(20));
    }
    CPPUNIT_ASSERT_EQUAL(0, failed.load());
    std::set<std::string> connections;
    for (const support::Nginx::Request& each : server.requests()) {
      CPPUNIT_ASSERT_EQUAL(std::string("HTTP/2.0"), each.protocol);
      CPPUNIT_ASSERT(each.connection_age < 0.9);
      connections.insert(each.connection);
    }
    CPPUNIT_ASSERT(connections.size() >= 3);
  }

  void no_connection_is_kept_for_long_that_is_not_used() {
    support::Counter closed;
    const LoopbackServer server([&](Connection& connection) {
      if (!connection.read_request().empty())
        connection.send(http_answer(200, std::string(20'000, 'a')));
      connection.wait_for_end();
      closed.add();
    });
    HttpOptions options;
    options.connection_life = milliseconds(500);
    CurlHttpClient client(options);
    CPPUNIT_ASSERT(ask(client, server.url()).wait().has_value());
    const auto begin = steady_clock::now();
    CPPUNIT_ASSERT(closed.reaches(1));
    CPPUNIT_ASSERT(steady_clock::now() - begin < seconds(3));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlSilenceTest);

}  // namespace
