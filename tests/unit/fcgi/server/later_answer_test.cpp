// SPDX-License-Identifier: Apache-2.0
// Endpoints that answer later, and bit by bit: zitadel_fcgi::Responder and AnswerStream.
#include "fcgi/guard/later_answer.h"

#include <cppunit/extensions/HelperMacros.h>
#include <poll.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "tests/unit/support/gate.h"
#include "tests/unit/support/running_server.h"

namespace {

using fcgi::Exchange;
using std::chrono::milliseconds;
using std::chrono::seconds;
using zitadel_fcgi::AnswerStream;
using zitadel_fcgi::Responder;
using zitadel_fcgi::Response;
using namespace support;  // NOLINT: records read like the specification

constexpr milliseconds kMoment{50};

// Where handlers put what others take. Thread-safe.
class Shelf {
 public:
  void put(Responder responder) {
    {
      const std::lock_guard lock(mutex_);
      responders_.push_back(std::move(responder));
    }
    arrived_.add();
  }
  Responder take() {
    CPPUNIT_ASSERT(arrived_.reaches(++taken_));
    const std::lock_guard lock(mutex_);
    Responder responder = std::move(responders_.back());
    responders_.pop_back();
    return responder;
  }
  // A handler that puts here.
  Exchange::Handler handler() {
    return [this](std::unique_ptr<Exchange> exchange) { put(responder_of(std::move(exchange))); };
  }

  static Responder responder_of(std::unique_ptr<Exchange> exchange) {
    return fcgi::later_answer(
        std::move(exchange), std::make_shared<const auth::Claims>(),
        {std::make_shared<const fcgi::Cors>(std::vector<std::string>()), true});
  }

 private:
  int taken_ = 0;
  std::mutex mutex_;
  Counter arrived_;
  std::vector<Responder> responders_;
};

class LaterAnswerTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LaterAnswerTest);
  CPPUNIT_TEST(answers_500_for_one_that_is_dropped);
  CPPUNIT_TEST(drops_a_second_answer);
  CPPUNIT_TEST(one_that_another_takes_the_place_of_answers_500);
  CPPUNIT_TEST(answers_after_the_handler_has_returned);
  CPPUNIT_TEST(tells_that_the_client_has_gone);
  CPPUNIT_TEST(tells_it_also_to_who_asks_afterwards);
  CPPUNIT_TEST(tells_nothing_of_a_client_that_was_answered);
  CPPUNIT_TEST(a_server_that_stops_answers_503_and_is_outlived);
  CPPUNIT_TEST(sends_each_piece_as_it_is_written);
  CPPUNIT_TEST(keeps_no_more_than_its_room_for_who_does_not_read);
  CPPUNIT_TEST(goes_on_when_the_client_reads);
  CPPUNIT_TEST(cuts_an_answer_off_that_has_no_end);
  CPPUNIT_TEST(takes_nothing_more_once_the_client_has_gone);
  CPPUNIT_TEST(takes_nothing_more_once_it_has_ended);
  CPPUNIT_TEST(sends_no_body_to_a_head);
  CPPUNIT_TEST(waits_for_no_room_on_a_thread_of_the_server);
  CPPUNIT_TEST(a_stream_outlives_its_server);
  CPPUNIT_TEST(serves_a_kept_connection_after_a_stream);
  CPPUNIT_TEST(is_finished_by_many_threads_at_once);
  CPPUNIT_TEST_SUITE_END();

  static FastCgiPeer asked(const RunningServer& server, const RequestOptions& options = {}) {
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(request("/", options)));
    return peer;
  }

  static FastCgiReply received(FastCgiPeer& peer) {
    const auto reply = peer.receive();
    CPPUNIT_ASSERT(reply.has_value());
    return *reply;
  }

  static void wait_until(const std::function<bool()>& holds) {
    for (int i = 0; i < 2000 && !holds(); ++i) std::this_thread::sleep_for(milliseconds(5));
    CPPUNIT_ASSERT(holds());
  }

  // As an endpoint would.
  static bool write_all(AnswerStream& stream, std::string_view bytes) {
    while (!bytes.empty()) {
      bytes.remove_prefix(stream.write(bytes));
      if (!bytes.empty() && !stream.wait_for_room(kPatience)) return false;
    }
    return true;
  }

  // Takes what there is room for until no more is taken for a while.
  static std::size_t fill(AnswerStream& stream) {
    const std::string piece(10'000, 'x');
    std::size_t taken = 0;
    for (;;) {
      const std::size_t count = stream.write(piece);
      taken += count;
      CPPUNIT_ASSERT(taken < 100'000'000);
      if (count == 0 && !stream.wait_for_room(milliseconds(500))) return taken;
    }
  }

  void answers_500_for_one_that_is_dropped() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = asked(server);
    { const Responder dropped = shelf.take(); }
    const FastCgiReply reply = received(peer);
    CPPUNIT_ASSERT_EQUAL(500, reply.status());
    CPPUNIT_ASSERT(reply.output.find("Cache-Control: no-store") != std::string::npos);
  }

  void drops_a_second_answer() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = asked(server);
    Responder responder = shelf.take();
    responder.answer({.body = "first"});
    responder.answer({.body = "second"});
    CPPUNIT_ASSERT(responder.stream({}) == nullptr);
    CPPUNIT_ASSERT(!responder.client_has_gone());
    CPPUNIT_ASSERT_EQUAL(std::string("first"), received(peer).body());
    CPPUNIT_ASSERT(peer.is_closed());
  }

  void one_that_another_takes_the_place_of_answers_500() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer first = asked(server);
    Responder responder = shelf.take();
    FastCgiPeer second = asked(server);
    responder = shelf.take();
    CPPUNIT_ASSERT_EQUAL(500, received(first).status());
    responder.answer({.body = "second"});
    CPPUNIT_ASSERT_EQUAL(std::string("second"), received(second).body());
  }

  void answers_after_the_handler_has_returned() {
    for (const SocketKind kind : kSocketKinds) {
      Shelf shelf;
      const RunningServer server({.kind = kind}, shelf.handler());
      FastCgiPeer peer = asked(server);
      Responder responder = shelf.take();
      std::thread([&responder] {
        CPPUNIT_ASSERT_EQUAL(std::string_view("/"), responder.request().path_info());
        std::this_thread::sleep_for(kMoment);
        responder.answer({.body = "later"});
      }).join();
      CPPUNIT_ASSERT_EQUAL(std::string("later"), received(peer).body());
    }
  }

  void tells_that_the_client_has_gone() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = asked(server);
    Responder responder = shelf.take();
    Counter replaced;
    Counter told;
    responder.when_client_gone([&replaced] { replaced.add(); });
    responder.when_client_gone([&told] { told.add(); });
    CPPUNIT_ASSERT(!told.reaches(1, kMoment));
    CPPUNIT_ASSERT(!responder.client_has_gone());
    peer.close();
    CPPUNIT_ASSERT(told.reaches(1));
    CPPUNIT_ASSERT(responder.client_has_gone());
    responder.answer({.body = "nobody"});
    CPPUNIT_ASSERT_EQUAL(1, told.count());
    CPPUNIT_ASSERT_EQUAL(0, replaced.count());
  }

  void tells_it_also_to_who_asks_afterwards() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = asked(server);
    Responder responder = shelf.take();
    peer.close();
    wait_until([&responder] { return responder.client_has_gone(); });
    Counter told;
    responder.when_client_gone([&told] { told.add(); });
    CPPUNIT_ASSERT(told.reaches(1));
    responder.when_client_gone([&told] { told.add(); });
    CPPUNIT_ASSERT_EQUAL(2, told.count());
  }

  void tells_nothing_of_a_client_that_was_answered() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    Counter told;
    FastCgiPeer peer = asked(server);
    Responder responder = shelf.take();
    responder.when_client_gone([&told] { told.add(); });
    responder.answer({.body = "all"});
    CPPUNIT_ASSERT_EQUAL(std::string("all"), received(peer).body());
    peer.close();
    CPPUNIT_ASSERT(!told.reaches(1, kMoment));
  }

  void a_server_that_stops_answers_503_and_is_outlived() {
    Shelf shelf;
    std::optional<RunningServer> server;
    server.emplace(RunningServer::Options{.server = {.stop = kMoment}}, shelf.handler());
    FastCgiPeer peer = asked(*server);
    FastCgiPeer other = asked(*server);
    Responder responder = shelf.take();
    Responder untold = shelf.take();
    Counter told;
    responder.when_client_gone([&told] { told.add(); });
    server->ask_to_stop();
    CPPUNIT_ASSERT_EQUAL(503, received(peer).status());
    CPPUNIT_ASSERT_EQUAL(503, received(other).status());
    CPPUNIT_ASSERT(server->has_ended());
    server.reset();
    CPPUNIT_ASSERT(told.reaches(1));
    untold.when_client_gone([&told] { told.add(); });
    CPPUNIT_ASSERT_EQUAL(2, told.count());
    CPPUNIT_ASSERT(responder.client_has_gone());
    CPPUNIT_ASSERT(untold.client_has_gone());
    responder.answer({.body = "nobody"});
    const auto stream = untold.stream({});
    CPPUNIT_ASSERT(!stream->is_open());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, stream->write("nobody"));
    stream->end();
  }

  void sends_each_piece_as_it_is_written() {
    for (const SocketKind kind : kSocketKinds) {
      Shelf shelf;
      const RunningServer server({.kind = kind}, shelf.handler());
      FastCgiPeer peer = asked(server);
      const auto stream = shelf.take().stream({.headers = {{"Content-Type", "text/plain"}}});
      std::string seen;
      for (const char* piece : {"Content-Type: text/plain\r\n", "first", "second"}) {
        const std::string text(piece);
        if (!text.starts_with("Content")) {
          CPPUNIT_ASSERT_EQUAL(text.size(), stream->write(text));
        }
        const auto until = std::chrono::steady_clock::now() + kPatience;
        while (seen.find(text) == seen.npos && std::chrono::steady_clock::now() < until) {
          pollfd readable{peer.socket().get(), POLLIN, 0};
          CPPUNIT_ASSERT(::poll(&readable, 1, 1000) >= 0);
          char bytes[4096];
          const ssize_t count = ::recv(peer.socket().get(), bytes, sizeof bytes, 0);
          if (count > 0) seen.append(bytes, static_cast<std::size_t>(count));
        }
        CPPUNIT_ASSERT_MESSAGE(text, seen.find(text) != seen.npos);
      }
      CPPUNIT_ASSERT(seen.find("Content-Length") == seen.npos);
      stream->end();
    }
  }

  // What the system keeps of a Unix socket is far less than this.
  void keeps_no_more_than_its_room_for_who_does_not_read() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    const FastCgiPeer peer = asked(server);
    const auto stream = shelf.take().stream({});
    const std::size_t taken = fill(*stream);
    CPPUNIT_ASSERT(taken >= AnswerStream::kRoom);
    CPPUNIT_ASSERT(taken <= 2 * AnswerStream::kRoom + 1'000'000);
    CPPUNIT_ASSERT(stream->is_open());
  }

  void goes_on_when_the_client_reads() {
    for (const SocketKind kind : kSocketKinds) {
      Shelf shelf;
      const RunningServer server({.kind = kind}, shelf.handler());
      FastCgiPeer peer = asked(server);
      std::string all;
      while (all.size() < 3'000'000) all += std::to_string(all.size()) + ",";
      std::thread writer([&shelf, &all] {
        const auto stream = shelf.take().stream({});
        CPPUNIT_ASSERT(write_all(*stream, all));
        stream->end();
      });
      std::this_thread::sleep_for(kMoment);
      const FastCgiReply reply = received(peer);
      writer.join();
      CPPUNIT_ASSERT_EQUAL(200, reply.status());
      CPPUNIT_ASSERT(reply.body() == all);
      CPPUNIT_ASSERT(peer.is_closed());
    }
  }

  void cuts_an_answer_off_that_has_no_end() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = asked(server, {.keep = true});
    {
      const auto stream = shelf.take().stream({});
      CPPUNIT_ASSERT_EQUAL(std::size_t{4}, stream->write("half"));
    }
    CPPUNIT_ASSERT(!peer.receive().has_value());
  }

  void takes_nothing_more_once_the_client_has_gone() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = asked(server);
    const auto idle = shelf.take().stream({});
    FastCgiPeer other = asked(server);
    const auto full = shelf.take().stream({});
    fill(*full);
    std::thread closer([&other] {
      std::this_thread::sleep_for(kMoment);
      other.close();
    });
    CPPUNIT_ASSERT(!full->wait_for_room(kPatience));
    closer.join();
    peer.close();
    wait_until([&idle] { return !idle->is_open(); });
    for (AnswerStream* each : {idle.get(), full.get()}) {
      CPPUNIT_ASSERT(!each->is_open());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, each->write("nobody"));
      CPPUNIT_ASSERT(!each->wait_for_room(kPatience));
      each->end();
    }
  }

  void takes_nothing_more_once_it_has_ended() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = asked(server);
    const auto stream = shelf.take().stream({.body = "not sent"});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, stream->write("all"));
    stream->end();
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, stream->write("more"));
    CPPUNIT_ASSERT(!stream->is_open());
    stream->end();
    CPPUNIT_ASSERT_EQUAL(std::string("all"), received(peer).body());
  }

  void sends_no_body_to_a_head() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = server.connect();
    CPPUNIT_ASSERT(peer.send(begin_request() +
                             support::stream(kParams, 1, pairs({{"REQUEST_METHOD", "HEAD"}})) +
                             support::stream(kStdin, 1, "")));
    const auto stream = shelf.take().stream({});
    CPPUNIT_ASSERT(write_all(*stream, std::string(1'000'000, 'x')));
    stream->end();
    CPPUNIT_ASSERT_EQUAL(std::string(), received(peer).body());
  }

  void waits_for_no_room_on_a_thread_of_the_server() {
    Counter done;
    std::atomic<bool> had_room{true};
    const RunningServer server([&](std::unique_ptr<Exchange> exchange) {
      const auto stream = Shelf::responder_of(std::move(exchange)).stream({});
      while (stream->write(std::string(AnswerStream::kRoom, 'x')) > 0) continue;
      had_room = stream->wait_for_room(std::chrono::hours(1));
      stream->end();
      done.add();
    });
    FastCgiPeer peer = asked(server);
    CPPUNIT_ASSERT(done.reaches(1));
    CPPUNIT_ASSERT(!had_room);
    CPPUNIT_ASSERT_EQUAL(200, received(peer).status());
  }

  void a_stream_outlives_its_server() {
    Shelf shelf;
    std::optional<RunningServer> server;
    server.emplace(RunningServer::Options{.server = {.stop = kMoment}}, shelf.handler());
    FastCgiPeer peer = asked(*server);
    const auto stream = shelf.take().stream({});
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, stream->write("half"));
    server->ask_to_stop();
    CPPUNIT_ASSERT(server->has_ended());
    server.reset();
    CPPUNIT_ASSERT(!stream->is_open());
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, stream->write("nobody"));
    CPPUNIT_ASSERT(!peer.receive().has_value());
  }

  void serves_a_kept_connection_after_a_stream() {
    Shelf shelf;
    const RunningServer server(shelf.handler());
    FastCgiPeer peer = server.connect();
    for (const char* body : {"one", "two", "three"}) {
      CPPUNIT_ASSERT(peer.send(request("/", {.keep = true})));
      const auto stream = shelf.take().stream({});
      CPPUNIT_ASSERT(write_all(*stream, body));
      stream->end();
      CPPUNIT_ASSERT_EQUAL(std::string(body), received(peer).body());
    }
  }

  // Answered, streamed, dropped or left by clients, all at once.
  void is_finished_by_many_threads_at_once() {
    constexpr int kThreads = 4;
    constexpr int kRequests = 100;
    Counter finished;
    std::vector<std::thread> threads;
    std::mutex mutex;
    const auto finish = [&finished](Responder responder, int kind) {
      responder.when_client_gone([] {});
      if (kind == 1) responder.answer({.body = "answer"});
      if (kind == 2) {
        const auto stream = responder.stream({});
        if (write_all(*stream, std::string(300'000, 'x'))) stream->end();
      }
      finished.add();
    };
    std::atomic<int> next{0};
    {
      const RunningServer server([&](std::unique_ptr<Exchange> exchange) {
        auto shared = std::make_shared<Responder>(Shelf::responder_of(std::move(exchange)));
        const std::lock_guard lock(mutex);
        threads.emplace_back(
            [&finish, shared, kind = next++ % 3] { finish(std::move(*shared), kind); });
      });
      std::vector<std::thread> clients;
      for (int i = 0; i < kThreads; ++i) {
        clients.emplace_back([&server, i] {
          for (int each = 0; each < kRequests / kThreads; ++each) {
            FastCgiPeer peer = asked(server);
            if ((each + i) % 4 == 0) continue;  // goes at once
            CPPUNIT_ASSERT(peer.receive().has_value());
          }
        });
      }
      for (std::thread& client : clients) client.join();
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(static_cast<int>(threads.size()), finished.count());
    CPPUNIT_ASSERT(finished.count() >= kRequests / 2);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LaterAnswerTest);

}  // namespace
