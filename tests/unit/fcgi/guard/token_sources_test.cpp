// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/token_sources.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <utility>
#include <vector>

namespace {

using auth::Reason;
using fcgi::Request;
using fcgi::SiteOrigin;
using fcgi::TokenSources;
using Variables = std::vector<std::string>;

constexpr const char* kGood = "the token ";  // before the token that is found

class TokenSourcesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenSourcesTest);
  CPPUNIT_TEST(looks_at_no_other_place_unless_told);
  CPPUNIT_TEST(never_looks_at_the_url);
  CPPUNIT_TEST(refuses_two_tokens_at_once);
  CPPUNIT_TEST(refuses_a_cookie_that_can_be_read_in_two_ways);
  CPPUNIT_TEST(refuses_a_subprotocol_that_can_be_read_in_two_ways);
  CPPUNIT_TEST(finds_the_cookie_among_others);
  CPPUNIT_TEST(an_empty_cookie_is_no_token);
  CPPUNIT_TEST(finds_the_token_of_a_handshake);
  CPPUNIT_TEST(an_authorization_of_another_kind_is_no_token);
  CPPUNIT_TEST(refuses_what_may_change_something_and_does_not_say_where_it_comes_from);
  CPPUNIT_TEST(refuses_what_another_site_sends);
  CPPUNIT_TEST(refuses_a_method_that_a_query_or_a_header_names);
  CPPUNIT_TEST(refuses_a_websocket_of_another_site);
  CPPUNIT_TEST(lets_its_own_site_and_those_named_do_all);
  CPPUNIT_TEST(asks_tokens_of_other_places_for_no_origin);
  CPPUNIT_TEST(takes_the_token_out_of_the_subprotocols);
  CPPUNIT_TEST_SUITE_END();

  static TokenSources sources(std::string cookie, bool websocket, Variables origins = {}) {
    return {auth::kUsualAuthorizationBytes, {std::move(cookie), websocket, std::move(origins)}};
  }

  template <typename Use>
  static auto with(Variables variables, Use use) {
    std::vector<const char*> pointers;
    for (const std::string& each : variables) pointers.push_back(each.c_str());
    pointers.push_back(nullptr);
    return use(Request(pointers.data()));
  }

  // What is found, in words.
  static std::string find(const TokenSources& in, Variables variables) {
    return with(std::move(variables), [&](const Request& request) {
      const auto found = in.find(request);
      return found ? kGood + std::string(found->reveal())
                   : std::string(auth::describe(found.error().reason));
    });
  }

  static void assert_found(Reason reason, const TokenSources& in, const Variables& variables) {
    std::string what;
    for (const std::string& each : variables) what += each + "\n";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::string(auth::describe(reason)), find(in, variables));
  }

  static void assert_token(const std::string& token, const TokenSources& in,
                           const Variables& variables) {
    std::string what;
    for (const std::string& each : variables) what += each + "\n";
    CPPUNIT_ASSERT_EQUAL_MESSAGE(what, kGood + token, find(in, variables));
  }

  const TokenSources cookie_ = sources("tok", false);
  const TokenSources both_ = sources("tok", true);
  static constexpr const char* kGet = "REQUEST_METHOD=GET";
  static constexpr const char* kPost = "REQUEST_METHOD=POST";
  static constexpr const char* kUpgrade = "HTTP_SEC_WEBSOCKET_KEY=x";
  static constexpr const char* kOffer = "HTTP_SEC_WEBSOCKET_PROTOCOL=bearer, abc, chat";
  static constexpr const char* kHost = "HTTP_HOST=www.example.org";
  static constexpr const char* kOwn = "HTTP_ORIGIN=https://www.example.org";

  void looks_at_no_other_place_unless_told() {
    const Variables all = {kGet, "HTTP_COOKIE=tok=abc", kUpgrade, kOffer, kHost, kOwn};
    assert_found(Reason::kNoToken, TokenSources(), all);
    assert_found(Reason::kNoToken, sources("", false), all);
    assert_found(Reason::kNoToken, sources("other", false), all);
    assert_token("abc", sources("", true), all);
  }

  void never_looks_at_the_url() {
    assert_found(Reason::kNoToken, both_,
                 {kGet, "QUERY_STRING=access_token=abc&tok=abc&bearer=abc",
                  "REQUEST_URI=/x?access_token=abc&tok=abc"});
  }

  void refuses_two_tokens_at_once() {
    const std::string header = "HTTP_AUTHORIZATION=Bearer abc";
    for (const Variables& two :
         {Variables{kGet, header, "HTTP_COOKIE=tok=abc"},
          Variables{kGet, header, "HTTP_COOKIE=tok=other"},
          Variables{kGet, header, kUpgrade, kOffer},
          Variables{kGet, "HTTP_COOKIE=tok=abc", kUpgrade, kOffer, kHost, kOwn},
          Variables{kGet, header, "HTTP_COOKIE=tok=abc", kUpgrade, kOffer}}) {
      assert_found(Reason::kSeveralTokens, both_, two);
    }
    assert_found(Reason::kMalformedCookie, both_, {kGet, header, "HTTP_COOKIE=tok=a b"});
    assert_found(Reason::kRepeatedAuthorization, both_, {kGet, header, header});
    assert_found(Reason::kMalformedAuthorization, both_,
                 {kGet, "HTTP_AUTHORIZATION=Bearer", "HTTP_COOKIE=tok=abc"});
  }

  void refuses_a_cookie_that_can_be_read_in_two_ways() {
    for (const char* value : {"tok=abc; tok=abc",
                              "tok=abc; tok=other",
                              "tok=abc;tok=",
                              "tok=; tok=abc",
                              "tok",
                              "tok; tok=abc",
                              "tok =abc",
                              "tok\t=abc",
                              "tok= abc",
                              "tok=a b",
                              "tok=a,b",
                              "tok=a\\b",
                              "tok=\"abc",
                              "tok=abc\"",
                              "tok=\"a\"b\"",
                              "tok=a=b",
                              "tok==",
                              "tok=%61bc",
                              "tok='abc'",
                              "tok=\xc3\xa4",
                              "a=\"x; tok=abc\"",
                              "tok=abc; a=\"x; tok=other; y\""}) {
      assert_found(Reason::kMalformedCookie, cookie_, {kGet, "HTTP_COOKIE=" + std::string(value)});
    }
    assert_found(Reason::kMalformedCookie, cookie_,
                 {kGet, "HTTP_COOKIE=tok=abc", "HTTP_COOKIE=tok=abc"});
    assert_found(Reason::kMalformedCookie, cookie_,
                 {kGet, "HTTP_COOKIE=tok=" + std::string(17 << 10, 'a')});
  }

  void refuses_a_subprotocol_that_can_be_read_in_two_ways() {
    for (const char* value :
         {"bearer", "chat, bearer", "bearer,", "bearer, ", "bearer, a b", "bearer, abc, bearer",
          "bearer, abc, bearer, def", "bearer,, abc", "bearer, \"abc\""}) {
      assert_found(Reason::kMalformedSubprotocol, both_,
                   {kGet, kUpgrade, "HTTP_SEC_WEBSOCKET_PROTOCOL=" + std::string(value)});
    }
    assert_found(Reason::kMalformedSubprotocol, both_, {kGet, kUpgrade, kOffer, kOffer});
  }

  void finds_the_cookie_among_others() {
    for (const char* value :
         {"tok=abc", "a=b; tok=abc; c=d", "tok=abc;a=b", " tok=abc ", "tok=\"abc\"", "tok=abc;",
          "; ;tok=abc", "Tok=x; TOK=y; tok=abc; xtok=z; tok2=z", "a={\"b\": 1}; tok=abc",
          "a; tok=abc; =b", "\"tok=abc\"; tok=abc", "a=tok=x; tok=abc", "a=b, tok=x; tok=abc"}) {
      assert_token("abc", cookie_, {kGet, "HTTP_COOKIE=" + std::string(value)});
    }
    assert_token("abc", cookie_, {kGet, "HTTP_COOKIE=a=b", "HTTP_COOKIE=tok=abc"});
    assert_token("a.b-c_d~e+f/g==", cookie_, {kGet, "HTTP_COOKIE=tok=a.b-c_d~e+f/g=="});
    for (const char* other : {"", "toc=abc", "TOK=abc", "tok2=abc", "a=tok"}) {
      assert_found(Reason::kNoToken, cookie_, {kGet, "HTTP_COOKIE=" + std::string(other)});
    }
  }

  // As a site leaves it that somebody has logged out of.
  void an_empty_cookie_is_no_token() {
    for (const char* value : {"tok=", "tok=\"\"", "a=b; tok=; c=d"}) {
      assert_found(Reason::kNoToken, cookie_, {kPost, "HTTP_COOKIE=" + std::string(value)});
      assert_token("abc", cookie_,
                   {kPost, "HTTP_COOKIE=" + std::string(value), "HTTP_AUTHORIZATION=Bearer abc"});
    }
  }

  void finds_the_token_of_a_handshake() {
    for (const char* value : {"bearer, abc", "bearer,abc", "chat, bearer, abc", "bearer, abc, chat",
                              "bearer , abc , chat"}) {
      assert_token("abc", both_,
                   {kGet, kUpgrade, "HTTP_SEC_WEBSOCKET_PROTOCOL=" + std::string(value)});
    }
    assert_token("abc", both_,
                 {kGet, kUpgrade, "HTTP_SEC_WEBSOCKET_PROTOCOL=chat",
                  "HTTP_SEC_WEBSOCKET_PROTOCOL=bearer, abc"});
    for (const char* value : {"chat", "Bearer, abc", "bearer.abc", ""}) {
      assert_found(Reason::kNoToken, both_,
                   {kGet, kUpgrade, "HTTP_SEC_WEBSOCKET_PROTOCOL=" + std::string(value)});
    }
    // No handshake.
    assert_found(Reason::kNoToken, both_, {kGet, kOffer});
    assert_found(Reason::kNoToken, both_, {kGet, "HTTP_UPGRADE=h2c", kOffer});
  }

  void an_authorization_of_another_kind_is_no_token() {
    assert_token("abc", cookie_, {kGet, "HTTP_AUTHORIZATION=Basic YTpi", "HTTP_COOKIE=tok=abc"});
  }

  void assert_cross_site(Variables variables) const {
    variables.emplace_back("HTTP_COOKIE=tok=abc");
    assert_found(Reason::kCrossSite, both_, variables);
  }

  void refuses_what_may_change_something_and_does_not_say_where_it_comes_from() {
    for (const char* method : {"POST", "PUT", "PATCH", "DELETE", "MKCOL", "PROPFIND", "CONNECT",
                               "TRACE", "get", "FOO", ""}) {
      const std::string own = "REQUEST_METHOD=" + std::string(method);
      assert_cross_site({own, kHost});
      assert_cross_site({own, kHost, "HTTP_ORIGIN="});
      assert_cross_site({own, kHost, "HTTP_ORIGIN=null"});
      assert_cross_site({own, kHost, "HTTP_REFERER=https://www.example.org/"});
      assert_cross_site({own, kHost, "HTTP_SEC_FETCH_SITE=none"});
      assert_cross_site({own, kOwn});
    }
  }

  void refuses_what_another_site_sends() {
    for (const char* origin :
         {"https://evil.example", "https://example.org", "https://www.example.org.evil.example",
          "https://evilwww.example.org", "https://www.example.org:8443", "ftp://www.example.org",
          "https://www.example.org/", "www.example.org", "https://", "null", "*",
          "https://user@www.example.org", "https://evil.example https://www.example.org"}) {
      assert_cross_site({kPost, kHost, "HTTP_ORIGIN=" + std::string(origin)});
    }
    for (const char* site :
         {"cross-site", "same-site", "none", "Same-Origin", "", "same-origin "}) {
      assert_cross_site({kPost, kHost, "HTTP_SEC_FETCH_SITE=" + std::string(site)});
      assert_cross_site({kPost, kHost, kOwn, "HTTP_SEC_FETCH_SITE=" + std::string(site)});
    }
    // Nothing that contradicts counts.
    const std::string same = "HTTP_SEC_FETCH_SITE=same-origin";
    assert_cross_site({kPost, kHost, same, "HTTP_ORIGIN=https://evil.example"});
    assert_cross_site({kPost, kHost, same, same});
    assert_cross_site({kPost, kHost, kOwn, kOwn});
    assert_cross_site({kPost, kHost, kHost, kOwn});
    // A page that somebody on the way has put where there was no TLS.
    assert_cross_site({kPost, kHost, "HTTPS=on", "HTTP_ORIGIN=http://www.example.org"});
    assert_cross_site({kPost, kHost, "REQUEST_SCHEME=https", "HTTP_ORIGIN=http://www.example.org"});
    assert_found(Reason::kCrossSite, sources("tok", false, {"*"}),
                 {kPost, kHost, "HTTP_ORIGIN=https://evil.example", "HTTP_COOKIE=tok=abc"});
    assert_found(Reason::kCrossSite, sources("tok", false, {"*"}),
                 {kPost, kHost, "HTTP_ORIGIN=*", "HTTP_COOKIE=tok=abc"});
  }

  // A link of another site could name it.
  void refuses_a_method_that_a_query_or_a_header_names() {
    assert_cross_site({kGet, kHost, "REQUEST_URI=/x?_method=DELETE"});
    assert_cross_site({kGet, kHost, "QUERY_STRING=a=b&_method=delete"});
    assert_cross_site({kGet, kHost, "HTTP_X_HTTP_METHOD_OVERRIDE=POST"});
    assert_cross_site({kGet, kHost, "REQUEST_URI=/x?_method=%00"});
    assert_token("abc", cookie_,
                 {kGet, kHost, "REQUEST_URI=/x?_method=GET", "HTTP_COOKIE=tok=abc"});
  }

  void refuses_a_websocket_of_another_site() {
    for (const char* sign : {kUpgrade, "HTTP_UPGRADE=WebSocket", "HTTP_UPGRADE=h2c",
                             "HTTP_SEC_WEBSOCKET_VERSION=13"}) {
      assert_cross_site({kGet, kHost, sign, "HTTP_ORIGIN=https://evil.example"});
      assert_cross_site({kGet, kHost, sign});
      assert_token("abc", both_, {kGet, kHost, sign, kOwn, "HTTP_COOKIE=tok=abc"});
    }
  }

  void lets_its_own_site_and_those_named_do_all() {
    const TokenSources named = sources("tok", false, {"https://app.example"});
    const std::string cookie = "HTTP_COOKIE=tok=abc";
    const std::string same = "HTTP_SEC_FETCH_SITE=same-origin";
    for (const char* method : {kPost, "REQUEST_METHOD=DELETE"}) {
      for (const Variables& from :
           {Variables{kHost, kOwn}, Variables{kHost, kOwn, same}, Variables{same},
            Variables{same, "HTTP_ORIGIN=null"}, Variables{kHost, kOwn, "HTTPS=on"},
            Variables{"HTTP_HOST=WWW.example.org:443", kOwn},
            Variables{kHost, "HTTP_ORIGIN=http://www.example.org"},
            Variables{"HTTP_HOST=[2001:db8::1]:8080", "HTTP_ORIGIN=http://[2001:db8::1]:8080"},
            Variables{kHost, "HTTP_ORIGIN=https://app.example"},
            Variables{kHost, "HTTP_ORIGIN=https://app.example",
                      "HTTP_SEC_FETCH_SITE=cross-site"}}) {
        Variables all = {method, cookie};
        all.insert(all.end(), from.begin(), from.end());
        assert_token("abc", named, all);
      }
    }
    for (const char* method : {kGet, "REQUEST_METHOD=HEAD", "REQUEST_METHOD=OPTIONS"}) {
      assert_token("abc", named, {method, cookie, "HTTP_ORIGIN=https://evil.example"});
      assert_token("abc", named, {method, cookie});
    }
  }

  // A browser adds none of these by itself.
  void asks_tokens_of_other_places_for_no_origin() {
    const std::string evil = "HTTP_ORIGIN=https://evil.example";
    assert_token("abc", both_, {kPost, kHost, evil, "HTTP_AUTHORIZATION=Bearer abc"});
    assert_token("abc", both_, {kGet, kHost, evil, kUpgrade, kOffer});
  }

  void takes_the_token_out_of_the_subprotocols() {
    const auto others = [this](const Variables& variables) {
      return with(variables,
                  [this](const Request& request) { return both_.other_subprotocols(request); });
    };
    const std::string name = "HTTP_SEC_WEBSOCKET_PROTOCOL=";
    CPPUNIT_ASSERT_EQUAL(std::string("chat"), others({kOffer}));
    CPPUNIT_ASSERT_EQUAL(std::string("a, b, c"), others({name + "a,bearer, TOKEN ,b", name + "c"}));
    CPPUNIT_ASSERT_EQUAL(std::string(), others({name + "bearer, TOKEN"}));
    CPPUNIT_ASSERT_EQUAL(std::string("chat"), others({name + "chat"}));
    CPPUNIT_ASSERT_EQUAL(std::string(), others({}));
    for (const char* odd : {"bearer, TOKEN, a b", "a\r\nX: y", "\"a\"", "a;b", "\xc3\xa4",
                            "chat, bearer", "bearer, a, bearer, b", "bearer, TOKEN, bearer"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(odd, std::string(), others({name + odd}));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), others({name + std::string(2000, 'a')}));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenSourcesTest);

}  // namespace
