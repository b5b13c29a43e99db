// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>
#include <sys/socket.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/running_server.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using namespace support;  // NOLINT: records read like the specification

constexpr std::size_t kLong = 5'000'000;

// Answers "/SIZE" with so many bytes.
void answer_of_size(std::unique_ptr<Exchange> exchange) {
  const std::string path(exchange->request().path_info());
  exchange->finish({.status = 200, .body = std::string(std::stoul(path.substr(1)), 'a')});
}

// Answers, and peers that read them slowly, late or never.
class ServerAnswersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerAnswersTest);
  CPPUNIT_TEST(slow_readers_hold_nobody_up);
  CPPUNIT_TEST(readers_that_stop_and_go_on_get_all_of_it);
  CPPUNIT_TEST(a_peer_that_has_ended_its_side_gets_its_answer);
  CPPUNIT_TEST(a_peer_that_leaves_in_an_answer_is_let_go_at_once);
  CPPUNIT_TEST(where_too_much_waits_the_stillest_has_to_go);
  CPPUNIT_TEST(an_answer_beyond_all_measure_is_a_500);
  CPPUNIT_TEST(answers_of_any_size_arrive_whole);
  CPPUNIT_TEST(an_answer_without_a_body_is_one);
  CPPUNIT_TEST_SUITE_END();

  static auto now() { return std::chrono::steady_clock::now(); }

  // Takes a little now and then, until one of them is destroyed.
  class SlowReader {
   public:
    SlowReader(FastCgiPeer peer, std::atomic<bool>& stopped)
        : peer_(std::move(peer)), stopped_(stopped), thread_([this] {
            while (!stopped_) {
              taken_ += receive(peer_.socket(), 100, milliseconds(100)).size();
              std::this_thread::sleep_for(milliseconds(100));
            }
          }) {}
    ~SlowReader() {
      stopped_ = true;
      thread_.join();
    }
    SlowReader(const SlowReader&) = delete;
    SlowReader& operator=(const SlowReader&) = delete;
    [[nodiscard]] std::size_t taken() const { return taken_; }
    [[nodiscard]] bool is_broken_off() const {
      char byte = 0;
      return ::recv(peer_.socket().get(), &byte, 1, MSG_PEEK | MSG_DONTWAIT) == 0;
    }

   private:
    FastCgiPeer peer_;
    std::atomic<bool>& stopped_;
    std::atomic<std::size_t> taken_{0};
    std::thread thread_;
  };

  static milliseconds median_of_others(const RunningServer& server) {
    std::vector<std::chrono::steady_clock::duration> times;
    for (int i = 0; i < 51; ++i) {
      const auto started = now();
      CPPUNIT_ASSERT_EQUAL(200, server.ask("/0").status());
      times.push_back(now() - started);
    }
    std::sort(times.begin(), times.end());
    return std::chrono::duration_cast<milliseconds>(times[times.size() / 2]);
  }

  void slow_readers_hold_nobody_up() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, answer_of_size);
      std::atomic<bool> stopped{false};
      std::vector<std::unique_ptr<SlowReader>> readers;
      for (int i = 0; i < 20; ++i) {
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(request("/" + std::to_string(kLong), {.keep = i % 2 == 0})));
        readers.push_back(std::make_unique<SlowReader>(std::move(peer), stopped));
      }
      const milliseconds median = median_of_others(server);
      CPPUNIT_ASSERT_MESSAGE(std::to_string(median.count()), median < milliseconds(10));
      for (const auto& reader : readers) {
        CPPUNIT_ASSERT(reader->taken() < kLong / 10 && !reader->is_broken_off());
      }
    }
  }

  void readers_that_stop_and_go_on_get_all_of_it() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind, .threads = 1}, answer_of_size);
      const std::string bytes = request("/" + std::to_string(kLong), {.keep = true});
      std::vector<FastCgiPeer> peers;
      for (int i = 0; i < 10; ++i) {
        peers.push_back(server.connect());
        CPPUNIT_ASSERT(peers.back().send(bytes));
      }
      for (int round = 0; round < 2; ++round) {
        for (FastCgiPeer& peer : peers) {
          CPPUNIT_ASSERT_EQUAL(kLong, peer.receive().value().body().size());
          if (round == 0) CPPUNIT_ASSERT(peer.send(bytes));
        }
      }
    }
  }

  // Some FastCGI clients do.
  void a_peer_that_has_ended_its_side_gets_its_answer() {
    for (const SocketKind kind : kSocketKinds) {
      for (const std::size_t size : {std::size_t{0}, kLong}) {
        for (const bool parked : {false, true}) {
          std::unique_ptr<Exchange> waiting;
          Counter arrived;
          const RunningServer server({.kind = kind}, [&](std::unique_ptr<Exchange> exchange) {
            if (!parked) return answer_of_size(std::move(exchange));
            waiting = std::move(exchange);
            arrived.add();
          });
          FastCgiPeer peer = server.connect();
          CPPUNIT_ASSERT(peer.send(request("/" + std::to_string(size), {.keep = parked})));
          peer.shut_down_sending();
          if (parked) {
            CPPUNIT_ASSERT(arrived.reaches(1));
            std::this_thread::sleep_for(milliseconds(20));
            answer_of_size(std::move(waiting));
          }
          CPPUNIT_ASSERT_EQUAL(size, peer.receive().value().body().size());
          CPPUNIT_ASSERT(peer.is_closed());
        }
      }
    }
  }

  void a_peer_that_leaves_in_an_answer_is_let_go_at_once() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, answer_of_size);
      CPPUNIT_ASSERT_EQUAL(200, server.ask("/0").status());
      const std::size_t before = open_descriptors();
      std::vector<FastCgiPeer> peers;
      for (int i = 0; i < 20; ++i) {
        peers.push_back(server.connect());
        FastCgiPeer& peer = peers.back();
        CPPUNIT_ASSERT(peer.send(request("/" + std::to_string(kLong), {.keep = i % 2 == 0})));
        CPPUNIT_ASSERT(!receive(peer.socket(), 1).empty());
        if (i % 3 == 0) prepare_reset(peer.socket());
      }
      peers.clear();
      CPPUNIT_ASSERT(descriptors_come_down_to(before));
    }
  }

  // Reads until the end of the connection, or so many bytes.
  static std::size_t read_up_to(FastCgiPeer& peer, std::size_t most) {
    std::size_t read = 0;
    while (read < most) {
      const std::size_t count =
          receive(peer.socket(), std::min<std::size_t>(65536, most - read)).size();
      if (count == 0) break;
      read += count;
    }
    return read;
  }

  void where_too_much_waits_the_stillest_has_to_go() {
    const LogCapture log;
    constexpr std::size_t kEach = 2'000'000;
    constexpr std::size_t kStep = 250'000;  // so much that the program can send more
    const RunningServer server({.threads = 1, .server = {.max_held = 3 * kEach}}, answer_of_size);
    const std::string bytes = request("/" + std::to_string(kEach));
    FastCgiPeer still = server.connect();
    CPPUNIT_ASSERT(still.send(bytes));
    CPPUNIT_ASSERT(!receive(still.socket(), 1).empty());
    std::vector<FastCgiPeer> moving;
    for (int i = 0; i < 3; ++i) {
      for (FastCgiPeer& peer : moving) CPPUNIT_ASSERT_EQUAL(kStep, read_up_to(peer, kStep));
      moving.push_back(server.connect());
      CPPUNIT_ASSERT(moving.back().send(bytes));
      CPPUNIT_ASSERT(!receive(moving.back().socket(), 1).empty());
    }
    CPPUNIT_ASSERT(read_up_to(still, kEach) < 2 * kStep);
    for (FastCgiPeer& peer : moving) CPPUNIT_ASSERT(read_up_to(peer, kEach * 2) > kEach / 2);
    CPPUNIT_ASSERT_EQUAL(200, server.ask("/0").status());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "warn: too much waits"));
  }

  void an_answer_beyond_all_measure_is_a_500() {
    const LogCapture log;
    const RunningServer server({.server = {.max_held = 100'000}}, answer_of_size);
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(request("/100001", {.keep = true})));
    CPPUNIT_ASSERT_EQUAL(500, peer.receive().value().status());
    CPPUNIT_ASSERT(peer.send(request("/90000", {.keep = true})));
    CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "error: an answer is too long"));
  }

  // Around what libfcgi writes at once, and what is put into the pipe at once.
  void answers_of_any_size_arrive_whole() {
    const RunningServer server({.threads = 1}, answer_of_size);
    FastCgiPeer peer = server.connect();
    std::vector<std::size_t> sizes = {0, 1, 7, 8, 9, 100'000, kLong};
    for (const std::size_t around : {8'184U, 8'192U, 16'368U, 32'768U, 40'960U, 65'535U, 65'536U}) {
      for (std::size_t size = around - 100; size <= around + 20; ++size) sizes.push_back(size);
    }
    for (const std::size_t size : sizes) {
      CPPUNIT_ASSERT(peer.send(request("/" + std::to_string(size), {.keep = true})));
      const auto reply = peer.receive();
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), reply.has_value());
      CPPUNIT_ASSERT(std::string(size, 'a') == reply->body());
      CPPUNIT_ASSERT_EQUAL(0, reply->protocol_status);
    }
  }

  void an_answer_without_a_body_is_one() {
    const RunningServer server([](std::unique_ptr<Exchange> exchange) {
      const int status = exchange->request().path_info() == "/204" ? 204 : 200;
      exchange->finish({.status = status, .body = "body"});
    });
    FastCgiPeer peer = server.connect();
    for (const std::string& method : {std::string("GET"), std::string("HEAD")}) {
      for (const std::string& path : {std::string("/204"), std::string("/200")}) {
        const Variables variables = {{"REQUEST_METHOD", method}, {"PATH_INFO", path}};
        CPPUNIT_ASSERT(peer.send(begin_request(1, kResponder, true) +
                                 stream(kParams, 1, pairs(variables)) + record(kStdin, 1, "")));
        const auto reply = peer.receive();
        CPPUNIT_ASSERT(reply.has_value());
        CPPUNIT_ASSERT_EQUAL(path, "/" + std::to_string(reply->status()));
        const bool has_body = method == "GET" && path == "/200";
        CPPUNIT_ASSERT_EQUAL(std::string(has_body ? "body" : ""), reply->body());
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerAnswersTest);

}  // namespace
