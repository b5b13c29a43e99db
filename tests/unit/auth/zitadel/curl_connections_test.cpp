// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "auth/zitadel/curl_http_client.h"
#include "tests/unit/support/http_asker.h"
#include "tests/unit/support/loopback_server.h"
#include "tests/unit/support/sockets.h"

namespace {

using auth::CurlHttpClient;
using auth::HttpOptions;
using auth::HttpResponse;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::ask;
using support::http_answer;
using support::HttpOutcome;
using support::LoopbackServer;
using Connection = LoopbackServer::Connection;

HttpOptions patient() {
  HttpOptions options;
  options.timeout = seconds(15);
  return options;
}

// Answers each request with its body, and keeps the connection.
void echo(Connection& connection) {
  for (std::string request; !(request = connection.read_request()).empty();) {
    connection.send(http_answer(200, request.substr(request.find("\r\n\r\n") + 4)));
  }
}

// Many questions at once: connections, queues, and the end.
class CurlConnectionsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlConnectionsTest);
  CPPUNIT_TEST(what_waits_too_long_for_its_turn_is_not_asked);
  CPPUNIT_TEST(never_has_more_in_flight_than_allowed);
  CPPUNIT_TEST(never_opens_more_connections_than_allowed);
  CPPUNIT_TEST(ends_everything_once_when_it_is_destroyed);
  CPPUNIT_TEST(refuses_what_is_asked_while_it_ends);
  CPPUNIT_TEST(is_destroyed_without_delay);
  CPPUNIT_TEST(a_connection_that_the_server_closed_between_requests_is_replaced);
  CPPUNIT_TEST(a_connection_that_breaks_on_its_second_request_is_replaced);
  CPPUNIT_TEST(keeps_one_connection_for_questions_one_after_another);
  CPPUNIT_TEST(a_hundred_at_once_each_get_their_own_answer);
  CPPUNIT_TEST(many_threads_may_ask);
  CPPUNIT_TEST(leaves_no_descriptor_open);
  CPPUNIT_TEST_SUITE_END();

  void what_waits_too_long_for_its_turn_is_not_asked() {
    std::atomic<int> requests{0};
    const LoopbackServer server([&](Connection& connection) {
      if (!connection.read_request().empty()) ++requests;
      connection.wait_for_end();
    });
    HttpOptions options;
    options.timeout = milliseconds(300);
    options.max_in_flight = 1;
    CurlHttpClient client(options);
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < 10; ++i) answers.push_back(ask(client, server.url()));
    for (support::PendingAnswer& answer : answers) {
      const HttpOutcome outcome = answer.wait();
      CPPUNIT_ASSERT(!outcome.has_value());
      CPPUNIT_ASSERT(outcome.error().reason == Reason::kTimedOut);
    }
    CPPUNIT_ASSERT(requests.load() < 10);
  }

  void never_has_more_in_flight_than_allowed() {
    std::atomic<int> open{0};
    std::atomic<int> most{0};
    const LoopbackServer server([&](Connection& connection) {
      for (std::string request; !(request = connection.read_request()).empty();) {
        const int now = ++open;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) continue;
        std::this_thread::sleep_for(milliseconds(5));
        --open;
        connection.send(http_answer(200, "{}"));
      }
    });
    HttpOptions options = patient();
    options.max_in_flight = 3;
    CurlHttpClient client(options);
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < 50; ++i) answers.push_back(ask(client, server.url()));
    for (support::PendingAnswer& answer : answers) CPPUNIT_ASSERT(answer.wait().has_value());
    CPPUNIT_ASSERT(most.load() >= 2);
    CPPUNIT_ASSERT(most.load() <= 3);
    CPPUNIT_ASSERT(server.connections() <= 3);
  }

  void never_opens_more_connections_than_allowed() {
    const LoopbackServer server(echo);
    HttpOptions options = patient();
    options.max_connections = 4;
    CurlHttpClient client(options);
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < 200; ++i) {
      answers.push_back(ask(client, server.url(), "n=" + std::to_string(i)));
    }
    for (int i = 0; i < 200; ++i) {
      const HttpOutcome outcome = answers[static_cast<std::size_t>(i)].wait();
      CPPUNIT_ASSERT_MESSAGE(outcome ? "" : to_string(outcome.error()), outcome.has_value());
      CPPUNIT_ASSERT_EQUAL("n=" + std::to_string(i), outcome->body);
    }
    CPPUNIT_ASSERT(server.connections() <= 4);
  }

  void ends_everything_once_when_it_is_destroyed() {
    support::Counter arrived;
    const LoopbackServer server([&](Connection& connection) {
      if (!connection.read_request().empty()) arrived.add();
      connection.wait_for_end();
    });
    constexpr std::size_t kQuestions = 40;
    std::vector<std::atomic<int>> calls(kQuestions);
    std::atomic<int> other_outcomes{0};
    {
      HttpOptions options = patient();
      options.max_in_flight = 20;
      CurlHttpClient client(options);
      for (std::size_t i = 0; i < kQuestions; ++i) {
        client.send({server.url()}, [&, i](const HttpOutcome& outcome) {
          ++calls[i];
          if (outcome || outcome.error().reason != Reason::kShuttingDown) ++other_outcomes;
        });
      }
      CPPUNIT_ASSERT(arrived.reaches(20));
    }
    for (const std::atomic<int>& each : calls) CPPUNIT_ASSERT_EQUAL(1, each.load());
    CPPUNIT_ASSERT_EQUAL(0, other_outcomes.load());
  }

  void refuses_what_is_asked_while_it_ends() {
    support::Counter arrived;
    const LoopbackServer server([&](Connection& connection) {
      if (!connection.read_request().empty()) arrived.add();
      connection.wait_for_end();
    });
    std::atomic<int> again{0};
    {
      CurlHttpClient client(patient());
      for (int i = 0; i < 5; ++i) {
        client.send({server.url()}, [&](const HttpOutcome&) {
          client.send({server.url()}, [&](const HttpOutcome& outcome) {
            if (!outcome && outcome.error().reason == Reason::kShuttingDown) ++again;
          });
        });
      }
      CPPUNIT_ASSERT(arrived.reaches(5));
    }
    CPPUNIT_ASSERT_EQUAL(5, again.load());
  }

  void is_destroyed_without_delay() {
    const LoopbackServer server([](Connection& connection) { connection.wait_for_end(); });
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < 20; ++i) {
      CurlHttpClient client(patient());
      client.send({server.url()}, [](const HttpOutcome&) {});
      client.send({server.url("/", "https")}, [](const HttpOutcome&) {});
    }
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - started < seconds(10));
  }

  void a_connection_that_the_server_closed_between_requests_is_replaced() {
    support::Counter closed;
    const LoopbackServer server([&](Connection& connection) {
      connection.send(http_answer(200, connection.read_request().empty() ? "" : "{}"));
      connection.shut_down();
      closed.add();
    });
    CurlHttpClient client(patient());
    for (int i = 1; i <= 20; ++i) {
      const HttpOutcome outcome = ask(client, server.url(), "token=a").wait();
      CPPUNIT_ASSERT_MESSAGE(outcome ? "" : to_string(outcome.error()), outcome.has_value());
      CPPUNIT_ASSERT(closed.reaches(i));
    }
    CPPUNIT_ASSERT_EQUAL(20, server.connections());
  }

  // The race that no client can win: the server closes while the next request is on its way.
  void a_connection_that_breaks_on_its_second_request_is_replaced() {
    const LoopbackServer server([](Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send(http_answer(200, "{}"));
      static_cast<void>(connection.read_request());
    });
    CurlHttpClient client(patient());
    for (int i = 0; i < 10; ++i) {
      const HttpOutcome outcome = ask(client, server.url(), "token=a").wait();
      CPPUNIT_ASSERT_MESSAGE(outcome ? "" : to_string(outcome.error()), outcome.has_value());
    }
  }

  void keeps_one_connection_for_questions_one_after_another() {
    const LoopbackServer server(echo);
    CurlHttpClient client(patient());
    for (int i = 0; i < 100; ++i) {
      const std::string form = "n=" + std::to_string(i);
      CPPUNIT_ASSERT_EQUAL(form, ask(client, server.url(), form).wait()->body);
    }
    CPPUNIT_ASSERT_EQUAL(1, server.connections());
  }

  void a_hundred_at_once_each_get_their_own_answer() {
    support::Counter arrived;
    support::Gate gate;
    const LoopbackServer server([&](Connection& connection) {
      for (std::string request; !(request = connection.read_request()).empty();) {
        arrived.add();
        if (!gate.pass()) return;
        connection.send(http_answer(200, request.substr(request.find("\r\n\r\n") + 4)));
      }
    });
    CurlHttpClient client(patient());
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < 100; ++i) {
      answers.push_back(ask(client, server.url(), "n=" + std::to_string(i)));
    }
    const bool all_at_once = arrived.reaches(100);
    gate.open();
    CPPUNIT_ASSERT(all_at_once);
    for (int i = 0; i < 100; ++i) {
      CPPUNIT_ASSERT_EQUAL("n=" + std::to_string(i),
                           answers[static_cast<std::size_t>(i)].wait()->body);
    }
    CPPUNIT_ASSERT_EQUAL(100, server.connections());
    // They are kept, and serve what comes next.
    for (int i = 0; i < 100; ++i) CPPUNIT_ASSERT(ask(client, server.url()).wait().has_value());
    CPPUNIT_ASSERT_EQUAL(100, server.connections());
  }

  void many_threads_may_ask() {
    constexpr int kThreads = 4;
    constexpr int kQuestions = 200;
    const LoopbackServer server(echo);
    std::atomic<int> right{0};
    support::Counter answered;
    CurlHttpClient client(patient());
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&, thread] {
        for (int i = 0; i < kQuestions; ++i) {
          const std::string form = std::to_string(thread) + "=" + std::to_string(i);
          client.send({server.url(), auth::Secret(form)}, [&, form](const HttpOutcome& outcome) {
            if (outcome && outcome->body == form) ++right;
            answered.add();
          });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT(answered.reaches(kThreads * kQuestions));
    CPPUNIT_ASSERT_EQUAL(kThreads * kQuestions, right.load());
    CPPUNIT_ASSERT_EQUAL(kThreads * kQuestions, answered.count());
  }

  void leaves_no_descriptor_open() {
    const std::size_t before = support::open_descriptors();
    for (int round = 0; round < 3; ++round) {
      const LoopbackServer server(echo);
      const LoopbackServer silent([](Connection& connection) { connection.wait_for_end(); });
      CurlHttpClient client(patient());
      std::vector<support::PendingAnswer> answers;
      for (int i = 0; i < 20; ++i) answers.push_back(ask(client, server.url()));
      client.send({silent.url()}, [](const HttpOutcome&) {});
      for (support::PendingAnswer& answer : answers) CPPUNIT_ASSERT(answer.wait().has_value());
    }
    CPPUNIT_ASSERT_EQUAL(before, support::open_descriptors());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlConnectionsTest);

}  // namespace
