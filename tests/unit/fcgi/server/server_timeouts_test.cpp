// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>

#include <chrono>
#include <string>
#include <thread>

#include "tests/unit/support/running_server.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace support;  // NOLINT: records read like the specification

// Every wait ends, and none that goes on: each test makes one wait short and leaves the others
// long.
class ServerTimeoutsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerTimeoutsTest);
  CPPUNIT_TEST(waits_longer_than_web_servers_do);
  CPPUNIT_TEST(a_connection_that_sends_nothing_is_closed);
  CPPUNIT_TEST(a_head_that_stops_half_way_is_not_waited_for);
  CPPUNIT_TEST(a_head_that_never_ends_is_not_waited_for);
  CPPUNIT_TEST(a_head_that_goes_on_is_waited_for);
  CPPUNIT_TEST(a_body_that_stops_half_way_is_not_waited_for);
  CPPUNIT_TEST(a_body_is_waited_for_as_long_as_it_goes_on);
  CPPUNIT_TEST(the_rest_of_a_body_is_not_waited_for_when_it_stops);
  CPPUNIT_TEST(the_rest_of_a_body_is_read_as_long_as_it_goes_on);
  CPPUNIT_TEST(a_peer_that_does_not_read_is_given_up);
  CPPUNIT_TEST(a_peer_that_reads_slowly_is_not_given_up);
  CPPUNIT_TEST(a_kept_connection_is_closed_some_time);
  CPPUNIT_TEST(what_is_parked_waits_as_long_as_it_takes);
  CPPUNIT_TEST_SUITE_END();

  static constexpr milliseconds kShort{150};

  static RunningServer::Options quick(SocketKind kind, fcgi::ServerOptions server) {
    server.sweep = milliseconds(10);
    return {.kind = kind, .server = server};
  }

  static auto now() { return std::chrono::steady_clock::now(); }

  // Over some time, and not before its time.
  template <typename IsOver>
  static void assert_over_after(milliseconds least, IsOver is_over) {
    const auto started = now();
    CPPUNIT_ASSERT(is_over());
    CPPUNIT_ASSERT(now() - started >= least - milliseconds(20));
  }

  // POLLHUP and POLLERR are always told.
  static bool waits_for(const FastCgiPeer& peer, short events) {
    pollfd entry{peer.socket().get(), events, 0};
    return ::poll(&entry, 1, static_cast<int>(milliseconds(kPatience).count())) == 1;
  }
  // Waits without reading until the program has closed.
  static bool is_broken_off(const FastCgiPeer& peer) { return waits_for(peer, POLLRDHUP); }

  static void refuse(std::unique_ptr<Exchange> exchange) {
    exchange->finish({.status = 403, .body = "no"});
  }

  static fcgi::Exchange::Handler answers_of(std::size_t size) {
    return [size](std::unique_ptr<Exchange> exchange) {
      exchange->finish({.status = 200, .body = std::string(size, 'a')});
    };
  }

  void waits_longer_than_web_servers_do() {
    const fcgi::ServerOptions usual;
    // Apache of Debian: Timeout 300. nginx and lighttpd: 60.
    CPPUNIT_ASSERT(usual.body_silence > seconds(300));
    CPPUNIT_ASSERT(usual.answer_silence > seconds(300));
    CPPUNIT_ASSERT(usual.head_silence == seconds(10));
    CPPUNIT_ASSERT(usual.stop == seconds(4));
  }

  void a_connection_that_sends_nothing_is_closed() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server(quick(kind, {.head_silence = kShort}), echo);
      FastCgiPeer peer = server.connect();
      assert_over_after(kShort, [&] { return peer.is_closed(); });
    }
  }

  void a_head_that_stops_half_way_is_not_waited_for() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server(quick(kind, {.head_silence = kShort}), echo);
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(request("/").substr(0, 30)));
      assert_over_after(kShort, [&] { return peer.is_closed(); });
      // Nor behind another request.
      FastCgiPeer kept = server.connect();
      CPPUNIT_ASSERT(kept.send(request("/", {.keep = true}) + request("/").substr(0, 30)));
      CPPUNIT_ASSERT(kept.receive().has_value());
      CPPUNIT_ASSERT(kept.is_closed());
    }
  }

  void a_head_that_never_ends_is_not_waited_for() {
    const RunningServer server(quick(SocketKind::kUnix, {.head_total = 4 * kShort}), echo);
    const std::string bytes = request("/", {.variables = {{"LONG", std::string(1'000, 'a')}}});
    FastCgiPeer peer = server.connect();
    assert_over_after(4 * kShort, [&] {
      for (std::size_t i = 0; i < bytes.size(); ++i) {
        if (!peer.send(bytes.substr(i, 1)) || peer.is_closed(milliseconds(20))) return true;
      }
      return false;
    });
  }

  void a_head_that_goes_on_is_waited_for() {
    const RunningServer server(quick(SocketKind::kUnix, {.head_silence = 2 * kShort}), echo);
    const std::string bytes = request("/slow", {.variables = {{"NAME", "a longer value"}}});
    FastCgiPeer peer = server.connect();
    for (std::size_t i = 0; i < bytes.size(); ++i) {
      CPPUNIT_ASSERT(peer.send(bytes.substr(i, 1)));
      std::this_thread::sleep_for(milliseconds(5));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("GET /slow "), peer.receive().value().body());
  }

  void a_body_that_stops_half_way_is_not_waited_for() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server(quick(kind, {.body_silence = kShort}), echo);
      const std::string bytes = request("/", {.body = std::string(1'000, 'a')});
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(bytes.substr(0, bytes.size() - 500)));
      assert_over_after(kShort, [&] { return peer.is_closed(); });
    }
  }

  // Much longer than a head may take, and than it may be silent.
  void a_body_is_waited_for_as_long_as_it_goes_on() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server(quick(kind, {.head_silence = kShort,
                                              .head_total = kShort,
                                              .body_silence = 2 * kShort,
                                              .idle = kShort}),
                                 echo);
      const std::string bytes = request("/", {.keep = true, .body = std::string(100, 'a')});
      const std::size_t begin = bytes.size() - 100;
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(bytes.substr(0, begin)));
      for (std::size_t i = begin; i < bytes.size(); ++i) {
        std::this_thread::sleep_for(milliseconds(5));
        CPPUNIT_ASSERT(peer.send(bytes.substr(i, 1)));
      }
      CPPUNIT_ASSERT_EQUAL("POST / " + std::string(100, 'a'), peer.receive().value().body());
    }
  }

  void the_rest_of_a_body_is_not_waited_for_when_it_stops() {
    for (const bool keep : {false, true}) {
      const RunningServer server(quick(SocketKind::kUnix, {.body_silence = kShort}), refuse);
      const std::string bytes = request("/", {.keep = keep, .body = std::string(1'000, 'a')});
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(bytes.substr(0, bytes.size() - 500)));
      assert_over_after(kShort, [&] {
        if (peer.receive().value().status() != 403) return false;
        // Not only its own side, which it ends at once unless the connection is kept.
        return waits_for(peer, 0);
      });
    }
  }

  void the_rest_of_a_body_is_read_as_long_as_it_goes_on() {
    const RunningServer server(quick(SocketKind::kUnix, {.body_silence = 2 * kShort}), refuse);
    const std::string bytes = request("/", {.keep = true, .body = std::string(1'000, 'a')});
    const std::size_t begin = bytes.size() - 100;
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(bytes.substr(0, begin)));
    for (std::size_t i = begin; i < bytes.size(); ++i) {
      std::this_thread::sleep_for(milliseconds(5));
      CPPUNIT_ASSERT(peer.send(bytes.substr(i, 1)));
    }
    CPPUNIT_ASSERT_EQUAL(403, peer.receive().value().status());
    CPPUNIT_ASSERT(peer.send(request("/next", {.keep = true})));
    CPPUNIT_ASSERT_EQUAL(403, peer.receive().value().status());
  }

  void a_peer_that_does_not_read_is_given_up() {
    for (const SocketKind kind : kSocketKinds) {
      for (const bool keep : {false, true}) {
        const RunningServer server(quick(kind, {.answer_silence = kShort}), answers_of(20'000'000));
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(request("/", {.keep = keep})));
        assert_over_after(kShort, [&] { return is_broken_off(peer); });
      }
    }
  }

  // A socket takes more only when most of its buffer is empty, which lasts as long here as the
  // peer is slow: that it reads at all must do.
  void a_peer_that_reads_slowly_is_not_given_up() {
    constexpr std::size_t kSize = 1'000'000;
    const RunningServer server(quick(SocketKind::kUnix, {.answer_silence = 4 * kShort}),
                               answers_of(kSize));
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(request("/", {.keep = true})));
    std::size_t read = 0;
    const auto started = now();
    while (now() - started < 12 * kShort) {
      std::this_thread::sleep_for(milliseconds(20));
      read += support::receive(peer.socket(), 1'500).size();
    }
    // Less than a socket holds: nothing more could be sent meanwhile.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(read), read < 150'000);
    while (read < kSize) {
      const std::string piece = support::receive(peer.socket());
      CPPUNIT_ASSERT_MESSAGE(std::to_string(read), !piece.empty());
      read += piece.size();
    }
  }

  void a_kept_connection_is_closed_some_time() {
    const RunningServer server(
        quick(SocketKind::kUnix,
              {.head_silence = kShort / 4, .head_total = kShort / 4, .idle = 4 * kShort}),
        echo);
    FastCgiPeer peer = server.connect();
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT(peer.send(request("/", {.keep = true})));
      CPPUNIT_ASSERT(peer.receive().has_value());
      std::this_thread::sleep_for(kShort);
    }
    assert_over_after(2 * kShort, [&] { return peer.is_closed(); });
  }

  void what_is_parked_waits_as_long_as_it_takes() {
    std::unique_ptr<Exchange> parked;
    Counter arrived;
    constexpr milliseconds kVeryShort{30};
    const RunningServer server(quick(SocketKind::kUnix, {.head_silence = kVeryShort,
                                                         .head_total = kVeryShort,
                                                         .body_silence = kVeryShort,
                                                         .answer_silence = kVeryShort,
                                                         .idle = kVeryShort}),
                               [&](std::unique_ptr<Exchange> exchange) {
                                 parked = std::move(exchange);
                                 arrived.add();
                               });
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(request("/")));
    CPPUNIT_ASSERT(arrived.reaches(1));
    CPPUNIT_ASSERT(!peer.is_closed(2 * kShort));
    echo(std::move(parked));
    CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerTimeoutsTest);

}  // namespace
