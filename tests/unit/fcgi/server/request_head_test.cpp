// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/request_head.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <vector>

#include "tests/unit/support/fastcgi_records.h"
#include "tests/unit/support/request_reading.h"

namespace {

using namespace support;  // NOLINT: records read like the specification
using State = RequestReading::State;

const std::string kBegin = begin_request();
const std::string kNoParams = record(kParams, 1, "");
const std::string kNoBody = record(kStdin, 1, "");

std::string name_of(State state) {
  switch (state) {
    case State::kIncomplete:
      return "incomplete";
    case State::kHeadWhole:
      return "head whole";
    case State::kWhole:
      return "whole";
    case State::kAborted:
      return "aborted";
    case State::kRefused:
      return "refused";
  }
  return "?";
}

// In one piece and in small ones.
void assert_state(State state, const std::string& bytes, const std::string& message = "") {
  for (const std::size_t piece : {std::string::npos, std::size_t{1}, std::size_t{7}}) {
    const RequestReading reading = read_request(bytes, piece);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message + " " + reading.refusal, name_of(state),
                                 name_of(reading.state));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message, state == State::kRefused, !reading.refusal.empty());
  }
}

// A request with these bytes as its parameters, however malformed.
std::string with_params(const std::string& params) {
  return kBegin + stream(kParams, 1, params) + kNoBody;
}

class RequestHeadTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RequestHeadTest);
  CPPUNIT_TEST(refuses_another_version);
  CPPUNIT_TEST(refuses_management_records_wherever_they_stand);
  CPPUNIT_TEST(refuses_a_management_record_before_all_of_it_is_there);
  CPPUNIT_TEST(refuses_padding_that_libfcgi_would_read_as_a_record);
  CPPUNIT_TEST(refuses_what_does_not_begin_a_request);
  CPPUNIT_TEST(refuses_roles_that_are_not_offered);
  CPPUNIT_TEST(refuses_other_requests_in_between);
  CPPUNIT_TEST(refuses_records_out_of_place);
  CPPUNIT_TEST(refuses_lengths_that_are_cut_off);
  CPPUNIT_TEST(refuses_lengths_beyond_the_parameters);
  CPPUNIT_TEST(refuses_names_and_values_that_would_change_their_meaning);
  CPPUNIT_TEST(refuses_more_than_a_thousand_parameters);
  CPPUNIT_TEST(refuses_parameters_that_are_too_long_in_all);
  CPPUNIT_TEST(refuses_more_bytes_than_it_looks_at);
  CPPUNIT_TEST(keeps_nothing_of_a_body_that_is_too_large_and_reads_it_all_the_same);
  CPPUNIT_TEST(refuses_a_body_beyond_all_measure);
  CPPUNIT_TEST(tells_an_abort_in_the_body);
  CPPUNIT_TEST(goes_on_as_soon_as_the_head_is_whole);
  CPPUNIT_TEST(waits_for_the_end_of_every_request_that_is_cut_off);
  CPPUNIT_TEST(never_takes_back_what_it_said_of_the_beginning);
  CPPUNIT_TEST(leaves_what_comes_behind_a_request_alone);
  CPPUNIT_TEST(waits_for_the_padding_of_the_last_record);
  CPPUNIT_TEST(takes_a_body_of_the_largest_size);
  CPPUNIT_TEST(takes_parameters_however_they_are_cut_into_records);
  CPPUNIT_TEST(takes_an_authorizer_without_a_body);
  CPPUNIT_TEST(takes_padding_and_any_id);
  CPPUNIT_TEST(keeps_the_connection_where_it_is_asked_to);
  CPPUNIT_TEST_SUITE_END();

  void refuses_another_version() {
    for (const unsigned version : {0U, 2U, 3U, 127U, 128U, 255U}) {
      const auto byte = static_cast<std::uint8_t>(version);
      assert_state(State::kRefused, std::string(1, static_cast<char>(byte)));
      assert_state(State::kRefused, record(kBeginRequest, 1, std::string(8, '\1'), 0, byte));
      assert_state(State::kRefused, kBegin + record(kParams, 1, "", 0, byte));
      assert_state(State::kRefused, kBegin + kNoParams + std::string(1, static_cast<char>(byte)));
    }
    assert_state(State::kRefused, "GET / HTTP/1.1\r\n\r\n");
    assert_state(State::kRefused, "\x16\x03\x01");  // TLS
  }

  void refuses_management_records_wherever_they_stand() {
    const std::string params = record(kParams, 1, pair("A", "b"));
    const std::string body = record(kStdin, 1, "body");
    for (const std::string& management :
         {deadly_get_values(), record(kGetValues, 0, ""), record(11, 0, std::string(8, '\0')),
          record(0, 0, ""), record(255, 0, ""), record(kParams, 0, ""), record(kStdin, 0, ""),
          record(kBeginRequest, 0, std::string(8, '\1'))}) {
      assert_state(State::kRefused, management);
      assert_state(State::kRefused, management + request("/"));
      assert_state(State::kRefused, kBegin + management + params + kNoParams + kNoBody);
      assert_state(State::kRefused, kBegin + params + management + kNoParams + kNoBody);
      assert_state(State::kRefused, kBegin + params + kNoParams + management + kNoBody);
      assert_state(State::kRefused, kBegin + params + kNoParams + body + management + kNoBody);
    }
  }

  void refuses_a_management_record_before_all_of_it_is_there() {
    const std::string management = deadly_get_values();
    for (std::size_t size = 4; size < management.size(); ++size) {
      assert_state(State::kRefused, management.substr(0, size));
      assert_state(State::kRefused, kBegin + management.substr(0, size));
      assert_state(State::kRefused, kBegin + kNoParams + management.substr(0, size));
    }
  }

  // What libfcgi may not see could hide there.
  void refuses_padding_that_libfcgi_would_read_as_a_record() {
    const std::string params = record(kParams, 1, pair("A", "b"));
    for (const std::size_t padding : {1U, 8U, 255U}) {
      const std::string padded_begin = record(kBeginRequest, 1, kBegin.substr(8), padding);
      assert_state(State::kRefused, padded_begin + params + kNoParams + kNoBody);
      assert_state(State::kRefused, padded_begin.substr(0, 8));
      assert_state(State::kRefused, kBegin + record(kParams, 1, "", padding) + kNoBody);
      assert_state(State::kRefused, kBegin + params + record(kParams, 1, "", padding) + kNoBody);
      assert_state(State::kRefused,
                   begin_request(1, kAuthorizer) + params + record(kParams, 1, "", padding));
    }
  }

  void refuses_what_does_not_begin_a_request() {
    for (unsigned type = 0; type < 256; ++type) {
      if (type == kBeginRequest) continue;
      assert_state(State::kRefused,
                   record(static_cast<std::uint8_t>(type), 1, std::string(8, '\1')) + kNoParams);
    }
    for (const std::size_t size : {0U, 1U, 7U, 9U, 16U, 65535U}) {
      assert_state(State::kRefused,
                   record(kBeginRequest, 1, std::string(size, '\1')) + kNoParams + kNoBody);
    }
  }

  void refuses_roles_that_are_not_offered() {
    for (const unsigned role : {0U, 3U, 4U, 256U, 257U, 513U, 65535U}) {
      assert_state(State::kRefused, begin_request(1, role) + kNoParams + kNoBody);
    }
  }

  void refuses_other_requests_in_between() {
    assert_state(State::kRefused, kBegin + record(kParams, 2, "") + kNoBody);
    assert_state(State::kRefused, kBegin + kNoParams + record(kStdin, 2, ""));
    assert_state(State::kRefused, kBegin + kNoParams + record(kStdin, 257, ""));
    assert_state(State::kRefused, kBegin + begin_request(2) + kNoParams + kNoBody);
    assert_state(State::kRefused, kBegin + begin_request(1) + kNoParams + kNoBody);
    assert_state(State::kRefused, kBegin + kNoParams + begin_request(2));
    assert_state(State::kRefused, kBegin + record(kAbortRequest, 2, ""));
  }

  void refuses_records_out_of_place() {
    assert_state(State::kRefused, kBegin + kNoBody + kNoParams);
    assert_state(State::kRefused, kBegin + kNoParams + kNoParams + kNoBody);
    for (const std::uint8_t type :
         {std::uint8_t{0}, std::uint8_t{kEndRequest}, std::uint8_t{kStdout}, std::uint8_t{kStderr},
          std::uint8_t{kData}, std::uint8_t{kGetValues}, std::uint8_t{11}, std::uint8_t{255}}) {
      assert_state(State::kRefused, kBegin + record(type, 1, ""));
      assert_state(State::kRefused, kBegin + kNoParams + record(type, 1, ""));
      assert_state(State::kRefused,
                   kBegin + kNoParams + record(kStdin, 1, "a") + record(type, 1, ""));
    }
  }

  void refuses_lengths_that_are_cut_off() {
    for (const std::string& params :
         {std::string("\1"), std::string("\x80"), std::string("\x80\0", 2),
          std::string("\x80\0\0", 3), std::string("\x80\0\0\1", 4), std::string("\1\x80", 2),
          std::string("\1\x80\0\0", 4), pair("A", "b") + '\1', pair("A", "b") + '\xff'}) {
      assert_state(State::kRefused, with_params(params));
    }
  }

  void refuses_lengths_beyond_the_parameters() {
    for (const std::string& params :
         {std::string("\1\0", 2), std::string("\1\1A", 3), std::string("\2\0A", 3),
          std::string("\1\2Ab", 4), pair("A", "b") + std::string("\1\1C", 3),
          long_length(0x7fffffff) + long_length(0x7fffffff) + "A",
          long_length(0x7fffffff) + std::string("\0A", 2), '\1' + long_length(0x7fffffff) + "Ab",
          long_length(0x7ffffffe) + long_length(2) + "Ab",
          long_length(2) + long_length(0x7ffffffe) + "Ab"}) {
      assert_state(State::kRefused, with_params(params));
    }
  }

  void refuses_names_and_values_that_would_change_their_meaning() {
    using namespace std::string_literals;  // NOLINT
    for (const std::string& params :
         {pair("", ""), pair("", "value"), pair("A=B", "c"), pair("=", ""), pair("A=", ""),
          pair("A\0B"s, "c"), pair("\0"s, ""), pair("A\0"s, ""), pair("A", "\0"s),
          pair("A", "b\0c"s), pair("REQUEST_METHOD", "GET\0POST"s),
          pair("PATH_INFO=/public\0X"s, "/private")}) {
      assert_state(State::kRefused, with_params(params));
      assert_state(State::kRefused, with_params(pair("A", "b") + params + pair("C", "d")));
    }
    // A value may hold anything else.
    assert_state(State::kWhole, with_params(pair("A", "b=c\r\n\xff")));
    assert_state(State::kWhole, with_params(pair("A\r\n", "")));
  }

  void refuses_more_than_a_thousand_parameters() {
    std::string params;
    for (std::size_t i = 0; i < fcgi::kMaxParams; ++i) params += pair(std::to_string(i), "");
    assert_state(State::kWhole, with_params(params));
    assert_state(State::kRefused, with_params(params + pair("A", "")));
  }

  void refuses_parameters_that_are_too_long_in_all() {
    const std::size_t overhead = pair("A", std::string(100'000, 'a')).size() - 100'000;
    const std::string longest = pair("A", std::string(fcgi::kMaxParamsBytes - overhead, 'a'));
    CPPUNIT_ASSERT_EQUAL(fcgi::kMaxParamsBytes, longest.size());
    assert_state(State::kWhole, with_params(longest));
    assert_state(State::kRefused, with_params(longest + pair("B", "")));
    // It does not wait for the end of what is too long already.
    assert_state(State::kRefused, kBegin + record(kParams, 1, std::string(65535, 'a')) +
                                      record(kParams, 1, std::string(65535, 'a')));
  }

  void refuses_more_bytes_than_it_looks_at() {
    // Padding and tiny records make a request longer than what it says.
    std::string bytes = kBegin;
    while (bytes.size() < fcgi::kMaxHeadBytes) bytes += record(kParams, 1, "a", 255);
    assert_state(State::kRefused, bytes.substr(0, fcgi::kMaxHeadBytes));
    assert_state(State::kIncomplete, bytes.substr(0, fcgi::kMaxHeadBytes - 1));
  }

  void keeps_nothing_of_a_body_that_is_too_large_and_reads_it_all_the_same() {
    const std::string head = kBegin + kNoParams;
    const std::string most = record(kStdin, 1, std::string(65535, 'a'));
    const std::string more = record(kStdin, 1, "ab");
    CPPUNIT_ASSERT(!read_request(head + most + record(kStdin, 1, "a")).knows_body);
    // The header says so.
    for (std::size_t size = 0; size <= more.size(); ++size) {
      const RequestReading reading = read_request(head + most + more.substr(0, size));
      CPPUNIT_ASSERT(reading.state == State::kHeadWhole);
      CPPUNIT_ASSERT_EQUAL(size >= 8, reading.knows_body);
      CPPUNIT_ASSERT(!reading.body.has_value());
    }
    const std::string longer = head + most + more + most + most + kNoBody;
    const RequestReading reading = read_request(longer + "next");
    CPPUNIT_ASSERT(reading.state == State::kWhole);
    CPPUNIT_ASSERT(!reading.body.has_value());
    CPPUNIT_ASSERT_EQUAL(longer.size(), reading.read);
    assert_state(State::kRefused, head + most + more + deadly_get_values());
  }

  void refuses_a_body_beyond_all_measure() {
    const std::string head = kBegin + kNoParams;
    const std::string bytes = head + stream(kStdin, 1, std::string(100'000, 'a'), 1000);
    CPPUNIT_ASSERT(read_request(bytes, 4096, 100'000).state == State::kWhole);
    CPPUNIT_ASSERT(read_request(bytes, 4096, 99'999).state == State::kRefused);
  }

  void tells_an_abort_in_the_body() {
    const std::string abort = record(kAbortRequest, 1, "");
    assert_state(State::kAborted, kBegin + kNoParams + abort);
    assert_state(State::kAborted, kBegin + kNoParams + record(kStdin, 1, "a") + abort);
    assert_state(State::kAborted, kBegin + kNoParams + record(kStdin, 1, "a") + abort + kNoBody);
    assert_state(State::kRefused, kBegin + kNoParams + record(kAbortRequest, 2, ""));
    assert_state(State::kRefused, kBegin + abort);
    assert_state(State::kRefused, abort);
  }

  void goes_on_as_soon_as_the_head_is_whole() {
    const std::string head = begin_request(7, kResponder, true) +
                             stream(kParams, 7, pairs({{"REQUEST_METHOD", "POST"}}), 5);
    assert_state(State::kIncomplete, head.substr(0, head.size() - 1));
    assert_state(State::kHeadWhole, head);
    CPPUNIT_ASSERT_EQUAL(head.size(), read_request(head + "\1more").head_size);
  }

  void waits_for_the_end_of_every_request_that_is_cut_off() {
    const std::string head =
        begin_request(7, kResponder, true) +
        stream(kParams, 7, pairs({{"REQUEST_METHOD", "POST"}, {"A", std::string(200, 'a')}}), 50);
    const std::string bytes = head + record(kStdin, 7, "a", 7) + stream(kStdin, 7, "body", 3);
    for (std::size_t size = 0; size < bytes.size(); ++size) {
      assert_state(size < head.size() ? State::kIncomplete : State::kHeadWhole,
                   bytes.substr(0, size), std::to_string(size));
    }
    for (std::size_t piece = 1; piece <= bytes.size(); ++piece) {
      const RequestReading reading = read_request(bytes, piece);
      CPPUNIT_ASSERT(reading.state == State::kWhole);
      CPPUNIT_ASSERT_EQUAL(std::string("abody"), reading.body.value());
      CPPUNIT_ASSERT(reading.keeps_connection);
      CPPUNIT_ASSERT_EQUAL(bytes.size(), reading.read);
      CPPUNIT_ASSERT_EQUAL(head.size(), reading.head_size);
    }
  }

  void never_takes_back_what_it_said_of_the_beginning() {
    const std::string wrong[] = {
        deadly_get_values() + request("/"),
        kBegin + record(kParams, 2, "abc") + kNoParams,
        kBegin + kNoParams + record(kStdin, 1, "a") + record(kData, 1, ""),
        with_params(pair("A=B", "")) + request("/"),
    };
    for (const std::string& bytes : wrong) {
      bool refused = false;
      for (std::size_t size = 0; size <= bytes.size(); ++size) {
        const State state = read_request(std::string_view(bytes).substr(0, size)).state;
        CPPUNIT_ASSERT(state == State::kRefused || !refused);
        refused = state == State::kRefused;
      }
      CPPUNIT_ASSERT(refused);
    }
  }

  void leaves_what_comes_behind_a_request_alone() {
    const std::string first = request("/", {.keep = true, .body = "body"});
    for (const std::string& more : {request("/", {.keep = true}), record(kAbortRequest, 1, ""),
                                    std::string("\1"), std::string(1, '\0'), deadly_get_values()}) {
      const RequestReading reading = read_request(first + more);
      CPPUNIT_ASSERT(reading.state == State::kWhole);
      CPPUNIT_ASSERT_EQUAL(std::string("body"), reading.body.value());
      CPPUNIT_ASSERT(reading.keeps_connection);
      CPPUNIT_ASSERT_EQUAL(first.size(), reading.read);
    }
  }

  void waits_for_the_padding_of_the_last_record() {
    const std::string bytes =
        begin_request(1, kResponder, true) + kNoParams + record(kStdin, 1, "", 8);
    assert_state(State::kWhole, bytes);
    assert_state(State::kHeadWhole, bytes.substr(0, bytes.size() - 1));
    CPPUNIT_ASSERT(read_request(bytes).keeps_connection);
  }

  void takes_a_body_of_the_largest_size() {
    const std::string body(fcgi::kMaxBody, 'a');
    const RequestReading reading = read_request(kBegin + kNoParams + stream(kStdin, 1, body, 8192));
    CPPUNIT_ASSERT(reading.state == State::kWhole);
    CPPUNIT_ASSERT_EQUAL(body, reading.body.value());
    // With the longest parameters too.
    const std::size_t overhead = pair("A", std::string(100'000, 'a')).size() - 100'000;
    const std::string params = pair("A", std::string(fcgi::kMaxParamsBytes - overhead, 'a'));
    assert_state(State::kWhole, kBegin + stream(kParams, 1, params) + stream(kStdin, 1, body));
    assert_state(State::kWhole,
                 kBegin + stream(kParams, 1, params, 4096) + stream(kStdin, 1, body, 4096));
  }

  void takes_parameters_however_they_are_cut_into_records() {
    const std::string params = pairs({{"A", "b"}, {"C", std::string(300, 'd')}, {"E", ""}});
    for (std::size_t piece = 1; piece <= params.size(); ++piece) {
      assert_state(State::kWhole, kBegin + stream(kParams, 1, params, piece) + kNoBody);
    }
    for (std::size_t cut = 1; cut < params.size(); ++cut) {
      // What is malformed stays so wherever it is cut.
      const std::string broken = pair("A", "b") + std::string("\1\7CdE", 5);
      assert_state(State::kRefused, kBegin + stream(kParams, 1, broken, cut) + kNoBody);
    }
  }

  void takes_an_authorizer_without_a_body() {
    const std::string head = begin_request(1, kAuthorizer) + stream(kParams, 1, pair("A", "b"));
    assert_state(State::kWhole, head);
    assert_state(State::kIncomplete, head.substr(0, head.size() - 1));
    const RequestReading with_end = read_request(head + kNoBody);
    CPPUNIT_ASSERT(with_end.state == State::kWhole);
    CPPUNIT_ASSERT(with_end.body.value().empty());
    CPPUNIT_ASSERT_EQUAL(head.size(), with_end.read);
  }

  void takes_padding_and_any_id() {
    for (const unsigned id : {1U, 255U, 256U, 65535U}) {
      assert_state(State::kWhole, request("/", {.id = id, .body = "a"}));
    }
    for (const std::size_t padding : {1U, 7U, 8U, 255U}) {
      const RequestReading reading =
          read_request(kBegin + record(kParams, 1, pair("A", "b"), padding) + kNoParams +
                       record(kStdin, 1, "body", padding) + kNoBody);
      CPPUNIT_ASSERT(reading.state == State::kWhole);
      CPPUNIT_ASSERT_EQUAL(std::string("body"), reading.body.value());
    }
  }

  void keeps_the_connection_where_it_is_asked_to() {
    CPPUNIT_ASSERT(read_request(request("/", {.keep = true})).keeps_connection);
    CPPUNIT_ASSERT(!read_request(request("/")).keeps_connection);
    CPPUNIT_ASSERT(read_request(begin_request(1, kAuthorizer, true) + kNoParams).keeps_connection);
    // FastCGI specification §5.1: the other flags are reserved.
    std::string begin = begin_request();
    begin[10] = '\xfe';
    CPPUNIT_ASSERT(!read_request(begin + kNoParams + kNoBody).keeps_connection);
    begin[10] = '\xff';
    CPPUNIT_ASSERT(read_request(begin + kNoParams + kNoBody).keeps_connection);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RequestHeadTest);

}  // namespace
