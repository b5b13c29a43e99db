#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <chrono>
#include <future>
#include <string>
#include <thread>
#include <vector>

#include "fcgi/server.h"
#include "tests/unit/support/running_server.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using std::chrono::seconds;
using namespace support;  // NOLINT: records read like the specification

// Time until something is over, rounded down to seconds.
template <typename Wait>
std::future<long> time(Wait wait) {
  return std::async(std::launch::async, [wait = std::move(wait)]() mutable {
    const auto started = std::chrono::steady_clock::now();
    const bool over = wait();
    const auto took = std::chrono::steady_clock::now() - started;
    return over ? static_cast<long>(std::chrono::floor<seconds>(took).count()) : -1L;
  });
}

void assert_about(seconds expected, std::future<long>& took, const std::string& what) {
  const long count = took.get();
  CPPUNIT_ASSERT_MESSAGE(what + " after " + std::to_string(count),
                         count >= expected.count() - 1 && count <= expected.count() + 6);
}

// Every wait ends. These are real seconds, so all of them pass at the same time.
class ServerTimeoutsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerTimeoutsTest);
  CPPUNIT_TEST(every_wait_ends);
  CPPUNIT_TEST_SUITE_END();

  void every_wait_ends() {
    const RunningServer server(echo);
    const RunningServer endless([](std::unique_ptr<Exchange> exchange) {
      exchange->finish({.status = 200, .body = std::string(1'000, 'a')});
    });
    const RunningServer huge([](std::unique_ptr<Exchange> exchange) {
      exchange->finish({.status = 200, .body = std::string(20'000'000, 'a')});
    });
    auto silent = time([peer = server.connect()]() mutable { return peer.is_closed(); });
    auto half = time([peer = server.connect()]() mutable {
      peer.send(request("/").substr(0, 30));
      return peer.is_closed();
    });
    // More bytes do not buy more time.
    auto slow = time([peer = server.connect()]() mutable {
      const std::string bytes = request("/", {.body = std::string(1'000, 'a')});
      for (std::size_t i = 0; i < 150; ++i) {
        if (!peer.send(bytes.substr(i, 1)) || peer.is_closed(milliseconds(100))) return true;
      }
      return false;
    });
    // The response is sent, the rest of a body is awaited for a while.
    auto lingering = time([peer = server.connect()]() mutable {
      const std::string bytes = request("/", {.body = std::string(100'000, 'a')});
      peer.send(bytes.substr(0, 90'000));
      if (!peer.receive().has_value()) return false;
      // It has ended its side; writing to it fails when it has closed the other too.
      for (int i = 0; i < 150; ++i) {
        if (!peer.send("a")) return true;
        std::this_thread::sleep_for(milliseconds(100));
      }
      return false;
    });
    // Neither reads: one sends request after request, the other's response fits into no buffer.
    auto deaf = time([peer = endless.connect()]() mutable {
      // Each request follows the response to the one before, as it should; it is not read, though.
      for (int unread = 0; peer.send(request("/", {.keep = true}));) {
        const int before = unread;
        for (int i = 0; i < 1500 && unread <= before; ++i) {
          if (is_broken_off(peer, milliseconds(10))) return true;
          if (::ioctl(peer.socket().get(), FIONREAD, &unread) != 0) return false;
        }
        if (unread <= before) return false;
      }
      return true;
    });
    auto stuck = time([peer = huge.connect()]() mutable {
      peer.send(request("/"));
      return is_broken_off(peer, seconds(15));
    });
    // A thread is lost for that long, not two.
    CPPUNIT_ASSERT_EQUAL(200, endless.ask("/").status());
    FastCgiPeer kept = server.connect();
    kept.send(request("/", {.keep = true}));
    CPPUNIT_ASSERT(kept.receive().has_value());

    assert_about(fcgi::kLingerTimeout, lingering, "lingering");
    assert_about(fcgi::kSendTimeout, deaf, "deaf");
    assert_about(fcgi::kSendTimeout, stuck, "stuck");
    assert_about(fcgi::kHeadTimeout, silent, "silent");
    assert_about(fcgi::kHeadTimeout, half, "half");
    assert_about(fcgi::kHeadTimeout, slow, "slow");
    // Between two requests there is more time than for one.
    CPPUNIT_ASSERT(kept.send(request("/", {.keep = true})));
    CPPUNIT_ASSERT(kept.receive().has_value());
  }

  // Waits without reading until the program has closed.
  static bool is_broken_off(const FastCgiPeer& peer, milliseconds patience) {
    pollfd entry{peer.socket().get(), POLLRDHUP, 0};
    return ::poll(&entry, 1, static_cast<int>(patience.count())) == 1;
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerTimeoutsTest);

}  // namespace
