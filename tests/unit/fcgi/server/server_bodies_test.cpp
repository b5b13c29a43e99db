// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "fcgi/server/request_body.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/running_server.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using namespace support;  // NOLINT: records read like the specification

constexpr std::size_t kSizes[] = {0, 1, 1'000, 48'000, 65'535, 65'536, 65'537, 200'000, 5'000'000};

// A request's body, which may come with the head, later, or never.
class ServerBodiesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ServerBodiesTest);
  CPPUNIT_TEST(a_refusal_waits_for_no_body);
  CPPUNIT_TEST(the_rest_of_a_refused_body_is_read_and_the_connection_used_again);
  CPPUNIT_TEST(the_rest_of_a_body_may_be_left_away_once_the_answer_is_sent);
  CPPUNIT_TEST(what_comes_late_of_a_request_that_is_over_counts_for_nothing);
  CPPUNIT_TEST(an_early_answer_reaches_a_peer_that_writes_all_before_it_reads);
  CPPUNIT_TEST(a_long_early_answer_too);
  CPPUNIT_TEST(an_abort_ends_the_request_and_says_nothing_in_the_log);
  CPPUNIT_TEST(a_peer_that_leaves_in_a_body_frees_who_waits_for_it);
  CPPUNIT_TEST(what_may_not_be_read_in_a_body_closes_the_connection);
  CPPUNIT_TEST(a_body_beyond_all_measure_closes_the_connection);
  CPPUNIT_TEST(a_body_stays_in_the_socket_until_it_is_asked_for);
  CPPUNIT_TEST(a_parked_request_may_ask_for_its_body_on_another_thread);
  CPPUNIT_TEST(a_body_of_any_size_arrives_however_it_is_sent);
  CPPUNIT_TEST(a_request_may_come_in_any_pieces);
  CPPUNIT_TEST(a_body_with_padding_arrives);
  CPPUNIT_TEST(requests_behind_each_other_are_answered_in_order);
  CPPUNIT_TEST(an_authorizer_has_no_body_to_wait_for);
  CPPUNIT_TEST(an_authorizer_may_ask_again_on_its_connection);
  CPPUNIT_TEST_SUITE_END();

  static std::string echo_of(const std::string& body) {
    return body.size() > fcgi::kMaxBody ? "-" : body;
  }

  static std::string without_last(const std::string& bytes, std::size_t count) {
    return bytes.substr(0, bytes.size() - count);
  }

  // Refuses whoever asks for "/no", and echoes the others.
  static void refuse_some(std::unique_ptr<Exchange> exchange) {
    if (exchange->request().path_info() != "/no") return echo(std::move(exchange));
    exchange->finish({.status = 401, .body = "who are you?"});
  }

  // Hands the exchanges over one by one.
  struct Parking {
    [[nodiscard]] Exchange::Handler handler() {
      return [this](std::unique_ptr<Exchange> exchange) {
        parked = std::move(exchange);
        arrived.add();
      };
    }
    std::unique_ptr<Exchange> parked{};
    Counter arrived{};
  };

  void a_refusal_waits_for_no_body() {
    for (const SocketKind kind : kSocketKinds) {
      for (const bool keep : {false, true}) {
        const RunningServer server({.kind = kind}, refuse_some);
        const std::string bytes = request("/no", {.keep = keep, .body = std::string(30'000, 'a')});
        for (const std::size_t missing : {30'000U, 20'000U, 1U}) {
          FastCgiPeer peer = server.connect();
          CPPUNIT_ASSERT(peer.send(without_last(bytes, missing)));
          CPPUNIT_ASSERT_EQUAL(401, peer.receive().value().status());
        }
      }
    }
  }

  void the_rest_of_a_refused_body_is_read_and_the_connection_used_again() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, refuse_some);
      FastCgiPeer peer = server.connect();
      for (const std::size_t size : kSizes) {
        const std::string body(size, 'a');
        CPPUNIT_ASSERT(peer.send(request("/no", {.keep = true, .body = body})));
        CPPUNIT_ASSERT_EQUAL(401, peer.receive().value().status());
        CPPUNIT_ASSERT(peer.send(request("/yes", {.keep = true})));
        CPPUNIT_ASSERT_EQUAL(std::string("GET /yes "), peer.receive().value().body());
      }
    }
  }

  // As mod_proxy_fcgi leaves it, where it has read the answer (FastCGI specification §3.3: the
  // request is over then).
  void the_rest_of_a_body_may_be_left_away_once_the_answer_is_sent() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, refuse_some);
      FastCgiPeer peer = server.connect();
      const std::string part = record(kStdin, 1, std::string(1'000, 'a'));
      const std::string bytes = without_last(request("/no", {.keep = true, .body = "a"}), 17);
      for (std::size_t i = 0; i < 30; ++i) {
        std::string begun = bytes;
        for (std::size_t parts = i % 3; parts > 0; --parts) begun += part;
        CPPUNIT_ASSERT(peer.send(begun));
        CPPUNIT_ASSERT_EQUAL(401, peer.receive().value().status());
        // Wherever the next one is cut.
        const std::string next = request("/yes", {.keep = true, .body = "body"});
        CPPUNIT_ASSERT(peer.send(next.substr(0, i)));
        CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
        CPPUNIT_ASSERT(peer.send(next.substr(i)));
        CPPUNIT_ASSERT_EQUAL(std::string("POST /yes body"), peer.receive().value().body());
      }
    }
  }

  // The same section: an abort may cross the answer on its way.
  void what_comes_late_of_a_request_that_is_over_counts_for_nothing() {
    const LogCapture log;
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, refuse_some);
      FastCgiPeer peer = server.connect();
      const std::string abort = record(kAbortRequest, 1, "");
      const std::string end = record(kStdin, 1, "");
      for (const std::string& late : {abort, end, end + end, end + abort, abort + abort,
                                      record(kStdin, 1, "more", 4) + end}) {
        CPPUNIT_ASSERT(peer.send(request("/yes", {.keep = true}) + late));
        CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
        CPPUNIT_ASSERT(peer.send(late));
      }
      CPPUNIT_ASSERT(peer.send(request("/yes")));
      CPPUNIT_ASSERT_EQUAL(200, peer.receive().value().status());
      CPPUNIT_ASSERT(peer.is_closed());
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  // As mod_proxy_fcgi does.
  void an_early_answer_reaches_a_peer_that_writes_all_before_it_reads() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, refuse_some);
      for (const bool keep : {false, true}) {
        FastCgiPeer peer = server.connect();
        const std::string body(8'000'000, 'a');
        CPPUNIT_ASSERT(peer.send(request("/no", {.keep = keep, .body = body})));
        CPPUNIT_ASSERT_EQUAL(401, peer.receive().value().status());
        CPPUNIT_ASSERT_EQUAL(!keep, peer.is_closed(keep ? milliseconds(50) : kPatience));
      }
    }
  }

  void a_long_early_answer_too() {
    const std::string answer(3'000'000, 'b');
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, [&](std::unique_ptr<Exchange> exchange) {
        exchange->finish({.status = 200, .body = answer});
      });
      for (const bool keep : {false, true}) {
        FastCgiPeer peer = server.connect();
        for (int i = 0; i < (keep ? 3 : 1); ++i) {
          CPPUNIT_ASSERT(
              peer.send(request("/", {.keep = keep, .body = std::string(5'000'000, 'a')})));
          CPPUNIT_ASSERT_EQUAL(answer, peer.receive().value().body());
        }
      }
    }
  }

  void an_abort_ends_the_request_and_says_nothing_in_the_log() {
    const LogCapture log;
    {
      const RunningServer server({.threads = 1}, refuse_some);
      const std::size_t before = open_descriptors();
      FastCgiPeer peer = server.connect();
      const std::string bytes = request("/wait", {.keep = true, .body = std::string(1'000, 'a')});
      CPPUNIT_ASSERT(peer.send(without_last(bytes, 8)));
      CPPUNIT_ASSERT(peer.send(record(kAbortRequest, 1, "")));
      CPPUNIT_ASSERT(peer.is_closed());
      peer.close();
      CPPUNIT_ASSERT_EQUAL(200, server.ask("/").status());
      CPPUNIT_ASSERT(descriptors_come_down_to(before));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  // Tells when it dies.
  struct Witness {
    explicit Witness(Counter& counter) : died(counter) {}
    ~Witness() { died.add(); }
    Witness(const Witness&) = delete;
    Witness& operator=(const Witness&) = delete;
    Counter& died;
  };

  void a_peer_that_leaves_in_a_body_frees_who_waits_for_it() {
    for (const SocketKind kind : kSocketKinds) {
      Counter waiting;
      Counter died;
      std::atomic<int> called{0};
      const RunningServer server({.kind = kind}, [&](std::unique_ptr<Exchange> exchange) {
        Exchange& asked = *exchange;
        asked.when_body([&called, owned = std::shared_ptr<Exchange>(std::move(exchange)),
                         witness = std::make_shared<Witness>(died)] { ++called; });
        waiting.add();
      });
      const std::string bytes = request("/", {.body = std::string(1'000, 'a')});
      for (int i = 0; i < 10; ++i) {
        FastCgiPeer peer = server.connect();
        CPPUNIT_ASSERT(peer.send(without_last(bytes, 100)));
        CPPUNIT_ASSERT(waiting.reaches(i + 1));
        if (i % 3 == 0) prepare_reset(peer.socket());
        i % 2 == 0 ? peer.close() : peer.shut_down_sending();
        CPPUNIT_ASSERT(died.reaches(i + 1));
      }
      CPPUNIT_ASSERT_EQUAL(0, called.load());
    }
  }

  void what_may_not_be_read_in_a_body_closes_the_connection() {
    const std::string bytes = request("/wait", {.body = std::string(1'000, 'a')});
    for (const std::string& wrong :
         {deadly_get_values(), record(kStdin, 2, "a"), record(kParams, 1, ""), begin_request(2),
          record(kData, 1, ""), std::string("garbage!"), record(kStdin, 0, "")}) {
      const LogCapture log;
      const RunningServer server(refuse_some);
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(without_last(bytes, 8) + wrong));
      CPPUNIT_ASSERT(peer.is_closed());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "warn: a FastCGI connection"));
    }
  }

  void a_body_beyond_all_measure_closes_the_connection() {
    const LogCapture log;
    const RunningServer server({.server = {.max_body_read = 1'000'000}}, refuse_some);
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(request("/no", {.keep = true, .body = std::string(1'000'000, 'a')})));
    CPPUNIT_ASSERT_EQUAL(401, peer.receive().value().status());
    static_cast<void>(
        peer.send(request("/no", {.keep = true, .body = std::string(1'000'001, 'a')})));
    CPPUNIT_ASSERT_EQUAL(401, peer.receive().value().status());
    CPPUNIT_ASSERT(peer.is_closed());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "too long a body"));
  }

  // Who was not let in yet can make the program keep no more than it has read with the head.
  void a_body_stays_in_the_socket_until_it_is_asked_for() {
    Parking parking;
    const RunningServer server(parking.handler());
    const std::string bytes = request("/", {.body = std::string(1'000'000, 'a')});
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(!peer.send(bytes, milliseconds(300)));
    CPPUNIT_ASSERT(parking.arrived.reaches(1));
    // The peer can write on as soon as the request is refused.
    std::thread([&] { parking.parked->finish({.status = 403, .body = "no"}); }).join();
    CPPUNIT_ASSERT(peer.send(std::string(10, 'a')));
    CPPUNIT_ASSERT_EQUAL(403, peer.receive().value().status());
  }

  void a_parked_request_may_ask_for_its_body_on_another_thread() {
    for (const SocketKind kind : kSocketKinds) {
      for (const std::size_t size : kSizes) {
        Parking parking;
        const RunningServer server({.kind = kind}, parking.handler());
        const std::string body(size, 'a');
        const std::string bytes = request("/", {.keep = true, .body = body});
        FastCgiPeer peer = server.connect();
        for (int i = 1; i <= 3; ++i) {
          bool sent = false;
          std::thread writing([&] { sent = peer.send(bytes); });
          const bool came = parking.arrived.reaches(i);
          if (came) std::thread([&] { echo(std::move(parking.parked)); }).join();
          writing.join();
          CPPUNIT_ASSERT(came && sent);
          const std::string method = size == 0 ? "GET / " : "POST / ";
          CPPUNIT_ASSERT_EQUAL(method + echo_of(body), peer.receive().value().body());
        }
      }
    }
  }

  void a_body_of_any_size_arrives_however_it_is_sent() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      for (const std::size_t size : kSizes) {
        const std::string body(size, 'a');
        // Records of 8 KiB as of Apache, and the longest there are.
        for (const std::size_t piece : {std::size_t{8'192}, std::size_t{65'535}}) {
          const std::string bytes =
              begin_request(1, kResponder, true) +
              stream(kParams, 1, pairs({{"REQUEST_METHOD", "POST"}, {"PATH_INFO", "/"}})) +
              stream(kStdin, 1, body, piece);
          FastCgiPeer peer = server.connect();
          for (const std::size_t step : {bytes.size(), std::size_t{50'001}, bytes.size() / 7 + 1}) {
            for (std::size_t at = 0; at < bytes.size(); at += step) {
              CPPUNIT_ASSERT(peer.send(std::string_view(bytes).substr(at, step)));
            }
            const auto reply = peer.receive();
            CPPUNIT_ASSERT_MESSAGE(std::to_string(size), reply.has_value());
            CPPUNIT_ASSERT_EQUAL("POST / " + echo_of(body), reply->body());
          }
        }
      }
    }
  }

  // 280 bytes in 140 pieces was once too much.
  void a_request_may_come_in_any_pieces() {
    const std::string bytes = request("/", {.keep = true, .body = std::string(100, 'a')});
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind, .threads = 1}, echo);
      FastCgiPeer peer = server.connect();
      for (const std::size_t step : {1U, 2U, 3U, 8U, 100U}) {
        for (std::size_t at = 0; at < bytes.size(); at += step) {
          CPPUNIT_ASSERT(peer.send(bytes.substr(at, step)));
          std::this_thread::sleep_for(std::chrono::microseconds(200));
        }
        CPPUNIT_ASSERT_EQUAL("POST / " + std::string(100, 'a'), peer.receive().value().body());
      }
    }
  }

  // nginx pads every record to eight bytes.
  void a_body_with_padding_arrives() {
    const RunningServer server(echo);
    const std::string variables = pairs({{"REQUEST_METHOD", "POST"}, {"PATH_INFO", "/pad"}});
    for (const std::size_t padding : {1U, 7U, 8U, 255U}) {
      const std::string bytes = begin_request(1, kResponder, true) +
                                record(kParams, 1, variables, padding) + record(kParams, 1, "") +
                                record(kStdin, 1, "some", padding) +
                                record(kStdin, 1, "thing", padding);
      for (const std::size_t last : {std::size_t{0}, padding}) {
        FastCgiPeer peer = server.connect();
        for (int i = 0; i < 2; ++i) {
          CPPUNIT_ASSERT(peer.send(bytes + record(kStdin, 1, "", last)));
          CPPUNIT_ASSERT_EQUAL(std::string("POST /pad something"), peer.receive().value().body());
        }
      }
    }
  }

  void requests_behind_each_other_are_answered_in_order() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, refuse_some);
      FastCgiPeer peer = server.connect();
      std::string bytes;
      for (int i = 0; i < 300; ++i) {
        bytes += request(i % 3 == 0 ? "/no" : "/" + std::to_string(i),
                         {.keep = true, .body = std::string(i % 5 == 0 ? 3'000 : 0, 'a')});
      }
      bool sent = false;
      std::thread writing([&] { sent = peer.send(bytes); });
      int right = 0;
      for (int i = 0; i < 300; ++i) {
        const auto reply = peer.receive();
        if (!reply) break;
        const bool refused = reply->status() == 401;
        const bool mine = reply->body().find(" /" + std::to_string(i) + " ") != std::string::npos;
        right += (i % 3 == 0 ? refused : mine) ? 1 : 0;
      }
      writing.join();
      CPPUNIT_ASSERT(sent);
      CPPUNIT_ASSERT_EQUAL(300, right);
    }
  }

  void an_authorizer_has_no_body_to_wait_for() {
    for (const SocketKind kind : kSocketKinds) {
      const RunningServer server({.kind = kind}, echo);
      FastCgiPeer peer = server.connect();
      CPPUNIT_ASSERT(peer.send(begin_request(1, kAuthorizer) +
                               stream(kParams, 1, pair("REQUEST_METHOD", "POST")) +
                               record(kStdin, 1, "half a body").substr(0, 12)));
      CPPUNIT_ASSERT_EQUAL(std::string("POST  "), peer.receive().value().body());
      CPPUNIT_ASSERT(peer.is_closed());
    }
  }

  void an_authorizer_may_ask_again_on_its_connection() {
    const RunningServer server(echo);
    FastCgiPeer peer = server.connect();
    for (int i = 0; i < 20; ++i) {
      // Some end a body that there is none of.
      CPPUNIT_ASSERT(peer.send(begin_request(1, kAuthorizer, true) +
                               stream(kParams, 1, pair("REQUEST_METHOD", "GET")) +
                               (i % 2 == 0 ? record(kStdin, 1, "") : "")));
      CPPUNIT_ASSERT_EQUAL(std::string("GET  "), peer.receive().value().body());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ServerBodiesTest);

}  // namespace
