// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/server.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/epoll.h>

#include <atomic>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/running_server.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace support;  // NOLINT: records read like the specification

// Requests that arrive as they should, however they are cut, and what goes back.
class ServerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerTest);
  CPPUNIT_TEST(a_body_that_is_too_long_is_not_kept_and_the_answer_arrives_all_the_same);
  CPPUNIT_TEST(two_authorization_headers_arrive_as_two);
  CPPUNIT_TEST(an_exchange_that_dies_unfinished_answers_500);
  CPPUNIT_TEST(answers_a_request_that_arrives_in_one_piece);
  CPPUNIT_TEST(answers_a_request_that_arrives_byte_by_byte);
  CPPUNIT_TEST(answers_a_request_that_is_cut_anywhere);
  CPPUNIT_TEST(answers_the_largest_request_there_may_be);
  CPPUNIT_TEST(answers_an_authorizer);
  CPPUNIT_TEST(answers_with_the_id_of_the_request);
  CPPUNIT_TEST(sends_long_responses_whole);
  CPPUNIT_TEST(sends_no_body_for_head);
  CPPUNIT_TEST(closes_the_connection_unless_it_is_asked_to_keep_it);
  CPPUNIT_TEST(serves_many_requests_on_one_connection);
  CPPUNIT_TEST(reads_a_body_that_nobody_looked_at_before_the_next_request);
  CPPUNIT_TEST(long_responses_over_tcp_wait_for_no_acknowledgement);
  CPPUNIT_TEST(serves_many_connections_at_once);
  CPPUNIT_TEST(takes_a_connection_that_somebody_else_was_woken_for);
  CPPUNIT_TEST_SUITE_END();

  static void assert_echo(const std::string& expected, const FastCgiReply& reply) {
    CPPUNIT_ASSERT_EQUAL(200, reply.status());
    CPPUNIT_ASSERT_EQUAL(expected, reply.body());
    CPPUNIT_ASSERT_EQUAL(0, reply.app_status);
    CPPUNIT_ASSERT_EQUAL(0, reply.protocol_status);
  }

  void a_body_that_is_too_long_is_not_kept_and_the_answer_arrives_all_the_same() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      for (const std::size_t size :
           {fcgi::kMaxBody + 1, std::size_t{200'000}, std::size_t{3'000'000}}) {
        // Sent whole before the answer is read, as some web servers do.
        FastCgiPeer peer = server.connect();
        for (const bool keep : {true, true, false}) {
          const std::string body(size, 'a');
          CPPUNIT_ASSERT(peer.send(request("/long", {.keep = keep, .body = body})));
          const auto reply = peer.receive();
          CPPUNIT_ASSERT_MESSAGE(std::to_string(size), reply.has_value());
          assert_echo("POST /long -", *reply);
        }
        CPPUNIT_ASSERT(peer.is_closed());
      }
    }
  }

  void two_authorization_headers_arrive_as_two() {
    std::atomic<std::size_t> headers{0};
    const RunningServer server([&](std::unique_ptr<Exchange> exchange) {
      headers = exchange->request().authorization().size();
      echo(std::move(exchange));
    });
    static_cast<void>(server.ask("/", {.variables = {{"HTTP_AUTHORIZATION", "Bearer a"},
                                                     {"HTTP_AUTHORIZATION", "Bearer b"}}}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, headers.load());
    static_cast<void>(server.ask("/", {.variables = {{"HTTP_AUTHORIZATION", "Bearer a"}}}));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, headers.load());
    static_cast<void>(server.ask("/"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, headers.load());
  }

  void an_exchange_that_dies_unfinished_answers_500() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, [](std::unique_ptr<Exchange> exchange) {
        if (exchange->request().path_info() == "/good") echo(std::move(exchange));
      });
      FastCgiPeer peer = server.connect();
      for (int i = 0; i < 3; ++i) {
        peer.send(request("/forgotten", {.keep = true}));
        const auto forgotten = peer.receive();
        CPPUNIT_ASSERT(forgotten.has_value());
        CPPUNIT_ASSERT_EQUAL(500, forgotten->status());
        peer.send(request("/good", {.keep = true}));
        assert_echo("GET /good ", peer.receive().value());
      }
    }
  }

  void answers_a_request_that_arrives_in_one_piece() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      assert_echo("GET /a ", server.ask("/a"));
      assert_echo("POST /b body", server.ask("/b", {.body = "body"}));
      assert_echo("GET  ", server.ask(""));
    }
  }

  void answers_a_request_that_arrives_byte_by_byte() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      FastCgiPeer peer = server.connect();
      for (const std::string& bytes :
           {request("/a", {.keep = true}), request("/b", {.keep = true, .body = "body"})}) {
        for (const char byte : bytes) CPPUNIT_ASSERT(peer.send({&byte, 1}));
        CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
      }
    }
  }

  // One request thread: when it has answered another connection, it has looked at this one.
  void answers_a_request_that_is_cut_anywhere() {
    const std::string bytes = request("/cut", {.id = 3, .body = "body"});
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind, .threads = 1}, echo);
      FastCgiPeer other = server.connect();
      for (std::size_t cut = 1; cut < bytes.size(); ++cut) {
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(std::string_view(bytes).substr(0, cut)));
        CPPUNIT_ASSERT(other.send(request("/other", {.keep = true})));
        CPPUNIT_ASSERT(other.receive().has_value());
        CPPUNIT_ASSERT(peer.send(std::string_view(bytes).substr(cut)));
        const auto reply = peer.receive();
        CPPUNIT_ASSERT_MESSAGE(std::to_string(cut), reply.has_value());
        assert_echo("POST /cut body", *reply);
      }
    }
  }

  void answers_the_largest_request_there_may_be() {
    const std::string body(fcgi::kMaxBody, 'b');
    const Variables variables = {{"LONG", std::string(fcgi::kMaxParamsBytes - 200, 'a')}};
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      FastCgiPeer peer = server.connect();
      for (int i = 0; i < 3; ++i) {
        CPPUNIT_ASSERT(
            peer.send(request("/", {.keep = true, .body = body, .variables = variables})));
        const auto reply = peer.receive();
        CPPUNIT_ASSERT(reply.has_value());
        assert_echo("POST / " + body, *reply);
      }
      // As Apache sends a body: in pieces of 8 KB.
      CPPUNIT_ASSERT(
          peer.send(begin_request(1) + stream(kParams, 1, pair("REQUEST_METHOD", "PUT"))));
      CPPUNIT_ASSERT(peer.send(stream(kStdin, 1, body, 8192)));
      assert_echo("PUT  " + body, peer.receive().value());
      assert_echo("POST / " + body, server.ask("/", {.body = body, .variables = variables}));
    }
  }

  void answers_an_authorizer() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      for (const bool with_end : {false, true}) {
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(begin_request(1, kAuthorizer) +
                                 stream(kParams, 1, pair("REQUEST_METHOD", "GET")) +
                                 (with_end ? record(kStdin, 1, "") : "")));
        assert_echo("GET  ", peer.receive().value());
        CPPUNIT_ASSERT(peer.is_closed());
      }
    }
  }

  void answers_with_the_id_of_the_request() {
    const RunningServer server(echo);
    FastCgiPeer peer = server.connect();
    for (const unsigned id : {1U, 2U, 255U, 256U, 65535U, 1U}) {
      CPPUNIT_ASSERT(peer.send(request("/", {.id = id, .keep = true})));
      CPPUNIT_ASSERT_EQUAL(id, peer.receive().value().id);
    }
  }

  void sends_long_responses_whole() {
    for (const SocketKind kind : kSocketKinds) {
      for (const std::size_t size :
           {std::size_t{8'000}, std::size_t{33'000}, std::size_t{70'000}, std::size_t{5'000'000}}) {
        const std::string body(size, 'c');
        const RunningServer server({.kind = kind}, [&](std::unique_ptr<Exchange> exchange) {
          exchange->finish({.status = 200, .body = body});
        });
        FastCgiPeer peer = server.connect();
        for (int i = 0; i < 2; ++i) {
          CPPUNIT_ASSERT(peer.send(request("/", {.keep = true})));
          const auto reply = peer.receive();
          CPPUNIT_ASSERT_MESSAGE(std::to_string(size), reply.has_value());
          assert_echo(body, *reply);
        }
      }
    }
  }

  void sends_no_body_for_head() {
    const RunningServer server(echo);
    const FastCgiReply reply = [&] {
      FastCgiPeer peer = server.connect();
      peer.send(begin_request() + stream(kParams, 1, pair("REQUEST_METHOD", "HEAD")) +
                record(kStdin, 1, ""));
      return peer.receive().value();
    }();
    CPPUNIT_ASSERT_EQUAL(200, reply.status());
    CPPUNIT_ASSERT(reply.output.find("Content-Length: 6\r\n") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::string(), reply.body());
  }

  void closes_the_connection_unless_it_is_asked_to_keep_it() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      FastCgiPeer peer = server.connect();
      for (int i = 0; i < 3; ++i) {
        CPPUNIT_ASSERT(peer.send(request("/", {.keep = true})));
        CPPUNIT_ASSERT(peer.receive().has_value());
      }
      CPPUNIT_ASSERT(peer.send(request("/", {.keep = false, .body = std::string(60'000, 'a')})));
      CPPUNIT_ASSERT(peer.receive().has_value());
      CPPUNIT_ASSERT(peer.is_closed());
    }
  }

  void serves_many_requests_on_one_connection() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      FastCgiPeer peer = server.connect();
      for (int i = 0; i < 1000; ++i) {
        const std::string path = "/" + std::to_string(i);
        CPPUNIT_ASSERT(peer.send(request(path, {.keep = true})));
        assert_echo("GET " + path + " ", peer.receive().value());
      }
    }
  }

  void reads_a_body_that_nobody_looked_at_before_the_next_request() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, [](std::unique_ptr<Exchange> exchange) {
        exchange->finish({.status = 200, .body = std::string(exchange->request().path_info())});
      });
      FastCgiPeer peer = server.connect();
      for (const std::size_t size : {0U, 1U, 8'000U, 8'191U, 8'192U, 8'193U, 20'000U, 65'536U}) {
        for (int i = 0; i < 3; ++i) {
          const std::string path = "/" + std::to_string(size + static_cast<std::size_t>(i));
          CPPUNIT_ASSERT(peer.send(request(path, {.keep = true, .body = std::string(size, 'a')})));
          assert_echo(path, peer.receive().value());
        }
      }
    }
  }

  // Nagle's algorithm would hold the last piece of each back for 40 ms.
  void long_responses_over_tcp_wait_for_no_acknowledgement() {
    const RunningServer server({.kind = SocketKind::kTcp}, [](std::unique_ptr<Exchange> exchange) {
      exchange->finish({.status = 200, .body = std::string(20'000, 'a')});
    });
    FastCgiPeer peer = server.connect();
    const auto started = std::chrono::steady_clock::now();
    for (int i = 0; i < 200; ++i) {
      CPPUNIT_ASSERT(peer.send(request("/", {.keep = true})));
      CPPUNIT_ASSERT(peer.receive().has_value());
    }
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - started < seconds(4));
  }

  void serves_many_connections_at_once() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind, .threads = 4}, echo);
      std::vector<FastCgiPeer> peers;
      for (int i = 0; i < 200; ++i) peers.push_back(server.connect());
      for (int round = 0; round < 5; ++round) {
        for (std::size_t i = 0; i < peers.size(); ++i) {
          CPPUNIT_ASSERT(peers[i].send(request("/" + std::to_string(i), {.keep = true})));
        }
        for (std::size_t i = 0; i < peers.size(); ++i) {
          assert_echo("GET /" + std::to_string(i) + " ", peers[i].receive().value());
        }
      }
    }
  }

  // As another process on the same socket (spawn-fcgi -F) that is stopped, or killed, before it
  // takes the connection: the kernel has woken it and nobody else.
  void takes_a_connection_that_somebody_else_was_woken_for() {
    const TemporaryFolder folder;
    const std::string path = folder.path().string() + "/socket";
    const auth::Descriptor listener = listen_on_unix(path);
    const auth::Descriptor epoll(::epoll_create1(EPOLL_CLOEXEC));
    epoll_event event{};
    event.events = EPOLLIN | EPOLLEXCLUSIVE;
    CPPUNIT_ASSERT_EQUAL(0, ::epoll_ctl(epoll.get(), EPOLL_CTL_ADD, listener.get(), &event));
    std::future<int> woken = std::async(std::launch::async, [&] {
      epoll_event told{};
      return ::epoll_wait(epoll.get(), &told, 1, static_cast<int>(milliseconds(kPatience).count()));
    });
    // It waits: the first one that does is the first to be woken.
    std::this_thread::sleep_for(milliseconds(50));
    fcgi::Server server(listener.get(), 2, echo, {.sweep = milliseconds(200)});
    std::thread running([&] { static_cast<void>(server.run()); });
    // Past the look that it begins with.
    std::this_thread::sleep_for(milliseconds(50));
    FastCgiPeer peer(connect_to_unix(path));
    const bool sent = peer.send(request("/"));
    const auto reply = peer.receive(seconds(10));
    const int others = woken.get();
    server.stop();
    running.join();
    CPPUNIT_ASSERT_EQUAL(1, others);
    CPPUNIT_ASSERT(sent && reply.has_value());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerTest);

}  // namespace
