// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/url.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

namespace {

using auth::check_url;
using auth::parse_url;

std::string mistake_of(const auth::Result<void, auth::Mistake>& checked) {
  return checked ? "none" : checked.error().sentence;
}

class UrlTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(UrlTest);
  CPPUNIT_TEST(refuses_what_is_no_http_url);
  CPPUNIT_TEST(refuses_what_two_readers_could_read_differently);
  CPPUNIT_TEST(refuses_every_other_spelling_of_an_ipv4_address);
  CPPUNIT_TEST(refuses_every_byte_that_no_url_holds);
  CPPUNIT_TEST(refuses_what_is_too_long);
  CPPUNIT_TEST(takes_no_other_address_for_loopback);
  CPPUNIT_TEST(says_what_is_wrong);
  CPPUNIT_TEST(says_what_an_instances_url_is);
  CPPUNIT_TEST(allows_http_where_tokens_stay_on_this_machine);
  CPPUNIT_TEST(knows_every_loopback_address);
  CPPUNIT_TEST(takes_https);
  CPPUNIT_TEST(spells_a_url_in_one_way);
  CPPUNIT_TEST(tells_whose_a_url_is);
  CPPUNIT_TEST_SUITE_END();

  static void refuses(std::string_view text) {
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !parse_url(text));
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !check_url(text, true));
  }

  void refuses_what_is_no_http_url() {
    for (const char* text : {"",
                             "https",
                             "https:",
                             "https:/",
                             "https://",
                             "http://",
                             "://host",
                             "host",
                             "host:443",
                             "//host",
                             "ftp://host",
                             "file:///etc/passwd",
                             "javascript:alert(1)",
                             "https:host",
                             "https:/host",
                             "https:///path",
                             "https://:443",
                             "https://:443/path",
                             " https://host",
                             "https ://host",
                             "httpss://host",
                             "xhttps://host",
                             "https://host:",
                             "https://host:0",
                             "https://host:65536",
                             "https://host:99999999999",
                             "https://host:-1",
                             "https://host:+1",
                             "https://host:80a",
                             "https://host:8 0",
                             "https://host:80:80",
                             "https://[::1",
                             "https://::1",
                             "https://[]",
                             "https://[::1]x",
                             "https://[::1]:",
                             "https://[g::1]",
                             "https://[127.0.0.1]",
                             "https://[::1%25lo]",
                             "https://[::1%lo]",
                             "https://h[::1]"}) {
      refuses(text);
    }
  }

  void refuses_what_two_readers_could_read_differently() {
    for (const char* text : {"https://host@evil",       "https://user:password@host",
                             "https://@host",           "https://host:443@evil",
                             "http://127.0.0.1\\@evil", "http://evil\\@127.0.0.1",
                             "http://127.0.0.1#@evil",  "http://127.0.0.1?@evil",
                             "https://host?",           "https://host#",
                             "https://host/a?b=c",      "https://host/a#b",
                             "https://ho%73t",          "https://host%00.evil",
                             "https://host\\path",      "https://host/%",
                             "https://host/%4",         "https://host/%4g",
                             "https://host/a%zz",       "https://h\xc3\xb6st",
                             "https://ho*st",           "https://ho,st",
                             "https://ho;st",           "https://ho+st",
                             "https://host/a\\b",       "https://host/<",
                             "https://host/\"",         "https://host/{}",
                             "https://host/a b",        "https://host/a^b",
                             "https://host/a|b",        "https://host/[a]"}) {
      refuses(text);
    }
  }

  // libcurl takes these for addresses of this machine, or may.
  void refuses_every_other_spelling_of_an_ipv4_address() {
    for (const char* host : {"127.1", "127", "127.0.0.1.", "127.0.0.256", "0127.0.0.1",
                             "0x7f.0.0.1", "0X7F.1", "2130706433", "0x7f000001", "0x",
                             "017700000001", "127.0.0.01", "1.2.3.4.5", "host.1", ".", ".."}) {
      refuses("http://" + std::string(host));
      refuses("https://" + std::string(host) + ":443/path");
    }
    for (const char* host : {"1.2.3.4", "1.host", "1a", "host.0xg", "0x7f.a-1", "xn--1"}) {
      CPPUNIT_ASSERT_MESSAGE(host, parse_url("https://" + std::string(host)).has_value());
    }
  }

  void refuses_every_byte_that_no_url_holds() {
    for (int code = 0; code < 256; ++code) {
      if (code > 0x20 && code < 0x7f) continue;
      const std::string byte(1, static_cast<char>(code));
      for (const std::string& text :
           {byte + "https://host", "https:" + byte + "//host", "https://" + byte + "host",
            "https://ho" + byte + "st/", "https://host" + byte, "https://host:80" + byte,
            "https://host/" + byte, "https://host/a" + byte + "b", "https://[::1" + byte + "]",
            "https://[::1" + byte + "host]"}) {
        refuses(text);
      }
    }
  }

  void refuses_what_is_too_long() {
    const std::string longest = "https://host/" + std::string(auth::kMaxUrlBytes - 13, 'a');
    CPPUNIT_ASSERT(parse_url(longest).has_value());
    refuses(longest + 'a');
  }

  void takes_no_other_address_for_loopback() {
    for (const char* text :
         {"http://128.0.0.1", "http://126.255.255.255", "http://0.0.0.0", "http://10.0.0.1",
          "http://127.0.0.1.evil", "http://[::2]", "http://[::]", "http://[::ffff:127.0.0.1]",
          "http://[fe80::1]", "http://localhost.", "http://localhost.evil", "http://xlocalhost",
          "http://evil.localhost", "http://local", "http://localhost-", "http://loopback",
          "http://host"}) {
      const auto url = parse_url(text);
      CPPUNIT_ASSERT_MESSAGE(text, url && !url->loopback && !url->https);
      CPPUNIT_ASSERT_MESSAGE(text, !check_url(text, false));
      CPPUNIT_ASSERT_MESSAGE(text, check_url(text, true));
    }
  }

  void says_what_is_wrong() {
    const std::pair<std::string, std::string> mistakes[] = {
        {"https://secret@host/a?b#c",
         "holds a user name or password; write it without what stands "
         "before '@'"},
        {"https://host/@?b", "holds a query; write it without what begins at '?'"},
        {"https://host?@", "holds a query; write it without what begins at '?'"},
        {"https://host/#?", "holds a fragment; write it without what begins at '#'"},
        {"host.example", "lacks the scheme; write https://host.example"},
        {"10.0.0.1:8080", "lacks the scheme; write https://10.0.0.1:8080"},
        {"my.host/path", "is not a URL of the form https://HOST or https://HOST:PORT"},
        {"host", "is not a URL of the form https://HOST or https://HOST:PORT"},
        {"", "is not a URL of the form https://HOST or https://HOST:PORT"},
        {"https://ho st", "is not a URL of the form https://HOST or https://HOST:PORT"},
        {std::string(3000, 'a'), "is longer than 2048 characters"},
        {"http://host",
         "begins with http:// and does not name this machine: tokens would cross the network "
         "unprotected; write https://, or set ZITADEL_ALLOW_HTTP=1 where that is meant"},
    };
    for (const auto& [text, mistake] : mistakes) {
      CPPUNIT_ASSERT_EQUAL(mistake, mistake_of(check_url(text, false)));
    }
  }

  void says_what_an_instances_url_is() {
    for (const char* text :
         {"https://host", "https://host/", "https://host//", "https://[::1]:1"}) {
      CPPUNIT_ASSERT_MESSAGE(text, auth::check_issuer_url(text, false));
    }
    const std::string path = "has a path, which no instance's URL has: write ";
    const std::string document = "is the discovery document's URL: write ";
    for (const auto& [text, mistake] : {
             std::pair{"https://host/a", path + "https://host"},
             {"https://[::1]:1//a", path + "https://[::1]:1"},
             {"https://host/.well-known/openid-configuration", document + "https://host"},
             {"https://host/a/.well-known/x", document + "https://host"},
         }) {
      CPPUNIT_ASSERT_EQUAL(mistake, mistake_of(auth::check_issuer_url(text, false)));
    }
    for (const char* text : {"http://host", "https://a@host/b", "https://host/?a", "host/a"}) {
      CPPUNIT_ASSERT_EQUAL(mistake_of(check_url(text, false)),
                           mistake_of(auth::check_issuer_url(text, false)));
    }
  }

  void allows_http_where_tokens_stay_on_this_machine() {
    CPPUNIT_ASSERT(check_url("http://127.0.0.1:8080", false));
    CPPUNIT_ASSERT(check_url("http://localhost", false));
    CPPUNIT_ASSERT(!check_url("http://host", false));
    CPPUNIT_ASSERT(check_url("http://host", true));
    CPPUNIT_ASSERT(check_url("https://host", false));
  }

  void knows_every_loopback_address() {
    for (const char* text :
         {"http://127.0.0.1", "http://127.255.255.254:1/a", "http://localhost:8080",
          "http://LOCALHOST", "http://[::1]", "http://[0:0:0:0:0:0:0:1]:8080/", "http://[::0001]",
          "https://localhost"}) {
      const auto url = parse_url(text);
      CPPUNIT_ASSERT_MESSAGE(text, url && url->loopback);
    }
  }

  void takes_https() {
    const std::pair<std::string, std::string> hosts[] = {
        {"https://my-instance.zitadel.cloud", "my-instance.zitadel.cloud"},
        {"HTTPS://Host:65535/", "host"},
        {"https://host/oauth/v2/introspect", "host"},
        {"https://[2001:DB8::1]:443/a", "2001:db8::1"},
        {"https://a_b.example/~a/%41%fF/!$&'()*+,;=:@-._", "a_b.example"},
        {"https://192.0.2.1:1", "192.0.2.1"},
    };
    for (const auto& [text, host] : hosts) {
      const auto url = parse_url(text);
      CPPUNIT_ASSERT_MESSAGE(text, url && url->https && !url->loopback);
      CPPUNIT_ASSERT_EQUAL(host, url->host);
    }
  }

  void spells_a_url_in_one_way() {
    for (const auto& [text, plain] :
         {std::pair{"https://host", "https://host"},
          {"https://host/", "https://host"},
          {"HTTPS://Host.Example:443//", "https://host.example"},
          {"https://host:0443", "https://host"},
          {"https://host:80", "https://host:80"},
          {"http://host:080/", "http://host"},
          {"http://host:443", "http://host:443"},
          {"http://LOCALHOST:08080/Path/", "http://localhost:8080/Path"},
          {"https://[::1]", "https://[::1]"},
          {"https://[::A]:443/", "https://[::a]"},
          {"https://[::1]:444", "https://[::1]:444"},
          {"https://host/a:443", "https://host/a:443"}}) {
      CPPUNIT_ASSERT_EQUAL(std::string(plain), auth::plain_url(text));
      CPPUNIT_ASSERT_EQUAL(std::string(plain), auth::plain_url(plain));
    }
  }

  void tells_whose_a_url_is() {
    CPPUNIT_ASSERT_EQUAL(std::string("https://host"), auth::origin_of("https://HOST:443/a/b:1"));
    CPPUNIT_ASSERT_EQUAL(std::string("http://host:8080"), auth::origin_of("http://host:8080"));
    for (const char* other :
         {"http://host/a", "https://host:8443/a", "https://host.evil/a", "https://other/a"}) {
      CPPUNIT_ASSERT(auth::origin_of(other) != "https://host");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("https://host"), auth::shown_url("https://host"));
    CPPUNIT_ASSERT_EQUAL(std::string("what is no URL"), auth::shown_url("https://host\x1b[2J"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(UrlTest);

}  // namespace
