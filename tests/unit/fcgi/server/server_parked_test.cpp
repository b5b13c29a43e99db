// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <deque>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "fcgi/server/server.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/running_server.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace support;  // NOLINT: records read like the specification

// Keeps the exchanges whose path begins with "/park" until a test finishes them; echoes others.
class ParkingHandler {
 public:
  [[nodiscard]] fcgi::Exchange::Handler handler() {
    return [this](std::unique_ptr<Exchange> exchange) {
      if (!exchange->request().path_info().starts_with("/park")) return echo(std::move(exchange));
      {
        const std::lock_guard lock(mutex_);
        parked_.push_back(std::move(exchange));
      }
      arrived_.add();
    };
  }

  // False: so many have not arrived in time.
  [[nodiscard]] bool has_parked(int count) { return arrived_.reaches(count); }
  // The one that is parked the longest.
  [[nodiscard]] std::unique_ptr<Exchange> take() {
    const std::lock_guard lock(mutex_);
    std::unique_ptr<Exchange> exchange = std::move(parked_.front());
    parked_.pop_front();
    return exchange;
  }
  void finish() { echo(take()); }

 private:
  std::mutex mutex_;
  std::deque<std::unique_ptr<Exchange>> parked_;
  Counter arrived_;
};

// Requests that are finished later, by another thread than the one that read them.
class ServerParkedTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerParkedTest);
  CPPUNIT_TEST(a_peer_that_leaves_meanwhile_does_no_harm);
  CPPUNIT_TEST(a_peer_that_leaves_meanwhile_gives_its_place_back_at_once);
  CPPUNIT_TEST(tells_once_that_a_peer_has_left_unanswered);
  CPPUNIT_TEST(a_peer_that_sends_more_meanwhile_is_answered_once_and_closed);
  CPPUNIT_TEST(one_that_dies_on_another_thread_answers_500);
  CPPUNIT_TEST(many_of_them_hold_no_thread);
  CPPUNIT_TEST(is_finished_by_another_thread);
  CPPUNIT_TEST(the_connection_serves_the_next_request);
  CPPUNIT_TEST(parked_and_other_requests_alternate_on_one_connection);
  CPPUNIT_TEST(the_request_stays_readable_until_the_end);
  CPPUNIT_TEST(many_are_finished_by_many_threads);
  CPPUNIT_TEST_SUITE_END();

  void a_peer_that_leaves_meanwhile_does_no_harm() {
    for (const SocketKind kind : kSocketKinds) {
      for (const bool keep : {false, true}) {
        const std::size_t before = open_descriptors();
        {
          ParkingHandler parking;
          RunningServer server({.kind = kind}, parking.handler());
          for (int i = 1; i <= 20; ++i) {
            FastCgiPeer peer = server.connect();
            CPPUNIT_ASSERT(peer.send(request("/park", {.keep = keep})));
            CPPUNIT_ASSERT(parking.has_parked(i));
            if (i % 2 == 0) prepare_reset(peer.socket());
          }
          for (int i = 0; i < 20; ++i) parking.finish();
          CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
          const auto started = std::chrono::steady_clock::now();
          server.ask_to_stop();
          CPPUNIT_ASSERT(server.has_ended());
          CPPUNIT_ASSERT(std::chrono::steady_clock::now() - started < seconds(2));
        }
        CPPUNIT_ASSERT_EQUAL(before, open_descriptors());
      }
    }
  }

  // Over TCP only a reset tells that from a peer that has ended its side and waits.
  void a_peer_that_leaves_meanwhile_gives_its_place_back_at_once() {
    for (const SocketKind kind : kSocketKinds) {
      for (const bool keep : {false, true}) {
        ParkingHandler parking;
        const RunningServer server({.kind = kind}, parking.handler());
        const std::size_t before = open_descriptors();
        for (int i = 1; i <= 20; ++i) {
          FastCgiPeer peer = server.connect();
          CPPUNIT_ASSERT(peer.send(request("/park", {.keep = keep})));
          CPPUNIT_ASSERT(parking.has_parked(i));
          if (kind == SocketKind::kTcp) prepare_reset(peer.socket());
        }
        CPPUNIT_ASSERT(descriptors_come_down_to(before));
        for (int i = 0; i < 20; ++i) parking.finish();
        CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
      }
    }
  }

  // And nothing of a peer that was answered and leaves then.
  void tells_once_that_a_peer_has_left_unanswered() {
    for (const SocketKind kind : kSocketKinds) {
      ParkingHandler parking;
      Counter gone;
      const RunningServer server({.kind = kind}, [&](std::unique_ptr<Exchange> exchange) {
        exchange->client_watch().when_gone([&gone] { gone.add(); });
        parking.handler()(std::move(exchange));
      });
      const std::size_t before = open_descriptors();
      {
        FastCgiPeer answered = server.connect();
        CPPUNIT_ASSERT(answered.send(request("/park", {.keep = true})));
        CPPUNIT_ASSERT(parking.has_parked(1));
        parking.finish();
        CPPUNIT_ASSERT_EQUAL(200, answered.receive().value().status());
        FastCgiPeer leaving = server.connect();
        CPPUNIT_ASSERT(leaving.send(request("/park", {})));
        CPPUNIT_ASSERT(parking.has_parked(2));
        if (kind == SocketKind::kTcp) prepare_reset(leaving.socket());
      }
      CPPUNIT_ASSERT(gone.reaches(1));
      CPPUNIT_ASSERT(descriptors_come_down_to(before));
      parking.finish();
      CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
      CPPUNIT_ASSERT_EQUAL(1, gone.count());
    }
  }

  void a_peer_that_sends_more_meanwhile_is_answered_once_and_closed() {
    for (const std::string& more : {deadly_get_values(), std::string("garbage")}) {
      for (const SocketKind kind : kSocketKinds) {
        const LogCapture log;
        ParkingHandler parking;
        const RunningServer server({.kind = kind}, parking.handler());
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(request("/park", {.keep = true})));
        CPPUNIT_ASSERT(parking.has_parked(1));
        CPPUNIT_ASSERT(peer.send(more));
        parking.finish();
        CPPUNIT_ASSERT(peer.receive().has_value());
        CPPUNIT_ASSERT(peer.is_closed());
        CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
      }
    }
  }

  void one_that_dies_on_another_thread_answers_500() {
    ParkingHandler parking;
    const RunningServer server(parking.handler());
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(request("/park", {.keep = true})));
    CPPUNIT_ASSERT(parking.has_parked(1));
    static_cast<void>(parking.take());
    CPPUNIT_ASSERT_EQUAL(500, peer.receive().value().status());
    CPPUNIT_ASSERT(peer.send(request("/next", {.keep = true})));
    CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
  }

  void many_of_them_hold_no_thread() {
    ParkingHandler parking;
    const RunningServer server({.threads = 1}, parking.handler());
    std::vector<FastCgiPeer> peers;
    for (int i = 0; i < 500; ++i) {
      peers.push_back(server.connect());
      CPPUNIT_ASSERT(peers.back().send(request("/park" + std::to_string(i), {.keep = i % 2 == 0})));
    }
    CPPUNIT_ASSERT(parking.has_parked(500));
    for (int i = 0; i < 20; ++i) CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
    for (int i = 0; i < 500; ++i) parking.finish();
    for (int i = 0; i < 500; ++i) {
      CPPUNIT_ASSERT_EQUAL("GET /park" + std::to_string(i) + " ",
                           peers[static_cast<std::size_t>(i)].receive().value().body());
    }
  }

  void is_finished_by_another_thread() {
    for (const SocketKind kind : kSocketKinds) {
      ParkingHandler parking;
      const RunningServer server({.kind = kind}, parking.handler());
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(request("/park", {.body = "body"})));
      CPPUNIT_ASSERT(parking.has_parked(1));
      parking.finish();
      CPPUNIT_ASSERT_EQUAL(std::string("POST /park body"), peer.receive().value().body());
      CPPUNIT_ASSERT(peer.is_closed());
    }
  }

  void the_connection_serves_the_next_request() {
    for (const SocketKind kind : kSocketKinds) {
      ParkingHandler parking;
      const RunningServer server({.kind = kind}, parking.handler());
      FastCgiPeer peer = server.connect();
      for (int i = 1; i <= 300; ++i) {
        const std::string path = "/park/" + std::to_string(i);
        CPPUNIT_ASSERT(peer.send(request(path, {.keep = true})));
        CPPUNIT_ASSERT(parking.has_parked(i));
        parking.finish();
        CPPUNIT_ASSERT_EQUAL("GET " + path + " ", peer.receive().value().body());
      }
    }
  }

  void parked_and_other_requests_alternate_on_one_connection() {
    for (const SocketKind kind : kSocketKinds) {
      ParkingHandler parking;
      const RunningServer server({.kind = kind}, parking.handler());
      FastCgiPeer peer = server.connect();
      for (int i = 1; i <= 100; ++i) {
        CPPUNIT_ASSERT(peer.send(request("/park", {.keep = true})));
        CPPUNIT_ASSERT(parking.has_parked(i));
        parking.finish();
        CPPUNIT_ASSERT_EQUAL(std::string("GET /park "), peer.receive().value().body());
        for (int inline_ones = i % 3; inline_ones > 0; --inline_ones) {
          CPPUNIT_ASSERT(peer.send(request("/inline", {.keep = true})));
          CPPUNIT_ASSERT_EQUAL(std::string("GET /inline "), peer.receive().value().body());
        }
      }
    }
  }

  void the_request_stays_readable_until_the_end() {
    ParkingHandler parking;
    const RunningServer server({.threads = 1}, parking.handler());
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(request(
        "/park", {.body = "body", .variables = {{"HTTP_AUTHORIZATION", "Bearer parked"}}})));
    CPPUNIT_ASSERT(parking.has_parked(1));
    // Others use the loop's buffer meanwhile.
    for (int i = 0; i < 10; ++i) {
      static_cast<void>(server.ask(
          "/other", {.body = "other", .variables = {{"HTTP_AUTHORIZATION", "Bearer other"}}}));
    }
    const std::unique_ptr<Exchange> exchange = parking.take();
    CPPUNIT_ASSERT_EQUAL(std::string("/park"), std::string(exchange->request().path_info()));
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer parked"),
                         std::string(exchange->request().authorization()[0]));
    CPPUNIT_ASSERT(exchange->request().body() == "body");
    exchange->finish({});
    CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
  }

  // The validator's way: request threads park, two others finish, in any order.
  void many_are_finished_by_many_threads() {
    constexpr int kPeers = 50;
    constexpr int kRounds = 20;
    ParkingHandler parking;
    const RunningServer server(parking.handler());
    std::vector<FastCgiPeer> peers;
    for (int i = 0; i < kPeers; ++i) peers.push_back(server.connect());
    std::atomic<int> to_finish{kPeers * kRounds};
    std::vector<std::thread> finishers;
    for (int i = 0; i < 2; ++i) {
      finishers.emplace_back([&] {
        for (int left = to_finish--; left > 0; left = to_finish--) {
          if (!parking.has_parked(kPeers * kRounds - left + 1)) return;
          parking.finish();
        }
      });
    }
    int right = 0;
    for (int round = 0; round < kRounds; ++round) {
      for (int i = 0; i < kPeers; ++i) {
        const std::string path = "/park/" + std::to_string(i) + "/" + std::to_string(round);
        peers[static_cast<std::size_t>(i)].send(request(path, {.keep = true}));
      }
      for (int i = 0; i < kPeers; ++i) {
        const std::string path = "/park/" + std::to_string(i) + "/" + std::to_string(round);
        const auto reply = peers[static_cast<std::size_t>(i)].receive();
        if (reply && reply->body() == "GET " + path + " ") ++right;
      }
    }
    for (std::thread& finisher : finishers) finisher.join();
    CPPUNIT_ASSERT_EQUAL(kPeers * kRounds, right);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerParkedTest);

}  // namespace
