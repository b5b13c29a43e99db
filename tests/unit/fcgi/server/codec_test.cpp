// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/codec.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "auth/base/descriptor.h"
#include "fcgi/server/request_head.h"
#include "tests/unit/support/fastcgi_records.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/sockets.h"

namespace {

using fcgi::Codec;
using fcgi::DecodedRequest;
using namespace support;  // NOLINT: records read like the specification

std::string head_of(const Variables& variables, std::size_t piece = 65'535) {
  return begin_request(3) + stream(kParams, 3, pairs(variables), piece);
}

struct Records {
  std::string output{};
  std::vector<unsigned> types{};
};

// What is no record of that request fails the test.
Records read_records(std::string_view bytes) {
  Records records;
  while (!bytes.empty()) {
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes.at(at)); };
    CPPUNIT_ASSERT(byte(0) == 1 && byte(2) == 0 && byte(3) == 3);
    const std::size_t size = std::size_t{byte(4)} << 8 | byte(5);
    records.types.push_back(byte(1));
    if (byte(1) == kStdout) records.output += bytes.substr(8, size);
    CPPUNIT_ASSERT(bytes.size() >= 8 + size + byte(6));
    bytes.remove_prefix(8 + size + byte(6));
  }
  return records;
}

// libfcgi behind a pipe.
class CodecTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CodecTest);
  CPPUNIT_TEST(leaves_nothing_of_a_head_that_it_cannot_read_to_the_next_request);
  CPPUNIT_TEST(leaves_nothing_of_a_head_with_more_variables_than_were_found);
  CPPUNIT_TEST(is_not_open_without_descriptors_and_well_again_with_them);
  CPPUNIT_TEST(wipes_every_authorization_when_the_exchange_is_over);
  CPPUNIT_TEST(wipes_cookies_and_subprotocols_too);
  CPPUNIT_TEST(reads_heads_of_any_length);
  CPPUNIT_TEST(encodes_answers_of_any_length);
  CPPUNIT_TEST(encodes_answers_in_another_order_than_it_has_decoded);
  CPPUNIT_TEST(sends_short_answers_whole_into_the_least_of_sockets);
  CPPUNIT_TEST(tells_that_the_peer_is_gone);
  CPPUNIT_TEST(needs_no_file);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { CPPUNIT_ASSERT_EQUAL(0, FCGX_Init()); }

 private:
  static void assert_is_well(Codec& codec) {
    const auto decoded = codec.decode(head_of({{"A", "b"}}), 1);
    CPPUNIT_ASSERT(decoded != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("b"), std::string(decoded->request().variable("A")));
    const std::string answer = codec.encode(*decoded, "answer");
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), read_records(answer).output);
  }

  void leaves_nothing_of_a_head_that_it_cannot_read_to_the_next_request() {
    const std::size_t before = open_descriptors();
    {
      Codec codec;
      const std::string good = head_of({{"A", "b"}});
      // No caller lets these through (fcgi/server/request_head.h).
      for (const std::string& wrong :
           {std::string("nonsense"), good.substr(0, 20),
            good.substr(0, 16) + record(kStdin, 3, "") + good, begin_request(3, 77) + good}) {
        CPPUNIT_ASSERT_MESSAGE(std::to_string(wrong.size()), codec.decode(wrong, 1) == nullptr);
        assert_is_well(codec);
      }
      CPPUNIT_ASSERT_EQUAL(before + 2, open_descriptors());
    }
    CPPUNIT_ASSERT_EQUAL(before, open_descriptors());
  }

  // libfcgi has come to another end than we: the rest might be somebody's next request.
  void leaves_nothing_of_a_head_with_more_variables_than_were_found() {
    Codec codec;
    const std::string hidden = head_of({{"A", "hidden"}});
    const std::string first = head_of({{"LONG", std::string(8'192, 'a')}});
    for (const std::size_t found : {0U, 2U, 1'000U}) {
      CPPUNIT_ASSERT(codec.decode(first + hidden, found) == nullptr);
      assert_is_well(codec);
    }
  }

  void is_not_open_without_descriptors_and_well_again_with_them() {
    const LogCapture log;
    rlimit usual{};
    CPPUNIT_ASSERT_EQUAL(0, ::getrlimit(RLIMIT_NOFILE, &usual));
    rlimit none = usual;
    none.rlim_cur = 0;
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_NOFILE, &none));
    Codec codec;
    const bool was_open = codec.is_open();
    const auto decoded = codec.decode(head_of({}), 0);
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_NOFILE, &usual));
    CPPUNIT_ASSERT(!was_open);
    CPPUNIT_ASSERT(decoded == nullptr);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, lines_with(log.text(), "error: no descriptor"));
    CPPUNIT_ASSERT(codec.decode(head_of({}), 0) == nullptr);  // opens it
    assert_is_well(codec);
  }

  static std::string all_of(const fcgi::DecodedRequest& decoded) {
    std::string all;
    for (const char* const* each = decoded.variables(); *each != nullptr; ++each) all += *each;
    return all;
  }

  void wipes_every_authorization_when_the_exchange_is_over() {
    Codec codec;
    const auto decoded = codec.decode(head_of({{"HTTP_AUTHORIZATION", "Bearer one"},
                                               {"HTTP_AUTHORIZATION", "Bearer two"},
                                               {"HTTP_AUTHORIZATION", "Bearer three"},
                                               {"REDIRECT_HTTP_AUTHORIZATION", "Bearer four"},
                                               {"REDIRECT_REDIRECT_HTTP_AUTHORIZATION", "five"},
                                               {"HTTP_AUTHORIZATION_NOT", "left"},
                                               {"REDIRECT_URL", "left"}}),
                                      7);
    CPPUNIT_ASSERT(decoded != nullptr);
    const std::string_view token = decoded->request().authorization()[0];
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer one"), std::string(token));
    decoded->wipe_secrets();
    CPPUNIT_ASSERT_EQUAL(
        std::string("FCGI_ROLE=RESPONDERHTTP_AUTHORIZATION=HTTP_AUTHORIZATION="
                    "HTTP_AUTHORIZATION=REDIRECT_HTTP_AUTHORIZATION="
                    "REDIRECT_REDIRECT_HTTP_AUTHORIZATION=HTTP_AUTHORIZATION_NOT=left"
                    "REDIRECT_URL=left"),
        all_of(*decoded));
    // The bytes too, not only what ends at the first zero.
    CPPUNIT_ASSERT(std::string(token.size(), '\0') == token);
  }

  void wipes_cookies_and_subprotocols_too() {
    Codec codec;
    const auto decoded =
        codec.decode(head_of({{"HTTP_COOKIE", "tok=one"},
                              {"HTTP_COOKIE", "tok=two"},
                              {"REDIRECT_HTTP_COOKIE", "tok=three"},
                              {"HTTP_SEC_WEBSOCKET_PROTOCOL", "bearer, four"},
                              {"REDIRECT_REDIRECT_HTTP_SEC_WEBSOCKET_PROTOCOL", "bearer, five"},
                              {"HTTP_COOKIE2", "left"},
                              {"HTTP_SEC_WEBSOCKET_PROTOCOLS", "left"},
                              {"HTTP_X_REQUEST_ID", "name"},
                              {"HTTP_COOKI", "left"}}),
                     9);
    CPPUNIT_ASSERT(decoded != nullptr);
    const std::string_view cookie = decoded->request().variable("HTTP_COOKIE");
    const std::string_view offer = decoded->request().variable("HTTP_SEC_WEBSOCKET_PROTOCOL");
    CPPUNIT_ASSERT_EQUAL(std::string("bearer, four"), std::string(offer));
    decoded->wipe_secrets();
    CPPUNIT_ASSERT_EQUAL(
        std::string("FCGI_ROLE=RESPONDERHTTP_COOKIE=HTTP_COOKIE=REDIRECT_HTTP_COOKIE="
                    "HTTP_SEC_WEBSOCKET_PROTOCOL=REDIRECT_REDIRECT_HTTP_SEC_WEBSOCKET_PROTOCOL="
                    "HTTP_COOKIE2=leftHTTP_SEC_WEBSOCKET_PROTOCOLS=leftHTTP_X_REQUEST_ID=name"
                    "HTTP_COOKI=left"),
        all_of(*decoded));
    CPPUNIT_ASSERT(std::string(cookie.size(), '\0') == cookie);
    CPPUNIT_ASSERT(std::string(offer.size(), '\0') == offer);
    // The answer still needs its name.
    CPPUNIT_ASSERT_EQUAL(std::string("name"), std::string(decoded->request().request_id()));
  }

  // Beyond what libfcgi reads at once, and what a pipe holds.
  void reads_heads_of_any_length() {
    Codec codec;
    std::vector<std::size_t> sizes = {0, 1, 1'000, fcgi::kMaxParamsBytes - 100};
    for (const std::size_t around : {8'192U, 16'384U, 65'536U}) {
      for (std::size_t size = around - 80; size < around + 20; ++size) sizes.push_back(size);
    }
    for (const std::size_t size : sizes) {
      for (const std::size_t piece : {std::size_t{65'535}, std::size_t{1'000}}) {
        const std::string value(size, 'v');
        const auto decoded = codec.decode(head_of({{"A", value}, {"B", "c"}}, piece), 2);
        CPPUNIT_ASSERT_MESSAGE(std::to_string(size), decoded != nullptr);
        CPPUNIT_ASSERT(value == decoded->request().variable("A"));
        CPPUNIT_ASSERT_EQUAL(std::string("c"), std::string(decoded->request().variable("B")));
      }
    }
  }

  void encodes_answers_of_any_length() {
    Codec codec;
    std::vector<std::size_t> sizes = {0, 1, 100'000, 5'000'000};
    for (const std::size_t around : {8'184U, 16'368U, 32'768U, 40'960U, 65'536U, 98'304U}) {
      for (std::size_t size = around - 40; size < around + 40; ++size) sizes.push_back(size);
    }
    for (const std::size_t size : sizes) {
      const auto decoded = codec.decode(head_of({}), 0);
      CPPUNIT_ASSERT(decoded != nullptr);
      const Records records = read_records(codec.encode(*decoded, std::string(size, 'a')));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), std::string(size, 'a') == records.output);
      CPPUNIT_ASSERT_EQUAL(unsigned{kEndRequest}, records.types.back());
      CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1},
                           std::count(records.types.begin(), records.types.end(), kEndRequest));
    }
  }

  void encodes_answers_in_another_order_than_it_has_decoded() {
    Codec codec;
    std::vector<std::shared_ptr<DecodedRequest>> requests;
    for (int i = 0; i < 50; ++i) {
      requests.push_back(codec.decode(head_of({{"N", std::to_string(i)}}), 1));
    }
    std::reverse(requests.begin(), requests.end());
    for (const auto& each : requests) {
      const std::string answer = "answer to " + std::string(each->request().variable("N"));
      CPPUNIT_ASSERT_EQUAL(answer, read_records(codec.encode(*each, answer)).output);
    }
  }

  struct SocketPair {
    SocketPair() {
      int ends[2];
      CPPUNIT_ASSERT_EQUAL(
          0, ::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, ends));
      ours = auth::Descriptor(ends[0]);
      peers = auth::Descriptor(ends[1]);
      const int least = 0;
      CPPUNIT_ASSERT_EQUAL(0,
                           ::setsockopt(ours.get(), SOL_SOCKET, SO_SNDBUF, &least, sizeof least));
    }
    auth::Descriptor ours{};
    auth::Descriptor peers{};
  };

  void sends_short_answers_whole_into_the_least_of_sockets() {
    Codec codec;
    for (std::size_t size = 0; size <= Codec::kMaxSentAtOnce; ++size) {
      const SocketPair sockets;
      const auto decoded = codec.decode(head_of({}), 0);
      CPPUNIT_ASSERT(decoded != nullptr);
      CPPUNIT_ASSERT(Codec::send(*decoded, std::string(size, 'a'), sockets.ours.get()));
      std::string bytes(2 * Codec::kMaxSentAtOnce, '\0');
      const ssize_t count = ::recv(sockets.peers.get(), bytes.data(), bytes.size(), 0);
      CPPUNIT_ASSERT(count > 0);
      const Records records = read_records(bytes.substr(0, static_cast<std::size_t>(count)));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(size), std::string(size, 'a') == records.output);
      CPPUNIT_ASSERT_EQUAL(unsigned{kEndRequest}, records.types.back());
    }
  }

  void tells_that_the_peer_is_gone() {
    Codec codec;
    SocketPair sockets;
    sockets.peers = auth::Descriptor();
    const auto decoded = codec.decode(head_of({}), 0);
    CPPUNIT_ASSERT(decoded != nullptr);
    CPPUNIT_ASSERT(!Codec::send(*decoded, "answer", sockets.ours.get()));
    assert_is_well(codec);
  }

  // Whatever the limit is to what a process may write into files.
  void needs_no_file() {
    rlimit usual{};
    CPPUNIT_ASSERT_EQUAL(0, ::getrlimit(RLIMIT_FSIZE, &usual));
    rlimit none = usual;
    none.rlim_cur = 0;
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_FSIZE, &none));
    Codec codec;
    const auto decoded = codec.decode(head_of({{"A", "b"}}), 1);
    const std::string answer = decoded ? codec.encode(*decoded, "answer") : "";
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_FSIZE, &usual));
    CPPUNIT_ASSERT_EQUAL(std::string("answer"), read_records(answer).output);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CodecTest);

}  // namespace
