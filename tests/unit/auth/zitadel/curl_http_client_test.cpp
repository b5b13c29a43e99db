// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/curl_http_client.h"

#include <cppunit/extensions/HelperMacros.h>

#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <ctime>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "auth/zitadel/server_words.h"
#include "tests/unit/support/http_asker.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/loopback_server.h"
#include "tests/unit/support/no_threads.h"
#include "tests/unit/support/sockets.h"

namespace {

using auth::CurlHttpClient;
using auth::HttpOptions;
using auth::HttpResponse;
using auth::Reason;
using auth::Result;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::ask;
using support::http_answer;
using support::HttpOutcome;
using support::LoopbackServer;
using support::quick;
using Connection = LoopbackServer::Connection;

constexpr std::size_t kMiB = 1 << 20;

// A server that sends this to each request and then closes.
LoopbackServer::Behaviour sends(std::string bytes) {
  return [bytes = std::move(bytes)](Connection& connection) {
    if (!connection.read_request().empty()) connection.send(bytes);
  };
}

void assert_failed(Reason reason, const HttpOutcome& outcome, const std::string& message = "") {
  CPPUNIT_ASSERT_MESSAGE(message, !outcome.has_value());
  CPPUNIT_ASSERT_EQUAL_MESSAGE(message + " " + outcome.error().detail,
                               std::string(auth::describe(reason)),
                               std::string(auth::describe(outcome.error().reason)));
}

void assert_answered(int status, std::string_view body, const HttpOutcome& outcome) {
  CPPUNIT_ASSERT_MESSAGE(outcome ? "" : to_string(outcome.error()), outcome.has_value());
  CPPUNIT_ASSERT_EQUAL(status, outcome->status);
  CPPUNIT_ASSERT_EQUAL(std::string(body), outcome->body);
}

class CurlHttpClientTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlHttpClientTest);
  CPPUNIT_TEST(a_refused_connection_is_unreachable);
  CPPUNIT_TEST(a_server_that_hangs_is_given_up_at_each_stage);
  CPPUNIT_TEST(an_answer_that_has_begun_is_told_from_none);
  CPPUNIT_TEST(an_answer_that_trickles_in_does_not_move_the_deadline);
  CPPUNIT_TEST(an_endless_head_is_given_up);
  CPPUNIT_TEST(no_answer_at_all_is_a_lost_connection);
  CPPUNIT_TEST(an_answer_that_breaks_off_is_truncated);
  CPPUNIT_TEST(more_than_a_mebibyte_is_too_large);
  CPPUNIT_TEST(a_request_may_take_a_larger_answer_and_the_error_names_that_limit);
  CPPUNIT_TEST(what_is_not_http_is_malformed);
  CPPUNIT_TEST(what_is_not_tls_fails_as_tls);
  CPPUNIT_TEST(follows_no_redirect);
  CPPUNIT_TEST(sends_any_method_and_header);
  CPPUNIT_TEST(asks_no_proxy_where_nothing_is_encrypted);
  CPPUNIT_TEST(calls_nothing_but_http);
  CPPUNIT_TEST(reads_retry_after_up_to_its_maximum);
  CPPUNIT_TEST(reads_the_date);
  CPPUNIT_TEST(reads_how_old_an_answer_is_and_may_become);
  CPPUNIT_TEST(gives_any_status_as_a_value);
  CPPUNIT_TEST(takes_exactly_a_mebibyte);
  CPPUNIT_TEST(decodes_chunks);
  CPPUNIT_TEST(tells_what_the_server_said_but_for_what_was_sent);
  CPPUNIT_TEST(sends_what_it_was_given_and_nothing_of_the_request_before);
  CPPUNIT_TEST(may_be_asked_again_from_within_an_answer);
  CPPUNIT_TEST(fails_where_no_thread_can_be_had_and_recovers);
  CPPUNIT_TEST_SUITE_END();

  void a_refused_connection_is_unreachable() {
    CurlHttpClient client(HttpOptions{});
    const auth::Descriptor bound = support::listen_on_tcp(-1);  // bound, but it does not listen
    const std::string url = "http://127.0.0.1:" + std::to_string(support::port_of(bound)) + "/";
    assert_failed(Reason::kUnreachable, ask(client, url).wait());
    assert_failed(Reason::kUnreachable, ask(client, url, "token=a").wait());
  }

  void a_server_that_hangs_is_given_up_at_each_stage() {
    // A full queue of connections: the kernel answers no further one.
    const auth::Descriptor full = support::listen_on_tcp(0);
    const auth::Descriptor filler = support::connect_to_tcp(support::port_of(full));
    const LoopbackServer silent([](Connection& connection) { connection.wait_for_end(); });
    const auto hangs_after = [](const std::string& bytes) {
      return [bytes](Connection& connection) {
        if (connection.read_request().empty()) return;
        connection.send(bytes);
        connection.wait_for_end();
      };
    };
    const LoopbackServer in_head(hangs_after("HTTP/1.1 200 OK\r\nContent-"));
    const LoopbackServer before_body(hangs_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n"));
    const LoopbackServer in_body(hangs_after("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\""));
    const LoopbackServer without_length(hangs_after("HTTP/1.1 200 OK\r\n\r\n{}"));
    CurlHttpClient client(quick());
    const auto started = std::chrono::steady_clock::now();
    auto connecting =
        ask(client, "http://127.0.0.1:" + std::to_string(support::port_of(full)) + "/");
    auto in_tls = ask(client, silent.url("/", "https"));
    std::vector<support::PendingAnswer> others;
    for (const LoopbackServer* server :
         {&silent, &in_head, &before_body, &in_body, &without_length}) {
      others.push_back(ask(client, server->url()));
    }
    const HttpOutcome unconnected = connecting.wait();
    assert_failed(Reason::kTimedOut, unconnected);
    CPPUNIT_ASSERT_EQUAL(std::string("while connecting"), unconnected.error().detail);
    const HttpOutcome without_tls = in_tls.wait();
    assert_failed(Reason::kTimedOut, without_tls);
    CPPUNIT_ASSERT_EQUAL(std::string("connected, but TLS was not set up"),
                         without_tls.error().detail);
    for (support::PendingAnswer& other : others) CPPUNIT_ASSERT(!other.wait().has_value());
    const auto took = std::chrono::steady_clock::now() - started;
    CPPUNIT_ASSERT(took >= milliseconds(1490));
    CPPUNIT_ASSERT(took < seconds(10));
  }

  void an_answer_that_has_begun_is_told_from_none() {
    const LoopbackServer silent([](Connection& connection) { connection.wait_for_end(); });
    // Stops where the path of the question says.
    const LoopbackServer hangs([](Connection& connection) {
      const std::string whole = "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"";
      const std::string asked = connection.read_request();
      if (asked.empty()) return;
      if (asked.starts_with("GET /head ")) connection.send(whole.substr(0, whole.find('{')));
      if (asked.starts_with("GET /part ")) connection.send(whole);
      if (asked.starts_with("GET /endless ")) connection.send("HTTP/1.1 200 OK\r\n\r\n{}");
      connection.wait_for_end();
    });
    CurlHttpClient client(quick());
    support::PendingAnswer none = ask(client, silent.url());
    std::vector<support::PendingAnswer> begun;
    for (const char* path : {"/head", "/part", "/endless"}) {
      begun.push_back(ask(client, hangs.url(path)));
    }
    assert_failed(Reason::kTimedOut, none.wait());
    for (support::PendingAnswer& answer : begun)
      assert_failed(Reason::kAnswerStalled, answer.wait());
  }

  void an_answer_that_trickles_in_does_not_move_the_deadline() {
    const LoopbackServer server([](Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n");
      for (int i = 0; i < 1000 && connection.send("a"); ++i) {
        std::this_thread::sleep_for(milliseconds(20));
      }
    });
    CurlHttpClient client(quick());
    const HttpOutcome outcome = ask(client, server.url()).wait();
    assert_failed(Reason::kAnswerStalled, outcome);
  }

  void an_endless_head_is_given_up() {
    const LoopbackServer lines([](Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send("HTTP/1.1 200 OK\r\n");
      while (connection.send("X-Filler: " + std::string(1000, 'a') + "\r\n")) continue;
    });
    const LoopbackServer one_line([](Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send("HTTP/1.1 200 OK\r\nX-Filler: ");
      while (connection.send(std::string(1000, 'a'))) continue;
    });
    const LoopbackServer interim([](Connection& connection) {
      if (connection.read_request().empty()) return;
      while (connection.send("HTTP/1.1 103 Early Hints\r\n\r\n")) continue;
    });
    CurlHttpClient client(HttpOptions{});
    for (const LoopbackServer* server : {&lines, &one_line, &interim}) {
      CPPUNIT_ASSERT(!ask(client, server->url()).wait().has_value());
    }
  }

  void no_answer_at_all_is_a_lost_connection() {
    const LoopbackServer closes(
        [](Connection& connection) { static_cast<void>(connection.read_request()); });
    const LoopbackServer does_not_even_read([](Connection&) {});
    const LoopbackServer resets([](Connection& connection) {
      static_cast<void>(connection.read_request());
      connection.end_with_reset();
    });
    CurlHttpClient client(HttpOptions{});
    for (const LoopbackServer* server : {&closes, &does_not_even_read, &resets}) {
      assert_failed(Reason::kConnectionLost, ask(client, server->url(), "token=a").wait());
    }
  }

  void an_answer_that_breaks_off_is_truncated() {
    const std::string cases[] = {
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{\"a\"",
        "HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\"",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{\"a\":\r\n",
    };
    CurlHttpClient client(HttpOptions{});
    for (const std::string& bytes : cases) {
      const LoopbackServer closes(sends(bytes));
      assert_failed(Reason::kAnswerTruncated, ask(client, closes.url()).wait(), bytes);
      const LoopbackServer resets([&](Connection& connection) {
        if (connection.read_request().empty()) return;
        connection.send(bytes);
        connection.end_with_reset();
      });
      const HttpOutcome outcome = ask(client, resets.url()).wait();
      // A reset may overtake what was sent before it.
      CPPUNIT_ASSERT_MESSAGE(bytes, !outcome.has_value());
      CPPUNIT_ASSERT_MESSAGE(bytes, outcome.error().reason == Reason::kAnswerTruncated ||
                                        outcome.error().reason == Reason::kConnectionLost);
    }
  }

  void more_than_a_mebibyte_is_too_large() {
    const std::string body(kMiB + 1, 'a');
    const LoopbackServer with_length(sends(http_answer(200, body)));
    const LoopbackServer without_length(sends("HTTP/1.1 200 OK\r\n\r\n" + body));
    const LoopbackServer chunked([](Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n");
      while (connection.send("400\r\n" + std::string(0x400, 'a') + "\r\n")) continue;
    });
    const LoopbackServer endless([](Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: 999999999999999\r\n\r\n");
      while (connection.send(std::string(4096, 'a'))) continue;
    });
    CurlHttpClient client(HttpOptions{});
    for (const LoopbackServer* server : {&with_length, &without_length, &chunked, &endless}) {
      const HttpOutcome outcome = ask(client, server->url()).wait();
      assert_failed(Reason::kAnswerTooLarge, outcome);
      CPPUNIT_ASSERT_EQUAL(std::string("more than 1 MiB"), outcome.error().detail);
    }
  }

  void a_request_may_take_a_larger_answer_and_the_error_names_that_limit() {
    const std::string body(2 * kMiB, 'a');
    const LoopbackServer fits(sends(http_answer(200, body)));
    const LoopbackServer exceeds(sends(http_answer(200, body + 'a')));
    CurlHttpClient client(HttpOptions{});
    const auto ask_for_two = [&](const LoopbackServer& server) {
      auth::HttpRequest request{server.url()};
      request.max_answer_bytes = 2 * kMiB;
      return ask(client, std::move(request)).wait();
    };
    assert_answered(200, body, ask_for_two(fits));
    const HttpOutcome outcome = ask_for_two(exceeds);
    assert_failed(Reason::kAnswerTooLarge, outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("more than 2 MiB"), outcome.error().detail);
  }

  void what_is_not_http_is_malformed() {
    CurlHttpClient client(HttpOptions{});
    for (const char* bytes :
         {"{\"active\": true}", "{\"active\": true}\r\n\r\n", "SSH-2.0-OpenSSH\r\n", "\r\n\r\n",
          "HTTP/0.9 200 OK\r\n\r\n{}", "HTTP/1.1 abc OK\r\n\r\n{}", "HTTP/1.1 20 OK\r\n\r\n{}",
          "HTTP/9.9 200 OK\r\n\r\n{}", "HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n{}",
          "HTTP/1.1 200 OK\r\nContent-Length: abc\r\n\r\n{}"}) {
      const LoopbackServer server(sends(bytes));
      assert_failed(Reason::kMalformedAnswer, ask(client, server.url()).wait(), bytes);
    }
    const LoopbackServer bad_chunk(
        sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n{}\r\n0\r\n\r\n"));
    CPPUNIT_ASSERT(!ask(client, bad_chunk.url()).wait().has_value());
  }

  void what_is_not_tls_fails_as_tls() {
    const LoopbackServer plain([](Connection& connection) {
      connection.send("HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n");
      connection.wait_for_end();
    });
    CurlHttpClient client(HttpOptions{});
    assert_failed(Reason::kTlsFailed, ask(client, plain.url("/", "https")).wait());
  }

  void sends_any_method_and_header() {
    struct Row {
      const char* method;
      const char* body;
    };
    for (const Row& row : {Row{"GET", ""}, {"DELETE", ""}, {"PUT", "{}"}, {"POST", "{}"}}) {
      std::string request;
      LoopbackServer server([&](Connection& connection) {
        request = connection.read_request();
        connection.send(http_answer(200, "good"));
      });
      CurlHttpClient client(HttpOptions{});
      std::promise<HttpOutcome> answer;
      client.send({server.url("/a"),
                   auth::Secret(row.body),
                   {},
                   row.method,
                   {"Content-Type: application/json", "x-zitadel-orgid: 1"}},
                  [&](HttpOutcome outcome) { answer.set_value(std::move(outcome)); });
      assert_answered(200, "good", answer.get_future().get());
      CPPUNIT_ASSERT_MESSAGE(request, request.starts_with(row.method + std::string(" /a HTTP")));
      CPPUNIT_ASSERT_MESSAGE(request, request.ends_with(std::string("\r\n\r\n") + row.body));
      CPPUNIT_ASSERT_MESSAGE(request, request.find("x-zitadel-orgid: 1\r\n") != request.npos);
      CPPUNIT_ASSERT_MESSAGE(request,
                             request.find("Content-Type: application/json\r\n") != request.npos);
      CPPUNIT_ASSERT_MESSAGE(request, request.find("urlencoded") == request.npos);
    }
  }

  void follows_no_redirect() {
    std::atomic<int> reached{0};
    const LoopbackServer target([&](Connection& connection) {
      static_cast<void>(connection.read_request());
      ++reached;
      connection.send(http_answer(200, "{\"active\": true}"));
    });
    CurlHttpClient client(HttpOptions{});
    for (const int status : {301, 302, 303, 307, 308}) {
      const LoopbackServer server(
          sends(http_answer(status, "moved", "Location: " + target.url() + "\r\n")));
      assert_answered(status, "moved", ask(client, server.url(), "token=a", "Basic YTpi").wait());
    }
    CPPUNIT_ASSERT_EQUAL(0, reached.load());
  }

  // Nobody else reads the environment meanwhile: the client of another test is gone.
  void asks_no_proxy_where_nothing_is_encrypted() {
    const LoopbackServer proxy(sends(http_answer(200, "proxy")));
    const LoopbackServer server(sends(http_answer(200, "server")));
    for (const char* name : {"http_proxy", "all_proxy", "ALL_PROXY"}) {
      CPPUNIT_ASSERT_EQUAL(0, ::setenv(name, proxy.url().c_str(), 1));
      HttpOutcome outcome(Reason::kInternal);
      {
        CurlHttpClient client(HttpOptions{});
        outcome = ask(client, server.url(), "token=a").wait();
      }
      CPPUNIT_ASSERT_EQUAL(0, ::unsetenv(name));
      assert_answered(200, "server", outcome);
    }
    CPPUNIT_ASSERT_EQUAL(0, proxy.connections());
  }

  void calls_nothing_but_http() {
    CurlHttpClient client(HttpOptions{});
    for (const char* url : {"file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/a",
                            "dict://127.0.0.1/", "", "http://", "http://127.0.0.1:99999/"}) {
      CPPUNIT_ASSERT_MESSAGE(url, !ask(client, url).wait().has_value());
    }
  }

  // RFC 9110 §6.6.1
  void reads_the_date() {
    const auto date = [](const std::string& header) {
      const LoopbackServer server(sends(http_answer(200, "", header)));
      CurlHttpClient client(HttpOptions{});
      const HttpOutcome outcome = ask(client, server.url()).wait();
      assert_answered(200, "", outcome);
      return outcome->date;
    };
    CPPUNIT_ASSERT(date("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n") ==
                   auth::WallTime{seconds(784'111'777)});
    CPPUNIT_ASSERT(!date("").has_value());
    CPPUNIT_ASSERT(!date("Date: yesterday\r\n").has_value());
    CPPUNIT_ASSERT(!date("Date:\r\n").has_value());
  }

  // RFC 9111 §5.1, §5.2.2.1; a cache keeps the Date of what it keeps.
  void reads_how_old_an_answer_is_and_may_become() {
    const auto answer = [](const std::string& headers) {
      const LoopbackServer server(sends(http_answer(200, "", headers)));
      CurlHttpClient client(HttpOptions{});
      const HttpOutcome outcome = ask(client, server.url()).wait();
      assert_answered(200, "", outcome);
      return *outcome;
    };
    const HttpResponse old = answer(
        "Date: Sun, 06 Nov 1994 08:49:37 GMT\r\nAge: 100\r\nCache-Control: public\r\n"
        "Cache-Control: must-revalidate, max-age=300\r\n");
    CPPUNIT_ASSERT(old.freshness.age == seconds(100));
    CPPUNIT_ASSERT(old.freshness.max_age == seconds(300));
    CPPUNIT_ASSERT(old.date == auth::WallTime{seconds(784'111'877)});
    const HttpResponse plain = answer("Date: Sun, 06 Nov 1994 08:49:37 GMT\r\n");
    CPPUNIT_ASSERT(plain.freshness.age == seconds(0));
    CPPUNIT_ASSERT(!plain.freshness.max_age.has_value());
    CPPUNIT_ASSERT(plain.date == auth::WallTime{seconds(784'111'777)});
  }

  void reads_retry_after_up_to_its_maximum() {
    const auto retry_after = [](const std::string& value) {
      const LoopbackServer server(
          sends(http_answer(429, "", value.empty() ? "" : "Retry-After: " + value + "\r\n")));
      CurlHttpClient client(HttpOptions{});
      const HttpOutcome outcome = ask(client, server.url()).wait();
      assert_answered(429, "", outcome);
      return outcome->retry_after;
    };
    CPPUNIT_ASSERT(!retry_after("").has_value());
    CPPUNIT_ASSERT(!retry_after("soon").has_value());
    CPPUNIT_ASSERT(!retry_after("0").has_value());
    CPPUNIT_ASSERT(!retry_after("-5").has_value());
    CPPUNIT_ASSERT(retry_after("7") == seconds(7));
    CPPUNIT_ASSERT(retry_after("300") == seconds(300));
    CPPUNIT_ASSERT(retry_after("301") == auth::kMaxRetryAfter);
    CPPUNIT_ASSERT(retry_after("99999999999") == auth::kMaxRetryAfter);
    // RFC 9110 §10.2.3: or a date.
    const std::time_t later = std::time(nullptr) + 100;
    char date[64];
    std::tm parts{};
    std::strftime(date, sizeof date, "%a, %d %b %Y %H:%M:%S GMT", ::gmtime_r(&later, &parts));
    const auto from_date = retry_after(date);
    CPPUNIT_ASSERT(from_date.has_value());
    CPPUNIT_ASSERT(*from_date > seconds(60) && *from_date <= seconds(100));
    CPPUNIT_ASSERT(!retry_after("Thu, 01 Jan 1970 00:00:01 GMT").has_value());
  }

  void gives_any_status_as_a_value() {
    CurlHttpClient client(HttpOptions{});
    for (const int status : {200, 201, 400, 401, 403, 404, 429, 500, 503, 599}) {
      const LoopbackServer server(sends(http_answer(status, "{}")));
      assert_answered(status, "{}", ask(client, server.url(), "token=a").wait());
    }
    const LoopbackServer empty(sends("HTTP/1.1 204 No Content\r\n\r\n"));
    assert_answered(204, "", ask(client, empty.url()).wait());
    const LoopbackServer interim(
        sends("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\n" +
              http_answer(200, "{}")));
    assert_answered(200, "{}", ask(client, interim.url(), "token=a").wait());
    const LoopbackServer old(sends("HTTP/1.0 200 OK\r\n\r\n{}"));
    assert_answered(200, "{}", ask(client, old.url()).wait());
  }

  void takes_exactly_a_mebibyte() {
    const std::string body(kMiB, 'a');
    const LoopbackServer server(sends(http_answer(200, body)));
    CurlHttpClient client((HttpOptions()));
    assert_answered(200, body, ask(client, server.url()).wait());
  }

  void tells_what_the_server_said_but_for_what_was_sent() {
    const LoopbackServer echo([](Connection& connection) {
      connection.send(http_answer(404, "unknown: " + connection.read_request()));
    });
    const LoopbackServer says(sends(http_answer(404, "unknown name\nmore")));
    const LoopbackServer good(sends(http_answer(200, "all is well")));
    CurlHttpClient client(HttpOptions{});
    const auto said = [&](const LoopbackServer& server, std::string_view form,
                          std::string_view authorization) {
      return auth::server_words(*ask(client, server.url(), form, authorization).wait());
    };
    CPPUNIT_ASSERT_EQUAL(std::string("unknown name"), said(says, "token=a-token", "Basic YTpi"));
    CPPUNIT_ASSERT_EQUAL(std::string(), said(good, "token=a-token", ""));
    CPPUNIT_ASSERT_EQUAL(std::string("unknown: POST / HTTP/1.1"), said(echo, "token=a-token", ""));
    const LoopbackServer hostile([](Connection& connection) {
      const std::string request = connection.read_request();
      connection.send(http_answer(404, "unknown: " + request.substr(request.rfind('\n') + 1)));
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), said(hostile, "token=a-token", ""));
    CPPUNIT_ASSERT_EQUAL(std::string(), said(hostile, "assertion=a-token", ""));
  }

  void decodes_chunks() {
    const LoopbackServer server(
        sends("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"
              "a;extension=1\r\n\"active\": \r\n5\r\ntrue}\r\n0\r\nTrailer: a\r\n\r\n"));
    CurlHttpClient client(HttpOptions{});
    assert_answered(200, "{\"active\": true}", ask(client, server.url()).wait());
  }

  void sends_what_it_was_given_and_nothing_of_the_request_before() {
    std::vector<std::string> requests;
    const LoopbackServer server([&](Connection& connection) {
      for (std::string request; !(request = connection.read_request()).empty();) {
        requests.push_back(request);
        connection.send(http_answer(200, "{}"));
      }
    });
    {
      CurlHttpClient client(HttpOptions{});
      static_cast<void>(ask(client, server.url("/a?"), "token=a%26b", "Basic YTpi").wait());
      static_cast<void>(ask(client, server.url("/b")).wait());
      static_cast<void>(ask(client, server.url("/c"), "token=c").wait());
    }
    CPPUNIT_ASSERT_EQUAL(1, server.connections());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, requests.size());
    const auto holds = [&](std::size_t number, std::string_view text) {
      return requests[number].find(text) != std::string::npos;
    };
    CPPUNIT_ASSERT(holds(0, "POST /a? HTTP/1.1\r\n"));
    CPPUNIT_ASSERT(holds(0, "Content-Type: application/x-www-form-urlencoded\r\n"));
    CPPUNIT_ASSERT(holds(0, "Authorization: Basic YTpi\r\n"));
    CPPUNIT_ASSERT(requests[0].ends_with("\r\n\r\ntoken=a%26b"));
    CPPUNIT_ASSERT(holds(1, "GET /b HTTP/1.1\r\n"));
    CPPUNIT_ASSERT(!holds(1, "Authorization") && !holds(1, "Content-") && !holds(1, "token"));
    CPPUNIT_ASSERT(holds(2, "POST /c HTTP/1.1\r\n"));
    CPPUNIT_ASSERT(!holds(2, "Authorization"));
    for (std::size_t number = 0; number < requests.size(); ++number) {
      CPPUNIT_ASSERT(holds(number, "Accept: application/json\r\n"));
      CPPUNIT_ASSERT(holds(number, "User-Agent: zitadel-fcgi/"));
      CPPUNIT_ASSERT(!holds(number, "Expect") && !holds(number, "Accept-Encoding"));
    }
  }

  void may_be_asked_again_from_within_an_answer() {
    const LoopbackServer server(sends(http_answer(200, "{}")));
    CurlHttpClient client(HttpOptions{});
    std::promise<int> last;
    const std::string url = server.url();
    client.send({url}, [&](const HttpOutcome&) {
      client.send({url}, [&](const HttpOutcome&) {
        client.send({url},
                    [&](const HttpOutcome& third) { last.set_value(third ? third->status : 0); });
      });
    });
    std::future<int> status = last.get_future();
    CPPUNIT_ASSERT(status.wait_for(support::kPatience) == std::future_status::ready);
    CPPUNIT_ASSERT_EQUAL(200, status.get());
  }

  void fails_where_no_thread_can_be_had_and_recovers() {
    const LoopbackServer server(sends(http_answer(200, "{}")));
    const std::size_t before = support::open_descriptors();
    {
      CurlHttpClient client(HttpOptions{});
      {
        const support::LogCapture log;
        const support::NoThreads none;
        for (int i = 0; i < 3; ++i) {
          const HttpOutcome outcome = ask(client, server.url()).wait();
          assert_failed(Reason::kInternal, outcome);
          CPPUNIT_ASSERT(outcome.error().detail.find("cannot be started") != std::string::npos);
        }
        // Whoever has asked tells it, once in a while.
        CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
      }
      assert_answered(200, "{}", ask(client, server.url()).wait());
    }
    CPPUNIT_ASSERT(support::descriptors_come_down_to(before));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlHttpClientTest);

}  // namespace
