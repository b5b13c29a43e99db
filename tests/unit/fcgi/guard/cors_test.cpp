// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/cors.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <vector>

#include "tests/unit/support/fake_exchange.h"

namespace {

using fcgi::Cors;
using fcgi::Response;
using Variables = std::vector<std::string>;

class CorsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CorsTest);
  CPPUNIT_TEST(tells_browsers_nothing_where_no_origin_is_allowed);
  CPPUNIT_TEST(tells_nothing_to_an_origin_that_is_only_alike);
  CPPUNIT_TEST(takes_nothing_for_a_preflight_that_is_none);
  CPPUNIT_TEST(repeats_nothing_that_is_no_token);
  CPPUNIT_TEST(never_allows_cookies);
  CPPUNIT_TEST(allows_cookies_where_they_bring_the_token_to_named_origins_alone);
  CPPUNIT_TEST(answers_the_preflight_of_an_allowed_origin);
  CPPUNIT_TEST(a_star_is_for_every_origin);
  CPPUNIT_TEST(lets_a_script_read_response_and_challenge);
  CPPUNIT_TEST(tells_caches_that_the_origin_matters);
  CPPUNIT_TEST_SUITE_END();

  static constexpr const char* kOrigin = "HTTP_ORIGIN=https://app.example";
  static constexpr const char* kMethod = "HTTP_ACCESS_CONTROL_REQUEST_METHOD=PUT";

  // Of a request with these variables; an exchange keeps them.
  template <typename Use>
  static auto with(Variables variables, Use use) {
    const support::FakeExchange exchange(std::move(variables),
                                         std::make_shared<support::ExchangeRecord>());
    return use(exchange.request());
  }

  static std::optional<Response> preflight(const Cors& cors, Variables variables) {
    return with(std::move(variables), [&](const auto& request) { return cors.preflight(request); });
  }

  static Response exposed(const Cors& cors, Variables variables) {
    return with(std::move(variables), [&](const auto& request) {
      Response response;
      cors.expose(request, response);
      return response;
    });
  }

  static std::string header(const Response& response, std::string_view name) {
    const std::string* value = response.header(name);
    return value != nullptr ? *value : "(none)";
  }

  void tells_browsers_nothing_where_no_origin_is_allowed() {
    CPPUNIT_ASSERT(!preflight(Cors({}), {"REQUEST_METHOD=OPTIONS", kOrigin, kMethod}));
    CPPUNIT_ASSERT(exposed(Cors({}), {kOrigin}).headers.empty());
  }

  void tells_nothing_to_an_origin_that_is_only_alike() {
    for (const char* origin :
         {"https://app.example.evil", "https://app.exampl", "http://app.example",
          "https://app.example:8443", "https://app.example/", "HTTPS://APP.EXAMPLE", "null", "",
          "https://evil https://app.example"}) {
      const std::string variable = std::string("HTTP_ORIGIN=") + origin;
      CPPUNIT_ASSERT(!preflight(cors_, {"REQUEST_METHOD=OPTIONS", variable, kMethod}));
      CPPUNIT_ASSERT_EQUAL(std::string("(none)"),
                           header(exposed(cors_, {variable}), "access-control-allow-origin"));
    }
  }

  void takes_nothing_for_a_preflight_that_is_none() {
    CPPUNIT_ASSERT(!preflight(cors_, {"REQUEST_METHOD=OPTIONS", kOrigin}));
    CPPUNIT_ASSERT(!preflight(cors_, {"REQUEST_METHOD=OPTIONS", kMethod}));
    CPPUNIT_ASSERT(!preflight(cors_, {"REQUEST_METHOD=GET", kOrigin, kMethod}));
    CPPUNIT_ASSERT(!preflight(cors_, {kOrigin, kMethod}));
  }

  void repeats_nothing_that_is_no_token() {
    CPPUNIT_ASSERT(!preflight(cors_, {"REQUEST_METHOD=OPTIONS", kOrigin,
                                      "HTTP_ACCESS_CONTROL_REQUEST_METHOD=P\r\nX: y"}));
    const auto response = preflight(cors_, {"REQUEST_METHOD=OPTIONS", kOrigin, kMethod,
                                            "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=a: b"});
    CPPUNIT_ASSERT(response.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(*response, "access-control-allow-headers"));
  }

  void never_allows_cookies() {
    const auto response = preflight(Cors({"*"}), {"REQUEST_METHOD=OPTIONS", kOrigin, kMethod});
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"),
                         header(*response, "access-control-allow-credentials"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(exposed(Cors({"*"}), {kOrigin}),
                                                       "access-control-allow-credentials"));
  }

  void allows_cookies_where_they_bring_the_token_to_named_origins_alone() {
    const auto allowed = [](const Cors& cors, const char* origin) {
      const auto answer = preflight(cors, {"REQUEST_METHOD=OPTIONS", origin, kMethod});
      const std::string read = header(exposed(cors, {origin}), "access-control-allow-credentials");
      CPPUNIT_ASSERT_EQUAL(read,
                           answer ? header(*answer, "access-control-allow-credentials") : "(none)");
      return read;
    };
    constexpr auto kAllowed = Cors::Cookies::kAllowed;
    constexpr const char* kOther = "HTTP_ORIGIN=https://evil.example";
    CPPUNIT_ASSERT_EQUAL(std::string("true"),
                         allowed(Cors({"https://app.example"}, kAllowed), kOrigin));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"),
                         allowed(Cors({"https://app.example"}, kAllowed), kOther));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), allowed(Cors({"*"}, kAllowed), kOther));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), allowed(Cors({"*"}, kAllowed), "HTTP_ORIGIN=*"));
    const Cors both({"*", "https://app.example"}, kAllowed);
    CPPUNIT_ASSERT_EQUAL(std::string("true"), allowed(both, kOrigin));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), allowed(both, kOther));
  }

  void answers_the_preflight_of_an_allowed_origin() {
    const auto response =
        preflight(cors_, {"REQUEST_METHOD=OPTIONS", kOrigin, kMethod,
                          "HTTP_ACCESS_CONTROL_REQUEST_HEADERS=authorization, content-type"});
    CPPUNIT_ASSERT(response.has_value());
    CPPUNIT_ASSERT_EQUAL(204, response->status);
    CPPUNIT_ASSERT_EQUAL(std::string("https://app.example"),
                         header(*response, "access-control-allow-origin"));
    CPPUNIT_ASSERT_EQUAL(std::string("PUT"), header(*response, "access-control-allow-methods"));
    CPPUNIT_ASSERT_EQUAL(std::string("authorization, content-type"),
                         header(*response, "access-control-allow-headers"));
  }

  void a_star_is_for_every_origin() {
    CPPUNIT_ASSERT_EQUAL(std::string("*"),
                         header(exposed(Cors({"*"}), {kOrigin}), "access-control-allow-origin"));
  }

  void lets_a_script_read_response_and_challenge() {
    const Response response = exposed(cors_, {kOrigin});
    CPPUNIT_ASSERT_EQUAL(std::string("https://app.example"),
                         header(response, "access-control-allow-origin"));
    CPPUNIT_ASSERT_EQUAL(std::string("WWW-Authenticate, Retry-After, X-Request-Id"),
                         header(response, "access-control-expose-headers"));
  }

  void tells_caches_that_the_origin_matters() {
    for (const Variables& variables : {Variables{}, {kOrigin}, {"HTTP_ORIGIN=https://other"}}) {
      CPPUNIT_ASSERT_EQUAL(std::string("Origin"), header(exposed(cors_, variables), "vary"));
    }
  }

  const Cors cors_{{"https://other.example", "https://app.example"}};
};

CPPUNIT_TEST_SUITE_REGISTRATION(CorsTest);

}  // namespace
