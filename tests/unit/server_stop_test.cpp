#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <mutex>
#include <shared_mutex>
#include <string>
#include <thread>
#include <vector>

#include "fcgi/server.h"
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
  CPPUNIT_TEST(serves_what_waits_to_be_accepted);
  CPPUNIT_TEST(finishes_a_request_that_is_half_there);
  CPPUNIT_TEST(waits_for_what_is_parked);
  CPPUNIT_TEST(gives_up_what_never_finishes);
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

  void gives_up_what_never_finishes() {
    const std::size_t before = open_descriptors();
    {
      std::unique_ptr<Exchange> parked;
      Counter arrived;
      RunningServer server([&](std::unique_ptr<Exchange> exchange) {
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
      CPPUNIT_ASSERT(now() - started >= fcgi::kStopTimeout - milliseconds(50));
      CPPUNIT_ASSERT(now() - started < fcgi::kStopTimeout + seconds(3));
      // It may still be finished before the server is gone.
      echo(std::move(parked));
      CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
    }
    CPPUNIT_ASSERT_EQUAL(before, open_descriptors());
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
