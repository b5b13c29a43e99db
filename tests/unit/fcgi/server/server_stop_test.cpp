// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "fcgi/server/server.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/no_threads.h"
#include "tests/unit/support/running_server.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace support;  // NOLINT: records read like the specification

// Takes nothing new, finishes what is under way, and ends.
class ServerStopTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerStopTest);
  CPPUNIT_TEST(does_not_start_without_a_listening_socket);
  CPPUNIT_TEST(does_not_start_without_threads);
  CPPUNIT_TEST(ends_at_once_where_nothing_is_under_way);
  CPPUNIT_TEST(may_be_stopped_before_it_runs_and_again);
  CPPUNIT_TEST(closes_idle_connections_when_it_stops);
  CPPUNIT_TEST(answers_once_more_on_a_kept_connection_and_closes_it_behind_that);
  CPPUNIT_TEST(serves_what_waits_to_be_accepted);
  CPPUNIT_TEST(finishes_a_request_that_is_half_there);
  CPPUNIT_TEST(waits_for_what_is_parked);
  CPPUNIT_TEST(refuses_what_never_finishes);
  CPPUNIT_TEST(refuses_who_still_waits_for_a_body);
  CPPUNIT_TEST(waits_not_long_for_the_rest_of_a_body_that_was_answered);
  CPPUNIT_TEST(sends_an_answer_to_its_end);
  CPPUNIT_TEST(loses_no_request_that_was_handed_over_before);
  CPPUNIT_TEST(leaves_the_listening_socket_to_its_successor);
  CPPUNIT_TEST_SUITE_END();

  static auto now() { return std::chrono::steady_clock::now(); }

  void does_not_start_without_a_listening_socket() {
    const LogCapture log;
    fcgi::Server nothing(-1, 2, echo);
    CPPUNIT_ASSERT(!nothing.run());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "error: "));
  }

  void does_not_start_without_threads() {
    const LogCapture log;
    const TemporaryFolder folder;
    const auth::Descriptor listener = listen_on_unix(folder.path().string() + "/socket");
    fcgi::Server server(listener.get(), 4, echo);
    const NoThreads none;
    CPPUNIT_ASSERT(!server.run());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "error: "));
  }

  void ends_at_once_where_nothing_is_under_way() {
    for (const SocketKind kind : kSocketKinds) {
      RunningServer server({.kind = kind, .threads = 4}, echo);
      CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
      const auto started = now();
      server.ask_to_stop();
      CPPUNIT_ASSERT(server.has_ended());
      CPPUNIT_ASSERT(now() - started < seconds(1));
    }
  }

  void may_be_stopped_before_it_runs_and_again() {
    RunningServer server({.started = false}, echo);
    server.ask_to_stop();
    server.start();
    server.ask_to_stop();
    CPPUNIT_ASSERT(server.has_ended());
    server.ask_to_stop();
  }

  void closes_idle_connections_when_it_stops() {
    for (const SocketKind kind : kSocketKinds) {
      RunningServer server({.kind = kind}, echo);
      std::vector<FastCgiPeer> peers;
      for (int i = 0; i < 20; ++i) {
        peers.push_back(server.connect());
        CPPUNIT_ASSERT(peers.back().send(request("/", {.keep = true})));
        CPPUNIT_ASSERT(peers.back().receive().has_value());
      }
      const auto started = now();
      server.ask_to_stop();
      CPPUNIT_ASSERT(server.has_ended());
      CPPUNIT_ASSERT(now() - started < seconds(2));
      for (FastCgiPeer& peer : peers) CPPUNIT_ASSERT(peer.is_closed());
    }
  }

  // A web server that uses a connection often cannot have begun another request right behind an
  // answer; an idle one could be closed in the moment in which it does.
  void answers_once_more_on_a_kept_connection_and_closes_it_behind_that() {
    for (const SocketKind kind : kSocketKinds) {
      RunningServer server({.kind = kind, .threads = 1, .server = {.stop_idle = seconds(2)}}, echo);
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(request("/first", {.keep = true})));
      CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
      CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());  // so that the first one is over
      server.ask_to_stop();
      CPPUNIT_ASSERT(!server.has_ended(milliseconds(100)));
      const auto started = now();
      CPPUNIT_ASSERT(peer.send(request("/second", {.keep = true})));
      CPPUNIT_ASSERT_EQUAL(std::string("GET /second "), peer.receive().value().body());
      CPPUNIT_ASSERT(peer.is_closed() && server.has_ended());
      CPPUNIT_ASSERT(now() - started < seconds(1));
    }
  }

  void serves_what_waits_to_be_accepted() {
    for (const SocketKind kind : kSocketKinds) {
      RunningServer server({.kind = kind, .started = false}, echo);
      std::vector<FastCgiPeer> peers;
      for (int i = 0; i < 500; ++i) {
        peers.push_back(server.connect());
        CPPUNIT_ASSERT(peers.back().send(request("/", {.keep = i % 2 == 0})));
      }
      server.ask_to_stop();
      server.start();
      CPPUNIT_ASSERT(server.has_ended());
      for (FastCgiPeer& peer : peers) {
        CPPUNIT_ASSERT_EQUAL(200, peer.receive().value_or(FastCgiReply{}).status());
        CPPUNIT_ASSERT(peer.is_closed());
      }
    }
  }

  void finishes_a_request_that_is_half_there() {
    for (const SocketKind kind : kSocketKinds) {
      RunningServer server({.kind = kind, .threads = 1}, echo);
      const std::string bytes = request("/half", {.body = "body"});
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(bytes.substr(0, 50)));
      CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
      server.ask_to_stop();
      CPPUNIT_ASSERT(!server.has_ended(milliseconds(100)));
      CPPUNIT_ASSERT(peer.send(bytes.substr(50)));
      CPPUNIT_ASSERT_EQUAL(std::string("POST /half body"), peer.receive().value().body());
      CPPUNIT_ASSERT(server.has_ended());
    }
  }

  void waits_for_what_is_parked() {
    for (const SocketKind kind : kSocketKinds) {
      for (const bool keep : {false, true}) {
        std::unique_ptr<Exchange> parked;
        Counter arrived;
        RunningServer server({.kind = kind}, [&](std::unique_ptr<Exchange> exchange) {
          parked = std::move(exchange);
          arrived.add();
        });
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(request("/parked", {.keep = keep})));
        CPPUNIT_ASSERT(arrived.reaches(1));
        server.ask_to_stop();
        CPPUNIT_ASSERT(!server.has_ended(milliseconds(100)));
        echo(std::move(parked));
        CPPUNIT_ASSERT_EQUAL(std::string("GET /parked "), peer.receive().value().body());
        CPPUNIT_ASSERT(server.has_ended());
        if (!keep) CPPUNIT_ASSERT(peer.is_closed());
      }
    }
  }

  void refuses_what_never_finishes() {
    const std::size_t before = open_descriptors();
    {
      constexpr milliseconds kStop{300};
      std::unique_ptr<Exchange> parked;
      Counter arrived;
      RunningServer server({.server = {.stop = kStop}}, [&](std::unique_ptr<Exchange> exchange) {
        parked = std::move(exchange);
        arrived.add();
      });
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(request("/", {.keep = true})));
      CPPUNIT_ASSERT(arrived.reaches(1));
      const FastCgiPeer silent = server.connect();
      const auto started = now();
      server.ask_to_stop();
      CPPUNIT_ASSERT(server.has_ended());
      CPPUNIT_ASSERT(now() - started >= kStop - milliseconds(50));
      CPPUNIT_ASSERT(now() - started < kStop + seconds(3));
      CPPUNIT_ASSERT_EQUAL(503, peer.receive().value().status());
      // It may still be finished, before the server is gone.
      echo(std::move(parked));
      CPPUNIT_ASSERT(peer.is_closed());
    }
    CPPUNIT_ASSERT_EQUAL(before, open_descriptors());
  }

  void refuses_who_still_waits_for_a_body() {
    RunningServer server({.server = {.stop = milliseconds(300)}}, echo);
    FastCgiPeer peer = server.connect();
    const std::string bytes = request("/", {.body = "body"});
    CPPUNIT_ASSERT(peer.send(bytes.substr(0, bytes.size() - 10)));
    CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
    server.ask_to_stop();
    CPPUNIT_ASSERT(server.has_ended());
    CPPUNIT_ASSERT_EQUAL(503, peer.receive().value().status());
  }

  // Its web server may have left it away.
  void waits_not_long_for_the_rest_of_a_body_that_was_answered() {
    RunningServer server({.server = {.stop_silence = milliseconds(100)}},
                         [](std::unique_ptr<Exchange> exchange) { exchange->finish({}); });
    FastCgiPeer peer = server.connect();
    const std::string bytes = request("/", {.keep = true, .body = std::string(100, 'a')});
    CPPUNIT_ASSERT(peer.send(bytes.substr(0, bytes.size() - 50)));
    CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
    const auto started = now();
    server.ask_to_stop();
    std::this_thread::sleep_for(milliseconds(50));
    CPPUNIT_ASSERT(peer.send(bytes.substr(bytes.size() - 50, 10)));
    CPPUNIT_ASSERT(server.has_ended());
    CPPUNIT_ASSERT(now() - started >= milliseconds(140) && now() - started < seconds(3));
  }

  void sends_an_answer_to_its_end() {
    for (const SocketKind kind : kSocketKinds) {
      for (const bool keep : {false, true}) {
        const std::string body(5'000'000, 'a');
        RunningServer server({.kind = kind}, [&](std::unique_ptr<Exchange> exchange) {
          exchange->finish({.status = 200, .body = body});
        });
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(request("/", {.keep = keep})));
        std::size_t read = receive(peer.socket(), 8).size();
        server.ask_to_stop();
        CPPUNIT_ASSERT(!server.has_ended(milliseconds(100)));
        for (std::string piece = receive(peer.socket()); !piece.empty();) {
          read += piece.size();
          piece = receive(peer.socket());
        }
        CPPUNIT_ASSERT(read > body.size());
        CPPUNIT_ASSERT(server.has_ended());
      }
    }
  }

  // Callers connect and ask under a lock that the one who stops takes before: all they sent was
  // there when it stopped.
  void loses_no_request_that_was_handed_over_before() {
    for (const SocketKind kind : kSocketKinds) {
      RunningServer server({.kind = kind}, echo);
      std::shared_mutex handing_over;
      bool stopped = false;
      std::atomic<int> asked{0};
      std::atomic<int> answered{0};
      Counter warm;
      std::vector<std::thread> callers;
      for (int caller = 0; caller < 8; ++caller) {
        callers.emplace_back([&, caller] {
          for (;;) {
            std::shared_lock lock(handing_over);
            if (stopped) return;
            FastCgiPeer peer = server.connect();
            peer.send(request("/" + std::to_string(caller), {.keep = caller % 2 == 0}));
            lock.unlock();
            ++asked;
            const auto reply = peer.receive();
            if (reply && reply->body() == "GET /" + std::to_string(caller) + " ") ++answered;
            warm.add();
          }
        });
      }
      const bool running = warm.reaches(200);
      {
        const std::unique_lock lock(handing_over);
        stopped = true;
      }
      server.ask_to_stop();
      for (std::thread& caller : callers) caller.join();
      CPPUNIT_ASSERT(running);
      CPPUNIT_ASSERT(server.has_ended());
      CPPUNIT_ASSERT_EQUAL(asked.load(), answered.load());
    }
  }

  // Siblings may share it (spawn-fcgi -F, mod_fcgid).
  void leaves_the_listening_socket_to_its_successor() {
    const TemporaryFolder folder;
    const std::string path = folder.path().string() + "/socket";
    const auth::Descriptor listener = listen_on_unix(path);
    for (int i = 0; i < 3; ++i) {
      fcgi::Server server(listener.get(), 2, echo);
      std::thread running([&] { static_cast<void>(server.run()); });
      FastCgiPeer peer(connect_to_unix(path));
      peer.send(request("/"));
      const auto reply = peer.receive();
      server.stop();
      running.join();
      CPPUNIT_ASSERT(reply.has_value());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerStopTest);

}  // namespace
