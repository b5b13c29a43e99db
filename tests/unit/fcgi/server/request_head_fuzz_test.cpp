// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>
#include <fcgiapp.h>

#include <algorithm>
#include <array>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "fcgi/server/codec.h"
#include "tests/unit/support/fastcgi_records.h"
#include "tests/unit/support/request_reading.h"

namespace {

using namespace support;  // NOLINT: records read like the specification
using State = RequestReading::State;

// Random requests, nearly right: always the same ones.
class RandomRequests {
 public:
  explicit RandomRequests(unsigned seed) : engine_(seed) {}

  std::string next() {
    const unsigned id = one_of({1U, 2U, 65535U});
    std::string bytes = begin_request(id, one_of({1U, 1U, 1U, 2U, 3U}), number(2) == 0);
    std::string params;
    for (std::size_t i = number(6); i > 0; --i) params += pair(text(10), text(300));
    if (number(8) == 0) mutate(params);
    if (number(8) == 0) bytes = record(kBeginRequest, id, bytes.substr(8), number(256));
    if (number(4) == 0) bytes += record(kParams, id, std::exchange(params, ""), number(256));
    bytes += stream(kParams, id, params, 1 + number(params.size() + 20));
    if (number(8) == 0) bytes[bytes.size() - 2] = static_cast<char>(number(256));
    bytes += stream(kStdin, id, text(one_of({0U, 20U, 9000U})), 1 + number(3000));
    if (number(3) == 0) bytes += begin_request(id).substr(0, number(20));
    if (number(2) == 0) mutate(bytes);
    return bytes;
  }

  std::size_t number(std::size_t below) {
    return below == 0 ? 0 : std::uniform_int_distribution<std::size_t>(0, below - 1)(engine_);
  }

 private:
  unsigned one_of(std::vector<unsigned> choices) { return choices[number(choices.size())]; }

  std::string text(std::size_t below) {
    std::string text(number(below), 'a');
    for (char& byte : text) byte = static_cast<char>('A' + number(26));
    return text;
  }

  void mutate(std::string& bytes) {
    for (std::size_t times = 1 + number(3); times > 0 && !bytes.empty(); --times) {
      const std::size_t at = number(bytes.size());
      switch (number(5)) {
        case 0:
          bytes[at] = static_cast<char>(number(256));
          break;
        case 1:
          bytes[at] = static_cast<char>(bytes[at] ^ (1 << number(8)));
          break;
        case 2:
          bytes.erase(at, 1 + number(9));
          break;
        case 3:
          bytes.insert(at, std::string(1 + number(9), static_cast<char>(number(256))));
          break;
        default:
          bytes.insert(at, record(static_cast<std::uint8_t>(number(13)),
                                  static_cast<unsigned>(number(3)), text(20)));
      }
    }
  }

  std::mt19937 engine_;
};

// The variables of a request that was found whole, read anew in the plainest way.
std::vector<std::string> variables_of(std::string_view bytes) {
  std::string params;
  std::size_t at = 0;
  const auto byte = [](std::string_view text, std::size_t index) {
    return static_cast<std::size_t>(static_cast<unsigned char>(text[index]));
  };
  for (;;) {
    const std::size_t size = byte(bytes, at + 4) << 8 | byte(bytes, at + 5);
    if (bytes[at + 1] == kParams) {
      if (size == 0) break;
      params += bytes.substr(at + 8, size);
    }
    at += 8 + size + byte(bytes, at + 6);
  }
  std::vector<std::string> variables;
  for (std::size_t next = 0; next < params.size();) {
    std::array<std::size_t, 2> sizes{};
    for (std::size_t& size : sizes) {
      size = byte(params, next++);
      if (size < 0x80) continue;
      size = (size & 0x7f) << 24 | byte(params, next) << 16 | byte(params, next + 1) << 8 |
             byte(params, next + 2);
      next += 3;
    }
    variables.push_back(params.substr(next, sizes[0]) + '=' +
                        params.substr(next + sizes[0], sizes[1]));
    next += sizes[0] + sizes[1];
  }
  return variables;
}

// What the codec makes of these bytes of a head; nullopt where libfcgi refuses them.
std::optional<std::vector<std::string>> decode(fcgi::Codec& codec, std::string_view head,
                                               std::size_t count) {
  const std::shared_ptr<fcgi::DecodedRequest> decoded = codec.decode(head, count);
  if (!decoded) return std::nullopt;
  std::vector<std::string> variables;
  for (const char* const* each = decoded->variables(); *each != nullptr; ++each) {
    variables.emplace_back(*each);
  }
  return variables;
}

class RequestHeadFuzzTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestHeadFuzzTest);
  CPPUNIT_TEST(more_bytes_never_change_what_was_said_of_the_first);
  CPPUNIT_TEST(pieces_make_no_difference);
  CPPUNIT_TEST(libfcgi_reads_what_was_found_whole_as_it_was_meant);
  CPPUNIT_TEST(survives_bytes_without_any_sense);
  CPPUNIT_TEST_SUITE_END();

  static bool is_final(State state) {
    return state != State::kIncomplete && state != State::kHeadWhole;
  }

  void more_bytes_never_change_what_was_said_of_the_first() {
    RandomRequests requests(1);
    std::array<int, 5> seen{};
    for (int i = 0; i < 20'000; ++i) {
      const std::string bytes = requests.next();
      const std::size_t cut = requests.number(bytes.size() + 1);
      const RequestReading before = read_request(std::string_view(bytes).substr(0, cut));
      const RequestReading after = read_request(bytes);
      ++seen[static_cast<std::size_t>(after.state)];
      CPPUNIT_ASSERT(before.head_size <= after.head_size);
      if (!is_final(before.state)) continue;
      CPPUNIT_ASSERT(before.state == after.state);
      CPPUNIT_ASSERT(before.body == after.body);
      CPPUNIT_ASSERT_EQUAL(before.refusal, after.refusal);
      if (after.state == State::kWhole) CPPUNIT_ASSERT_EQUAL(before.read, after.read);
    }
    // It would prove nothing of requests that are all alike.
    CPPUNIT_ASSERT(seen[static_cast<std::size_t>(State::kWhole)] > 1000);
    CPPUNIT_ASSERT(seen[static_cast<std::size_t>(State::kRefused)] > 1000);
    CPPUNIT_ASSERT(seen[static_cast<std::size_t>(State::kIncomplete)] > 10);
    CPPUNIT_ASSERT(seen[static_cast<std::size_t>(State::kHeadWhole)] > 10);
  }

  void pieces_make_no_difference() {
    RandomRequests requests(4);
    for (int i = 0; i < 5'000; ++i) {
      const std::string bytes = requests.next();
      const RequestReading whole = read_request(bytes);
      const RequestReading cut = read_request(bytes, 1 + requests.number(40));
      CPPUNIT_ASSERT(whole.state == cut.state);
      CPPUNIT_ASSERT(whole.body == cut.body);
      CPPUNIT_ASSERT_EQUAL(whole.refusal, cut.refusal);
      if (whole.state == State::kWhole) CPPUNIT_ASSERT_EQUAL(whole.read, cut.read);
    }
  }

  void libfcgi_reads_what_was_found_whole_as_it_was_meant() {
    CPPUNIT_ASSERT_EQUAL(0, FCGX_Init());
    RandomRequests requests(2);
    fcgi::Codec codec;
    int compared = 0;
    for (int i = 0; i < 6'000; ++i) {
      const std::string bytes = requests.next();
      const RequestReading reading = read_request(bytes);
      if (reading.state != State::kWhole) continue;
      std::vector<std::string> variables = variables_of(bytes);
      const auto decoded =
          decode(codec, std::string_view(bytes).substr(0, reading.head_size), variables.size());
      CPPUNIT_ASSERT(decoded.has_value());
      const bool authorizer = decoded->at(0) == "FCGI_ROLE=AUTHORIZER";
      variables.insert(variables.begin(),
                       authorizer ? "FCGI_ROLE=AUTHORIZER" : "FCGI_ROLE=RESPONDER");
      CPPUNIT_ASSERT(variables == *decoded);
      ++compared;
    }
    CPPUNIT_ASSERT(compared > 1000);
  }

  void survives_bytes_without_any_sense() {
    std::mt19937 engine(3);
    for (int i = 0; i < 20'000; ++i) {
      std::string bytes(engine() % 200, '\0');
      for (char& byte : bytes) byte = static_cast<char>(engine() % 12);
      if (i % 2 == 0) bytes = begin_request() + bytes;
      CPPUNIT_ASSERT(read_request(bytes).read <= bytes.size());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestHeadFuzzTest);

}  // namespace
