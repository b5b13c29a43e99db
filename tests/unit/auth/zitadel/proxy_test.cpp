// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/proxy.h"

#include <cppunit/extensions/HelperMacros.h>
#include <stdlib.h>

#include <iterator>
#include <string>

#include "auth/zitadel/curl_http_client.h"
#include "tests/unit/support/http_asker.h"
#include "tests/unit/support/loopback_server.h"

namespace {

using auth::is_sound_proxy;
using auth::without_credentials;
using support::HttpOutcome;

// Each holds the password sw0rdfish, or a piece of it that libcurl takes for something else.
constexpr const char* kMalformed[] = {
    "http://user:sw0rdfish@127.0.0.1:port",
    "http://user:sw0rdfish@127.0.0.1:99999",
    "http://user:sw0rdfish@127.0.0.1:",
    "http://user:sw0rdfish@127.0.0.1:1:2",
    "http://user:sw0rdfish@",
    "http://user:sw0rdfish@:3128",
    "http://user:sw0rdfish@host name:3128",
    "http://us er:sw0rdfish@127.0.0.1:1",
    " http://user:sw0rdfish@127.0.0.1:1",
    "http://user:sw0rdfish@127.0.0.1:1 ",
    "http://user:sw0rdfish@user:sw0rdfish@127.0.0.1:1",
    "http://user:sw0rdfish@other@127.0.0.1:1",
    "http://user:sw0rd@fish@127.0.0.1:1",
    "http://user:sw0rdfish/more@127.0.0.1:1",
    "http://sw0rdfish/more@127.0.0.1:1",
    "http://user:sw0rdfish#more@127.0.0.1:1",
    "http://user:sw0rdfish?more@127.0.0.1:1",
    "http://user:sw0rdfish%@127.0.0.1:1",
    "http://user:sw0rdfish%zz@127.0.0.1:1",
    "http://user:sw0rdfish%0a@127.0.0.1:1",
    "http://user:sw0rdfish\\more@127.0.0.1:1",
    "http://user:sw0rdfish@[::1:1",
    "http://user:sw0rdfish@127.0.0.1:1/path",
    "http:/user:sw0rdfish@127.0.0.1:1",
    "http//user:sw0rdfish@127.0.0.1:1",
    "://user:sw0rdfish@127.0.0.1:1",
    "gopher://user:sw0rdfish@127.0.0.1:1",
    "htps://user:sw0rdfish@127.0.0.1:1",
    "user:sw0rdfish:127.0.0.1:1",
    "user sw0rdfish 127.0.0.1 1",
    "user:sw0rdfish@user:sw0rdfish@127.0.0.1:1",
    "http=http://user:sw0rdfish@127.0.0.1:1",
    "\"http://user:sw0rdfish@127.0.0.1:1\"",
    "http://user:sw0rdf\xc3\xafsh@127.0.0.1:1",
};

class ProxyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ProxyTest);
  CPPUNIT_TEST(what_is_not_read_in_one_way_is_malformed);
  CPPUNIT_TEST(takes_what_libcurl_takes);
  CPPUNIT_TEST(leaves_out_words_that_repeat_a_password);
  CPPUNIT_TEST(tells_of_a_malformed_proxy_and_never_its_password);
  CPPUNIT_TEST(tells_of_a_proxy_that_fails_and_never_its_password);
  CPPUNIT_TEST_SUITE_END();

  void what_is_not_read_in_one_way_is_malformed() {
    for (const char* value : kMalformed) CPPUNIT_ASSERT_MESSAGE(value, !is_sound_proxy(value));
  }

  void takes_what_libcurl_takes() {
    for (const char* value :
         {"http://proxy.example:3128", "http://proxy.example:3128/", "proxy.example:3128",
          "proxy.example", "HTTP://127.0.0.1:1", "https://[::1]:3128", "socks5h://proxy.example",
          "http://user@proxy.example", "http://user:sw0rdfish@proxy.example:3128",
          "user:sw0rd%2Ffish@proxy.example:3128", "http://:sw0rdfish@proxy.example",
          "http://a.b-c_d~e:!$&'()*+,;=%40:x@proxy.example:1"}) {
      CPPUNIT_ASSERT_MESSAGE(value, is_sound_proxy(value));
    }
  }

  void leaves_out_words_that_repeat_a_password() {
    const auto told = [](const std::string& words, const char* value) {
      return without_credentials(words, {"https_proxy", value});
    };
    const std::string words = "Could not resolve proxy: sw0rd/fish";
    for (const char* value : {"http://user:sw0rd%2Ffish@a", "http://sw0rd%2ffish@a", "u:sw0rd@a"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          value,
          std::string("what libcurl says is left out, for it repeats the password in https_proxy"),
          told(words, value));
    }
    for (const char* value : {"http://a", "a:3128", "http://proxy:other@a"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(value, words, told(words, value));
    }
  }

  // What an https URL costs through that proxy, for the operator.
  static std::string told(const char* variable, const std::string& value) {
    CPPUNIT_ASSERT_EQUAL(0, ::setenv(variable, value.c_str(), 1));
    HttpOutcome outcome(auth::Reason::kInternal);
    {
      auth::HttpOptions options;
      options.connect_timeout = std::chrono::milliseconds(300);
      options.timeout = std::chrono::milliseconds(600);
      auth::CurlHttpClient client(options);
      outcome = support::ask(client, "https://127.0.0.1:1/", "token=a").wait();
    }
    CPPUNIT_ASSERT_EQUAL(0, ::unsetenv(variable));
    CPPUNIT_ASSERT_MESSAGE(value, !outcome.has_value());
    return to_string(outcome.error());
  }

  static void assert_silent(const std::string& words, const std::string& value) {
    for (const char* piece : {"sw0rd", "fish", "rdf"}) {
      CPPUNIT_ASSERT_MESSAGE(value + ": " + words, words.find(piece) == std::string::npos);
    }
  }

  void tells_of_a_malformed_proxy_and_never_its_password() {
    std::size_t number = 0;
    for (const char* variable : {"https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"}) {
      for (const char* value : kMalformed) {
        // The first variable is tried with all, the others with every fifth: they are read alike.
        if (std::string_view(variable) != "https_proxy" && ++number % 5 != 0) continue;
        const std::string words = told(variable, value);
        assert_silent(words, value);
        CPPUNIT_ASSERT_MESSAGE(words,
                               words.find(variable) != std::string::npos ||
                                   words.find("did not answer in time") != std::string::npos);
      }
    }
  }

  void tells_of_a_proxy_that_fails_and_never_its_password() {
    const support::LoopbackServer refuses([](support::LoopbackServer::Connection& connection) {
      if (connection.read_request().empty()) return;
      connection.send(support::http_answer(407, "sw0rdfish"));
    });
    const std::string there = refuses.url("").substr(7);
    assert_silent(told("https_proxy", "http://user:sw0rdfish@" + there), there);
    assert_silent(told("https_proxy", "http://user:sw0rdfish@127.0.0.1:1"), "refused");
    assert_silent(told("https_proxy", "http://sw0rdfish@127.0.0.1:1"), "a token");
    // Whoever mistakes the password for the host, too.
    assert_silent(told("https_proxy", "http://sw0rdfish.invalid:sw0rdfish.invalid@127.0.0.1:1"),
                  "host");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ProxyTest);

}  // namespace
