// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/zitadel/curl_http_client.h"
#include "tests/unit/support/http_asker.h"
#include "tests/unit/support/loopback_server.h"
#include "tests/unit/support/sockets.h"

namespace {

using auth::CurlHttpClient;
using auth::HttpOptions;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::ask;
using support::http_answer;
using support::HttpOutcome;
using support::LoopbackServer;
using Connection = LoopbackServer::Connection;

// A limit of this process's descriptors, while it lives.
class DescriptorLimit {
 public:
  explicit DescriptorLimit(rlim_t most) {
    CPPUNIT_ASSERT_EQUAL(0, ::getrlimit(RLIMIT_NOFILE, &usual_));
    rlimit tight = usual_;
    tight.rlim_cur = most;
    CPPUNIT_ASSERT_EQUAL(0, ::setrlimit(RLIMIT_NOFILE, &tight));
  }
  ~DescriptorLimit() { static_cast<void>(::setrlimit(RLIMIT_NOFILE, &usual_)); }
  DescriptorLimit(const DescriptorLimit&) = delete;
  DescriptorLimit& operator=(const DescriptorLimit&) = delete;

 private:
  rlimit usual_{};
};

// The limit below which as many descriptors are free.
rlim_t limit_that_leaves(int count) {
  int limit = 0;
  for (int free = 0;; ++limit) {
    if (::fcntl(limit, F_GETFD) < 0 && ++free > count) return static_cast<rlim_t>(limit);
  }
}

// Takes all descriptors up to the highest that is open, while it lives: only who gives one back
// gets another. Waits until nobody opens or closes any.
class AllTaken {
 public:
  AllTaken() : limit_(settled()) {
    for (int taken; (taken = ::dup(0)) >= 0;) taken_.emplace_back(taken);
  }

 private:
  static rlim_t settled() {
    std::size_t open = support::open_descriptors();
    for (int same = 0; same < 5; ++same) {
      std::this_thread::sleep_for(milliseconds(20));
      if (open != support::open_descriptors()) same = 0;
      open = support::open_descriptors();
    }
    int highest = 4096;
    while (::fcntl(highest, F_GETFD) < 0) --highest;
    return static_cast<rlim_t>(highest + 1);
  }

  const DescriptorLimit limit_;
  std::vector<auth::Descriptor> taken_{};
};

void answer_once(Connection& connection) {
  if (connection.read_request().empty()) return;
  connection.send(http_answer(200, "{}", "Connection: close\r\n"));
}

HttpOptions lasting(milliseconds timeout) {
  HttpOptions options;
  options.timeout = timeout;
  return options;
}

// Too few descriptors: that is no fault of the server's.
class CurlDescriptorsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlDescriptorsTest);
  CPPUNIT_TEST(takes_a_quarter_of_them_at_most);
  CPPUNIT_TEST(questions_wait_for_one);
  CPPUNIT_TEST(a_question_that_never_gets_one_is_our_own_fault);
  CPPUNIT_TEST(certificates_that_cannot_be_read_without_one_are_our_own_fault);
  CPPUNIT_TEST(some_are_kept_back_where_others_take_all);
  CPPUNIT_TEST(they_are_kept_back_still_after_many_attempts_to_connect);
  CPPUNIT_TEST(an_unknown_name_is_not);
  CPPUNIT_TEST_SUITE_END();

  static void assert_own_fault(const HttpOutcome& outcome) {
    CPPUNIT_ASSERT(!outcome.has_value());
    CPPUNIT_ASSERT_EQUAL(
        std::string("internal error: no descriptor is left for a connection to ZITADEL: "
                    "raise LimitNOFILE"),
        to_string(outcome.error()));
  }

  void takes_a_quarter_of_them_at_most() {
    const auto capacity_with = [](rlim_t descriptors, std::size_t clients = 1) {
      const DescriptorLimit limit(descriptors);
      return CurlHttpClient(HttpOptions{.clients = clients}).capacity();
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{64}, capacity_with(256));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, capacity_with(3));
    CPPUNIT_ASSERT_EQUAL(std::size_t{16}, capacity_with(256, 4));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, capacity_with(256, 100));
  }

  // Where the client begins with so few, it can keep none back: two for itself, two for libcurl.
  void questions_wait_for_one() {
    auth::Descriptor listener = support::listen_on_tcp();
    const std::string url = "http://127.0.0.1:" + std::to_string(support::port_of(listener));
    CurlHttpClient client(lasting(seconds(15)));
    std::vector<support::PendingAnswer> answers;
    {
      const DescriptorLimit few(limit_that_leaves(4));
      for (int i = 0; i < 5; ++i) answers.push_back(ask(client, url, "token=a"));
      std::this_thread::sleep_for(milliseconds(200));
    }
    const LoopbackServer server(answer_once, std::move(listener));
    for (support::PendingAnswer& answer : answers) {
      const HttpOutcome outcome = answer.wait();
      CPPUNIT_ASSERT_MESSAGE(outcome ? "" : to_string(outcome.error()), outcome.has_value());
    }
    CPPUNIT_ASSERT_EQUAL(5, server.connections());
  }

  void a_question_that_never_gets_one_is_our_own_fault() {
    for (const char* url : {"http://127.0.0.1:1/", "https://127.0.0.1:1/", "http://a.invalid/"}) {
      const DescriptorLimit few(limit_that_leaves(4));
      CurlHttpClient client(lasting(milliseconds(400)));
      std::vector<support::PendingAnswer> answers;
      for (int i = 0; i < 5; ++i) answers.push_back(ask(client, url));
      for (support::PendingAnswer& answer : answers) assert_own_fault(answer.wait());
    }
  }

  void certificates_that_cannot_be_read_without_one_are_our_own_fault() {
    const auth::Descriptor listener = support::listen_on_tcp();
    const DescriptorLimit few(limit_that_leaves(5));
    CurlHttpClient client(lasting(milliseconds(400)));
    assert_own_fault(
        ask(client, "https://127.0.0.1:" + std::to_string(support::port_of(listener))).wait());
  }

  // The kernel takes the connections, and nobody answers: so many as are kept back get as far.
  static void assert_kept_back(CurlHttpClient& client) {
    const auth::Descriptor listener = support::listen_on_tcp();
    const std::string silent = "http://127.0.0.1:" + std::to_string(support::port_of(listener));
    const AllTaken all;
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < 64; ++i) answers.push_back(ask(client, silent));
    for (support::PendingAnswer& answer : answers) {
      const HttpOutcome outcome = answer.wait();
      CPPUNIT_ASSERT(!outcome.has_value());
      CPPUNIT_ASSERT_EQUAL(std::string("ZITADEL did not answer in time: the question was sent, no "
                                       "answer came"),
                           to_string(outcome.error()));
    }
  }

  void some_are_kept_back_where_others_take_all() {
    const LoopbackServer server(answer_once);
    CurlHttpClient client(lasting(milliseconds(1000)));
    CPPUNIT_ASSERT(ask(client, server.url()).wait().has_value());
    assert_kept_back(client);
  }

  // Refused at once, and without an answer to the attempt: a full queue of connections.
  void they_are_kept_back_still_after_many_attempts_to_connect() {
    const auth::Descriptor full = support::listen_on_tcp(0);
    const auth::Descriptor filler = support::connect_to_tcp(support::port_of(full));
    const std::string lost = "http://127.0.0.1:" + std::to_string(support::port_of(full));
    HttpOptions options = lasting(milliseconds(1000));
    options.connect_timeout = milliseconds(300);
    CurlHttpClient client(options);
    std::vector<support::PendingAnswer> answers;
    for (int i = 0; i < 70; ++i) {
      answers.push_back(ask(client, lost));
      answers.push_back(ask(client, "http://127.0.0.1:1/"));
    }
    for (support::PendingAnswer& answer : answers) CPPUNIT_ASSERT(!answer.wait().has_value());
    assert_kept_back(client);
  }

  void an_unknown_name_is_not() {
    CurlHttpClient client(lasting(seconds(15)));
    const HttpOutcome outcome = ask(client, "http://zitadel.invalid/").wait();
    CPPUNIT_ASSERT(!outcome.has_value());
    CPPUNIT_ASSERT(outcome.error().reason != Reason::kInternal);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlDescriptorsTest);

}  // namespace
