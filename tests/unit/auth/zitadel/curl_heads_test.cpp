// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <deque>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/zitadel/curl_http_client.h"
#include "tests/unit/support/http_asker.h"
#include "tests/unit/support/loopback_server.h"

namespace {

using auth::CurlHttpClient;
using auth::HttpOptions;
using auth::Reason;
using std::chrono::milliseconds;
using support::ask;
using support::http_answer;
using support::HttpOutcome;
using support::LoopbackServer;
using support::quick;
using Connection = LoopbackServer::Connection;

const std::vector<std::string> kBegun{
    "HTTP/1.1 200 OK\r\n",
    "HTTP/1.1 200 OK\r\nContent-",
    "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n",
    "HTTP/1.1 503 Unavailable\r\nContent-Length: 9\r\n",
    "HTTP/1.1 100 Continue\r\n\r\n",
    "HTTP/1.1 102 Processing\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\nHTTP/1.1 103 Early Hints\r\n\r\n",
    "HTTP/1.1 103 Early Hints\r\n\r\nHTTP/1.1 200 OK\r\nContent-",
    "H",
};

void assert_failed(Reason reason, const HttpOutcome& outcome, const std::string& message) {
  CPPUNIT_ASSERT_MESSAGE(message, !outcome.has_value());
  CPPUNIT_ASSERT_EQUAL_MESSAGE(message + " " + outcome.error().detail,
                               std::string(auth::describe(reason)),
                               std::string(auth::describe(outcome.error().reason)));
}

// Answers that do not come to the end of their head.
class CurlHeadsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlHeadsTest);
  CPPUNIT_TEST(one_that_stops_in_its_head_is_no_answer);
  CPPUNIT_TEST(one_that_is_announced_again_and_again_is_no_answer);
  CPPUNIT_TEST(one_that_stops_after_its_head_has_stalled);
  CPPUNIT_TEST(one_that_breaks_off_in_its_head_is_a_lost_connection);
  CPPUNIT_TEST(a_head_that_is_too_large_is_too_large);
  CPPUNIT_TEST(a_head_of_a_hundred_kilobytes_is_taken);
  CPPUNIT_TEST(an_answer_is_judged_without_the_one_before);
  CPPUNIT_TEST_SUITE_END();

  static LoopbackServer::Behaviour hangs_after(const std::string& bytes) {
    return [bytes](Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send(bytes);
      connection.wait_for_end();
    };
  }

  // What comes of an answer that stops after these bytes, for each of them, all at the same time.
  static std::vector<std::pair<std::string, HttpOutcome>> outcomes_of(
      const std::vector<std::string>& beginnings) {
    std::deque<LoopbackServer> servers;
    CurlHttpClient client(quick());
    std::vector<support::PendingAnswer> answers;
    for (const std::string& bytes : beginnings) {
      servers.emplace_back(hangs_after(bytes));
      answers.push_back(ask(client, servers.back().url(), "token=a"));
    }
    std::vector<std::pair<std::string, HttpOutcome>> outcomes;
    for (std::size_t i = 0; i < answers.size(); ++i) {
      outcomes.emplace_back(beginnings[i], answers[i].wait());
    }
    return outcomes;
  }

  void one_that_stops_in_its_head_is_no_answer() {
    for (const auto& [bytes, outcome] : outcomes_of(kBegun)) {
      assert_failed(Reason::kTimedOut, outcome, bytes);
      // libcurl tells of whole lines.
      const bool has_line = bytes.find('\n') != std::string::npos;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(bytes,
                                   std::string(has_line ? "an answer began and stopped in its head"
                                                        : "the question was sent, no answer came"),
                                   outcome.error().detail);
    }
  }

  void one_that_is_announced_again_and_again_is_no_answer() {
    const LoopbackServer server([](Connection& connection) {
      if (connection.read_request().empty()) return;
      for (int i = 0; i < 500 && connection.send("HTTP/1.1 102 Processing\r\n\r\n"); ++i) {
        std::this_thread::sleep_for(milliseconds(20));
      }
    });
    CurlHttpClient client(quick());
    assert_failed(Reason::kTimedOut, ask(client, server.url()).wait(), "");
  }

  void one_that_stops_after_its_head_has_stalled() {
    const std::string head = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n";
    for (const auto& [bytes, outcome] :
         outcomes_of({head, head + "{\"a\"", "HTTP/1.1 103 Early Hints\r\n\r\n" + head,
                      "HTTP/1.1 200 OK\nContent-Length: 9\n\n"})) {
      assert_failed(Reason::kAnswerStalled, outcome, bytes);
    }
  }

  void one_that_breaks_off_in_its_head_is_a_lost_connection() {
    for (const std::string& bytes : kBegun) {
      if (bytes == "H") continue;  // may be anything
      const LoopbackServer server([&](Connection& connection) {
        if (!connection.read_request().empty()) connection.send(bytes);
      });
      CurlHttpClient client(HttpOptions{});
      assert_failed(Reason::kConnectionLost, ask(client, server.url()).wait(), bytes);
    }
  }

  void a_head_that_is_too_large_is_too_large() {
    const std::string filler(290'000, 'y');
    std::string lines;
    for (int i = 0; i < 20; ++i) lines += "X: " + std::string(60'000, 'y') + "\r\n";
    std::string interim;
    for (int i = 0; i < 10'000; ++i) interim += "HTTP/1.1 103 Early Hints\r\n\r\n";
    for (const std::string& bytes :
         {http_answer(200, "{}", "X: " + filler + "\r\n"), http_answer(200, "{}", lines),
          "HTTP/1.1 200 " + filler + "\r\n\r\n{}", interim + http_answer(200, "{}"),
          "HTTP/1.1 103 Early Hints\r\nX: " + filler + "\r\n\r\n" + http_answer(200, "{}")}) {
      const LoopbackServer server([&](Connection& connection) {
        if (!connection.read_request().empty()) connection.send(bytes);
        connection.wait_for_end();
      });
      HttpOptions patient;
      CurlHttpClient client(patient);
      const HttpOutcome outcome = ask(client, server.url(), "token=a").wait();
      assert_failed(Reason::kAnswerTooLarge, outcome, bytes.substr(0, 40));
    }
  }

  void a_head_of_a_hundred_kilobytes_is_taken() {
    const std::string line = "X: " + std::string(50'000, 'y') + "\r\n";
    const LoopbackServer server([&](Connection& connection) {
      if (!connection.read_request().empty()) connection.send(http_answer(200, "{}", line + line));
    });
    HttpOptions patient;
    CurlHttpClient client(patient);
    CPPUNIT_ASSERT(ask(client, server.url()).wait().has_value());
  }

  // Transfers are used again.
  void an_answer_is_judged_without_the_one_before() {
    const LoopbackServer good([](Connection& connection) {
      if (!connection.read_request().empty()) connection.send(http_answer(200, "{}"));
    });
    const LoopbackServer hangs(hangs_after("HTTP/1.1 103 Early Hints\r\n\r\n"));
    CurlHttpClient client(quick());
    CPPUNIT_ASSERT(ask(client, good.url()).wait().has_value());
    assert_failed(Reason::kTimedOut, ask(client, hangs.url()).wait(), "");
    CPPUNIT_ASSERT(ask(client, good.url()).wait().has_value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlHeadsTest);

}  // namespace
