// SPDX-License-Identifier: Apache-2.0
// What a RedisStore makes of peers that are no Redis server, or behave worse than one does.
#include <arpa/inet.h>
#include <cppunit/extensions/HelperMacros.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <cstring>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/store/redis_store.h"
#include "tests/unit/support/child.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/own_names.h"
#include "tests/unit/support/store_entries.h"

namespace {

using auth::Descriptor;
using auth::RedisStore;
using std::chrono::milliseconds;
using support::get;
using support::store_key;

Descriptor bound_socket() {
  Descriptor socket(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (::bind(socket.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0) {
    throw std::runtime_error("the port is taken");
  }
  return socket;
}

std::uint16_t port_of(const Descriptor& socket) {
  sockaddr_in address{};
  socklen_t size = sizeof address;
  if (::getsockname(socket.get(), reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port");
  }
  return ntohs(address.sin_port);
}

// Answers whatever it receives with the same bytes, all at once or piece by piece.
class Peer {
 public:
  explicit Peer(std::string answer, std::size_t piece = 1 << 20, milliseconds pause = {})
      : answer_(std::move(answer)),
        piece_(piece),
        pause_(pause),
        socket_(bound_socket()),
        stop_(::eventfd(0, EFD_CLOEXEC)) {
    if (::listen(socket_.get(), 10) != 0) throw std::runtime_error("it cannot listen");
    thread_ = std::thread([this] { serve(); });
  }
  Peer(const Peer&) = delete;
  Peer& operator=(const Peer&) = delete;
  ~Peer() {
    const std::uint64_t one = 1;
    [[maybe_unused]] const ssize_t told = ::write(stop_.get(), &one, sizeof one);
    thread_.join();
  }

  [[nodiscard]] std::string url() const {
    return "redis://127.0.0.1:" + std::to_string(port_of(socket_));
  }

 private:
  // False when it is to stop.
  [[nodiscard]] bool await(int descriptor) const {
    std::array<pollfd, 2> waited{{{stop_.get(), POLLIN, 0}, {descriptor, POLLIN, 0}}};
    return ::poll(waited.data(), waited.size(), -1) > 0 && waited[0].revents == 0;
  }

  [[nodiscard]] bool is_stopped() const {
    pollfd waited{stop_.get(), POLLIN, 0};
    return ::poll(&waited, 1, static_cast<int>(pause_.count())) != 0;
  }

  void serve() const {
    while (await(socket_.get())) {
      const Descriptor connection(::accept4(socket_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      std::array<char, 4096> ignored;
      while (await(connection.get()) &&
             ::recv(connection.get(), ignored.data(), ignored.size(), 0) > 0) {
        if (answer_.empty()) break;
        for (std::size_t at = 0; at < answer_.size() && !is_stopped(); at += piece_) {
          const std::string piece = answer_.substr(at, piece_);
          if (::send(connection.get(), piece.data(), piece.size(), MSG_NOSIGNAL) < 0) break;
        }
      }
    }
  }

  const std::string answer_;
  const std::size_t piece_;
  const milliseconds pause_;
  const Descriptor socket_;
  const Descriptor stop_;
  std::thread thread_;
};

class RedisPeerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisPeerTest);
  CPPUNIT_TEST(leaves_a_peer_alone_that_is_no_redis_server);
  CPPUNIT_TEST(leaves_a_peer_alone_that_answers_too_much);
  CPPUNIT_TEST(waits_no_longer_for_one_that_answers_bit_by_bit);
  CPPUNIT_TEST(waits_no_longer_for_a_connection);
  CPPUNIT_TEST(waits_no_longer_for_the_address_of_a_name);
  CPPUNIT_TEST(says_nothing_of_what_the_peer_says);
  CPPUNIT_TEST(reads_an_answer_that_comes_in_pieces);
  CPPUNIT_TEST_SUITE_END();

  static auth::RedisAddress address(const std::string& url) {
    auto parsed = auth::parse_redis_url(auth::SecretView(url));
    CPPUNIT_ASSERT_MESSAGE(url, parsed.has_value());
    return *std::move(parsed);
  }

  // Finds nothing, within the deadline and what a busy machine adds to it, and says why.
  void expect_nothing(const std::string& url, const std::string& why) {
    const support::LogCapture log;
    RedisStore store(address(url), clock_);
    const auto begun = std::chrono::steady_clock::now();
    CPPUNIT_ASSERT(!get(store, store_key(1)));
    CPPUNIT_ASSERT(std::chrono::steady_clock::now() - begun < auth::redis::kRedisDeadline * 10);
    CPPUNIT_ASSERT_MESSAGE(log.text(), log.text().ends_with(": " + why + '\n'));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log.text(), ""));
  }

  void leaves_a_peer_alone_that_is_no_redis_server() {
    for (const std::string answer :
         {"HTTP/1.1 400 Bad Request\r\n\r\n", "\r\n", "*1\r\n$1\r\na\r\n", "*2147483647\r\n",
          "_\r\n", "%1\r\n+a\r\n+b\r\n"}) {
      const Peer peer(answer);
      expect_nothing(peer.url(), "it does not speak the protocol of Redis");
    }
    const Peer closing("");
    expect_nothing(closing.url(), "it closes the connection");
  }

  void leaves_a_peer_alone_that_answers_too_much() {
    const Peer endless("$2147483647\r\n" + std::string(1 << 20, 'a'));
    expect_nothing(endless.url(), "its answer is too long");
    const Peer line('+' + std::string(1 << 20, 'a'));
    expect_nothing(line.url(), "its answer is too long");
    const Peer thrice("$1\r\na\r\n$1\r\nb\r\n$1\r\nc\r\n");
    expect_nothing(thrice.url(), "it answers more than it was asked");
  }

  void waits_no_longer_for_one_that_answers_bit_by_bit() {
    const Peer slow("$1000\r\n" + std::string(1000, 'a') + "\r\n", 1, milliseconds(5));
    expect_nothing(slow.url(), "no answer in time");
  }

  // Once there are as many as it may have waiting, Linux does not answer others.
  void waits_no_longer_for_a_connection() {
    const Descriptor socket = bound_socket();
    CPPUNIT_ASSERT_EQUAL(0, ::listen(socket.get(), 0));
    sockaddr_in full{};
    full.sin_family = AF_INET;
    full.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    full.sin_port = htons(port_of(socket));
    std::vector<Descriptor> waiting;
    for (int i = 0; i < 4; ++i) {
      waiting.emplace_back(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
      static_cast<void>(
          ::connect(waiting.back().get(), reinterpret_cast<const sockaddr*>(&full), sizeof full));
    }
    expect_nothing("redis://127.0.0.1:" + std::to_string(port_of(socket)), "no connection in time");
  }

  void waits_no_longer_for_the_address_of_a_name() {
    if (!support::OwnNames::can_be_had()) {
      std::cerr << "\nno network can be had here: names that are not resolved are not tested\n";
      return;
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), support::run_in_child([&] {
                           const support::OwnNames names;
                           expect_nothing("redis://cache.example.com",
                                          "its name is not resolved in time");
                           return true;
                         }));
  }

  void says_nothing_of_what_the_peer_says() {
    for (const std::string answer :
         {"-swordfish\r\n", "-ERRswordfish\r\n", "-SWORDFISHSWORDFISHSWORDFISH\r\n", "-\r\n"}) {
      const Peer peer(answer + answer);
      const support::LogCapture log;
      RedisStore store(address(peer.url()), clock_);
      CPPUNIT_ASSERT(!get(store, store_key(1)));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log.text(), "it answers "));
      CPPUNIT_ASSERT_MESSAGE(log.text(), log.text().find("swordfish") == std::string::npos);
      CPPUNIT_ASSERT_MESSAGE(log.text(), log.text().find("SWORDFISH") == std::string::npos);
    }
  }

  void reads_an_answer_that_comes_in_pieces() {
    const Peer peer("$0\r\n\r\n$10\r\n0123456789\r\n", 3);
    RedisStore store(address(peer.url()), clock_, std::chrono::seconds(5));
    for (int i = 0; i < 10; ++i) {
      CPPUNIT_ASSERT(get(store, store_key(1)) == std::string("0123456789"));
    }
  }

  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisPeerTest);

}  // namespace
