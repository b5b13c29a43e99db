// SPDX-License-Identifier: Apache-2.0
#include "auth/store/redis_url.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using auth::parse_redis_url;
using auth::RedisAddress;
using auth::SecretView;

class RedisUrlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RedisUrlTest);
  CPPUNIT_TEST(says_what_is_wrong_and_nothing_of_the_url);
  CPPUNIT_TEST(refuses_a_url_that_is_too_long);
  CPPUNIT_TEST(does_not_name_user_and_password);
  CPPUNIT_TEST(reads_host_port_and_database);
  CPPUNIT_TEST(reads_user_and_password);
  CPPUNIT_TEST(reads_the_path_of_a_socket);
  CPPUNIT_TEST_SUITE_END();

  static std::string mistake(std::string_view url) {
    const auto parsed = parse_redis_url(SecretView(url));
    CPPUNIT_ASSERT_MESSAGE(std::string(url), !parsed);
    return parsed.error().sentence;
  }

  static RedisAddress address(std::string_view url) {
    auto parsed = parse_redis_url(SecretView(url));
    CPPUNIT_ASSERT_MESSAGE(parsed ? "" : std::string(url) + ' ' + parsed.error().sentence,
                           parsed.has_value());
    return *std::move(parsed);
  }

  void says_what_is_wrong_and_nothing_of_the_url() {
    const std::vector<std::pair<std::string_view, std::vector<std::string_view>>> cases{
        {"is not a URL of the form redis://HOST or unix:/PATH",
         {"", "swordfish", "redis:", "redis:/swordfish", "http://swordfish", "REDIS://swordfish",
          " redis://swordfish", "/swordfish"}},
        {"asks for TLS, which is not supported: use a Unix socket or a tunnel",
         {"rediss://swordfish", "valkeys://:swordfish@host"}},
        {"names no host, or one that is no name or address",
         {"redis://", "redis:///0", "redis://:6379", "redis://:swordfish@",
          "redis://swordfish fish", "redis://swordfish\n", "redis://[swordfish]",
          "redis://[127.0.0.1]", "redis://[]", "redis://sword%66ish",
          std::string_view("redis://[::1\0swordfish]", 23), "redis://schwertfisch\xc3\xa4"}},
        {"holds a '[' without its ']'", {"redis://[::1"}},
        {"names a port that is not a number from 1 to 65535",
         {"redis://swordfish:", "redis://swordfish:0", "redis://swordfish:65536",
          "redis://swordfish:-1", "redis://swordfish:+1", "redis://swordfish:1a",
          "redis://swordfish: 1", "redis://[::1]6379", "redis://[::1]:", "redis://a:b:1"}},
        {"names a database that is not a number, such as 0",
         {"redis://swordfish/swordfish", "redis://host/0/", "redis://host/-1", "redis://host//0",
          "redis://host/1000001", "redis://host/99999999999", "unix:/a?db=", "unix:/a?db=one"}},
        {"holds a '?' or '#': in a password, write %3F or %23",
         {"redis://host?db=1", "redis://host/0?swordfish", "redis://:sword#fish@host",
          "redis://:sword?fish@host"}},
        {"holds a user name without a password: write USER:PASSWORD@ or :PASSWORD@",
         {"redis://swordfish@host", "redis://@host"}},
        {"holds an empty password, or a user name without a password",
         {"redis://:@host", "redis://swordfish:@host",
          "unix:/a?password=", "unix:/a?user=swordfish"}},
        {"holds a character in its user name or password that must be written as %XX",
         {"redis://:sword@fish@host", "redis://:sword fish@host", "redis://:sword%fish@host",
          "redis://:swordfish%@host", "redis://:swordfish%4@host", "redis://:swordfish%4g@host",
          "redis://:sword\xc3\xa4@host", "redis://:sword[fish@host",
          "unix:/a?password=sword/fish"}},
        {"may hold db=, user= and password= behind its '?', each once, and nothing else",
         {"unix:/a?swordfish", "unix:/a?swordfish=1", "unix:/a?db", "unix:/a?db=1&db=1",
          "unix:/a?&", "unix:/a?db=1&&password=swordfish", "unix:/a?DB=1"}},
        {"names no absolute path: write unix:/PATH, and special characters as %XX",
         {"unix:", "unix:swordfish", "unix://swordfish/socket", "unix:/sword fish",
          "unix:/sword%00fish", "unix:/sword%fish", "unix:?db=1", "unix:/swordfish#1"}},
    };
    for (const auto& [expected, urls] : cases) {
      for (const std::string_view url : urls) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(url), std::string(expected), mistake(url));
      }
    }
  }

  void refuses_a_url_that_is_too_long() {
    const std::string url = "redis://" + std::string(auth::kMaxRedisUrlBytes - 8, 'a');
    CPPUNIT_ASSERT_EQUAL(auth::kMaxRedisUrlBytes - 8, address(url).host.size());
    CPPUNIT_ASSERT_EQUAL(std::string("is longer than 2048 characters"), mistake(url + 'a'));
    CPPUNIT_ASSERT_EQUAL(std::size_t{107}, address("unix:/" + std::string(106, 'a')).socket.size());
    CPPUNIT_ASSERT_EQUAL(std::string("names a path of more than 107 characters"),
                         mistake("unix:/" + std::string(107, 'a')));
  }

  void does_not_name_user_and_password() {
    for (const auto& [name, url] :
         {std::pair("redis://host:6379/3", "redis://somebody:swordfish@host/3"),
          std::pair("redis://[::1]:1/0", "redis://somebody:swordfish@[::1]:1"),
          std::pair("unix:/a/b?db=3", "unix:/a/b?user=somebody&password=swordfish&db=3")}) {
      CPPUNIT_ASSERT_EQUAL(std::string(name), address(url).name());
    }
  }

  static void expect(std::string_view url, const std::string& host, unsigned port,
                     unsigned database) {
    const RedisAddress found = address(url);
    CPPUNIT_ASSERT_EQUAL(host, found.host);
    CPPUNIT_ASSERT_EQUAL(port, unsigned{found.port});
    CPPUNIT_ASSERT_EQUAL(database, found.database);
    CPPUNIT_ASSERT(found.user.empty() && found.password.empty() && found.socket.empty());
  }

  void reads_host_port_and_database() {
    expect("redis://localhost", "localhost", 6379, 0);
    expect("valkey://localhost/", "localhost", 6379, 0);
    expect("redis://Cache-1.example_.com:7000/15", "Cache-1.example_.com", 7000, 15);
    expect("redis://127.0.0.1:65535/0", "127.0.0.1", 65535, 0);
    expect("redis://[::1]", "::1", 6379, 0);
    expect("redis://[fe80::1]:1/1000000", "fe80::1", 1, 1000000);
  }

  void reads_user_and_password() {
    const RedisAddress plain = address("redis://:swordfish@host");
    CPPUNIT_ASSERT_EQUAL(std::string(), plain.user);
    CPPUNIT_ASSERT(plain.password.reveal() == "swordfish");
    const RedisAddress both = address("redis://some.body:a:b=c&d!$'()*+,;~@host:1/2");
    CPPUNIT_ASSERT_EQUAL(std::string("some.body"), both.user);
    CPPUNIT_ASSERT(both.password.reveal() == "a:b=c&d!$'()*+,;~");
    const RedisAddress encoded = address("redis://a%3Ab:%40%2f%3A%25%00%ff@host");
    CPPUNIT_ASSERT_EQUAL(std::string("a:b"), encoded.user);
    CPPUNIT_ASSERT(encoded.password.reveal() == std::string_view("@/:%\0\xff", 6));
  }

  void reads_the_path_of_a_socket() {
    for (const char* const url : {"unix:/run/redis/socket", "unix:///run/redis/socket"}) {
      const RedisAddress found = address(url);
      CPPUNIT_ASSERT_EQUAL(std::string("/run/redis/socket"), found.socket);
      CPPUNIT_ASSERT(found.host.empty() && found.user.empty() && found.password.empty());
      CPPUNIT_ASSERT_EQUAL(0U, found.database);
    }
    const RedisAddress found = address("unix:/a%20b%3F@:?password=a%26b:c=d&db=7&user=me");
    CPPUNIT_ASSERT_EQUAL(std::string("/a b?@:"), found.socket);
    CPPUNIT_ASSERT_EQUAL(std::string("me"), found.user);
    CPPUNIT_ASSERT(found.password.reveal() == "a&b:c=d");
    CPPUNIT_ASSERT_EQUAL(7U, found.database);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RedisUrlTest);

}  // namespace
