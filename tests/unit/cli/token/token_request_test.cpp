// SPDX-License-Identifier: Apache-2.0
#include "cli/token/token_request.h"

#include <cppunit/extensions/HelperMacros.h>

#include <functional>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/json.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::HttpRequest;
using auth::HttpResponse;
using auth::Reason;

// Answers at once, on the caller's thread.
class InstantHttpClient final : public auth::HttpClient {
 public:
  using Answer = std::function<auth::Result<HttpResponse>(const HttpRequest&)>;

  Answer discovery{};
  Answer token{};
  std::vector<HttpRequest> requests{};

  void send(HttpRequest request, Done done) override {
    auth::Result<HttpResponse> answer = (request.form.empty() ? discovery : token)(request);
    if (answer && answer->status != 200) {
      answer->sent = std::make_shared<const HttpRequest>(
          HttpRequest{request.url, request.form.copy(), request.authorization.copy()});
    }
    requests.push_back(std::move(request));
    done(std::move(answer));
  }
};

InstantHttpClient::Answer always(const auth::Result<HttpResponse>& answer) {
  return [answer](const HttpRequest&) { return answer; };
}

HttpResponse document(const std::string& issuer, const std::string& token_endpoint) {
  return {200, R"({"issuer":")" + issuer + R"(","token_endpoint":")" + token_endpoint + "\"}"};
}

std::string assertion_in(const HttpRequest& request) {
  const std::string form(request.form.reveal());
  return form.substr(form.find("assertion=") + 10);
}

class TokenRequestTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenRequestTest);
  CPPUNIT_TEST(signs_for_no_other_issuer_than_the_one_that_was_meant);
  CPPUNIT_TEST(sends_what_it_has_signed_to_no_other_server);
  CPPUNIT_TEST(asks_nobody_with_a_key_that_has_expired);
  CPPUNIT_TEST(says_why_there_is_no_discovery);
  CPPUNIT_TEST(repeats_nothing_that_it_has_sent);
  CPPUNIT_TEST(passes_on_how_a_question_failed);
  CPPUNIT_TEST(signs_for_the_issuer_to_the_letter);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    http_.discovery =
        always(document("https://issuer.example", "https://issuer.example/oauth/v2/token"));
    http_.token = always(HttpResponse{200, R"({"access_token":"token","token_type":"Bearer"})"});
  }

 private:
  support::ManualClock clock_;
  InstantHttpClient http_;
  auth::ServiceUserKey key_ = *auth::parse_service_user_key(support::service_user_key_file());

  auto get() {
    http_.requests.clear();
    return cli::get_token({"https://issuer.example", "openid", false}, key_, http_, clock_);
  }

  std::string refusal() {
    const auto outcome = get();
    CPPUNIT_ASSERT(!outcome);
    return outcome.error().sentence;
  }

  // What it said, having asked for the document alone.
  std::string refusal_of(const HttpResponse& discovery) {
    http_.discovery = always(discovery);
    const std::string message = refusal();
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message, std::size_t{1}, http_.requests.size());
    return message;
  }

  void signs_for_no_other_issuer_than_the_one_that_was_meant() {
    for (const std::string issuer :
         {"https://other.example", "https://issuer.example.evil", "http://issuer.example",
          "https://issuer.example:8443", "https://issuer.example/tenant"}) {
      CPPUNIT_ASSERT_EQUAL(
          "the discovered issuer is not --domain: https://issuer.example calls itself " + issuer +
              "; if that is your instance, write this URL",
          refusal_of(document(issuer, issuer + "/token")));
    }
    for (const char* issuer : {"", "issuer.example", "https://user@issuer.example",
                               "https://issuer.example?a", "https://issuer.example\\u001b[2J"}) {
      CPPUNIT_ASSERT(refusal_of(document(issuer, "https://issuer.example/token"))
                         .find("calls itself what is no URL") != std::string::npos);
    }
  }

  void sends_what_it_has_signed_to_no_other_server() {
    for (const std::string server : {"https://other.example", "https://issuer.example:8443",
                                     "https://issuer.example.evil", "http://127.0.0.1"}) {
      CPPUNIT_ASSERT_EQUAL(
          "the discovery document of https://issuer.example names a token_endpoint of another "
          "server, " +
              server + ", which ZITADEL never does",
          refusal_of(document("https://issuer.example", server + "/token")));
    }
    for (const char* endpoint : {"http://issuer.example/token", "/token", "file:///etc/passwd"}) {
      CPPUNIT_ASSERT(refusal_of(document("https://issuer.example", endpoint))
                         .find("token_endpoint is not a URL that may be called") !=
                     std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::string("the discovery document names no token_endpoint"),
                         refusal_of({200, R"({"issuer":"https://issuer.example"})"}));
  }

  void asks_nobody_with_a_key_that_has_expired() {
    key_.expires = "2001-09-09T01:46:40Z";
    CPPUNIT_ASSERT(refusal().starts_with("the key 333 expired at 2001-09-09T01:46:40Z"));
    CPPUNIT_ASSERT(http_.requests.empty());
  }

  void says_why_there_is_no_discovery() {
    CPPUNIT_ASSERT_EQUAL(
        std::string("ZITADEL answered with an unexpected status: discovery answered with status "
                    "404, saying: unable to set instance; the name in --domain must be the "
                    "instance's own, unless the answer names another cause"),
        refusal_of({404, "unable to set instance\n"}));
    for (const auto& [status, expected] : {std::pair{302, "redirect, which is never followed"},
                                           {429, "limits our calls"},
                                           {502, "status 502, saying: Bad Gateway"},
                                           {200, "not a JSON object"}}) {
      const std::string message = refusal_of({status, "<title>Bad Gateway</title>"});
      CPPUNIT_ASSERT_MESSAGE(message, message.find(expected) != std::string::npos);
    }
  }

  void repeats_nothing_that_it_has_sent() {
    for (const int status : {400, 404, 500}) {
      http_.token = [status](const HttpRequest& request) -> HttpResponse {
        return {status,
                R"({"error":"server_error","error_description":")" + assertion_in(request) + "\"}"};
      };
      const std::string message = refusal();
      const std::string assertion = assertion_in(http_.requests.back());
      CPPUNIT_ASSERT(assertion.size() > 100);
      for (std::size_t at = 0; at + 8 <= assertion.size(); ++at) {
        CPPUNIT_ASSERT_MESSAGE(message, message.find(assertion.substr(at, 8)) == message.npos);
      }
    }
  }

  void passes_on_how_a_question_failed() {
    http_.token = always(auth::Error{Reason::kAnswerTooLarge, "more than 1 MiB"});
    CPPUNIT_ASSERT_EQUAL(std::string("ZITADEL's answer is too large: more than 1 MiB"), refusal());
    http_.discovery = always(auth::Error{Reason::kUnreachable, "refused"});
    CPPUNIT_ASSERT_EQUAL(std::string("ZITADEL cannot be reached: refused"), refusal());
  }

  // As the provider spells it, where that is another spelling of what was typed.
  void signs_for_the_issuer_to_the_letter() {
    for (const std::string issuer : {"https://issuer.example", "https://issuer.example/",
                                     "https://Issuer.Example", "https://issuer.example:443"}) {
      http_.discovery = always(document(issuer, "https://issuer.example/oauth/v2/token"));
      const auto outcome = get();
      CPPUNIT_ASSERT_EQUAL(std::string("token"), std::string(outcome->reveal()));
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/.well-known/openid-configuration"),
                           http_.requests[0].url);
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/oauth/v2/token"),
                           http_.requests[1].url);
      const support::Jws jws = support::take_apart(assertion_in(http_.requests[1]));
      CPPUNIT_ASSERT(jws.verified);
      CPPUNIT_ASSERT_EQUAL(issuer, auth::Json::parse(jws.payload)->text_of("aud").value_or(""));
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenRequestTest);

}  // namespace
