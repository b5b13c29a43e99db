// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/introspection.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <vector>

#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/scripted_authentication.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Claims;
using auth::Discovery;
using auth::Error;
using auth::HttpResponse;
using auth::Introspection;
using auth::Reason;
using auth::Result;
using auth::SecretView;
using std::chrono::seconds;

constexpr const char* kEndpoint = "https://issuer.example/oauth/v2/introspect";
constexpr const char* kRefusedClient = "{\"error\": \"unauthorized_client\"}";

class IntrospectionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(IntrospectionTest);
  CPPUNIT_TEST(retries_a_refused_assertion_exactly_once);
  CPPUNIT_TEST(every_way_to_refuse_the_client_is_retried);
  CPPUNIT_TEST(does_not_retry_where_nothing_new_can_be_said);
  CPPUNIT_TEST(does_not_retry_other_failures);
  CPPUNIT_TEST(takes_a_400_for_our_own_fault_unless_it_names_the_client);
  CPPUNIT_TEST(tells_what_a_status_means);
  CPPUNIT_TEST(passes_on_how_the_question_failed);
  CPPUNIT_TEST(gives_up_where_the_key_cannot_be_used);
  CPPUNIT_TEST(gives_up_where_discovery_fails_and_tries_again_when_asked);
  CPPUNIT_TEST(gives_up_where_discovery_names_no_endpoint);
  CPPUNIT_TEST(reads_a_document_again_that_names_no_endpoint);
  CPPUNIT_TEST(sends_nothing_to_an_endpoint_of_another_server);
  CPPUNIT_TEST(names_the_key_where_it_was_refused_and_nothing_secret);
  CPPUNIT_TEST(shows_what_the_server_said_and_nothing_that_it_was_sent);
  CPPUNIT_TEST(tells_by_how_much_the_clock_is_wrong_where_the_key_was_refused);
  CPPUNIT_TEST(blames_the_clock_and_not_the_token_where_zitadel_says_active);
  CPPUNIT_TEST(judges_the_answer_by_the_time_it_arrives);
  CPPUNIT_TEST(encodes_whatever_the_token_holds);
  CPPUNIT_TEST(posts_token_and_client_authentication);
  CPPUNIT_TEST(needs_no_discovery_where_the_endpoint_is_configured);
  CPPUNIT_TEST(the_answer_to_the_second_try_counts);
  CPPUNIT_TEST(finds_an_endpoint_that_has_moved);
  CPPUNIT_TEST_SUITE_END();

 public:
  // What was asked must be answered before those who asked go.
  void tearDown() override { http_.shut_down(); }

 private:
  support::ManualClock clock_;
  support::ScriptedHttpClient http_;
  support::ScriptedAuthentication authentication_;
  Discovery discovery_{"https://issuer.example", false, http_, clock_};
  auth::WorkerPool workers_{0};  // whoever answers works
  Introspection introspection_{
      kEndpoint, {"https://issuer.example", "client"}, discovery_, authentication_, http_, workers_,
      clock_};
  std::vector<Result<Claims>> outcomes_{};

  void ask(Introspection& introspection, std::string_view token = "token") {
    introspection.ask(SecretView(token),
                      [this](Result<Claims> outcome) { outcomes_.push_back(std::move(outcome)); });
  }

  const Error& last_error() const {
    CPPUNIT_ASSERT(!outcomes_.empty() && !outcomes_.back());
    return outcomes_.back().error();
  }

  void assert_failed(Reason reason, const std::string& message = "") const {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(message, std::string(auth::describe(reason)),
                                 std::string(auth::describe(last_error().reason)));
  }

  void finds_an_endpoint_that_has_moved() {
    Introspection introspection("", {"https://issuer.example", "client"}, discovery_,
                                authentication_, http_, workers_, clock_);
    const auto found_at = [](const std::string& path) {
      return R"({"issuer":"https://issuer.example","introspection_endpoint":"https://issuer.example)" +
             path + "\"}";
    };
    ask(introspection);
    http_.answer(200, found_at("/old"));
    http_.answer(200, R"({"active": false})");
    clock_.advance(auth::kMinDiscoveryInterval);
    ask(introspection);
    http_.answer(404);
    assert_failed(Reason::kUnexpectedStatus);
    http_.answer(200, found_at("/new"));
    ask(introspection);
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/new"), http_.take().url);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    // Who names the endpoint himself wants no other.
    clock_.advance(auth::kMinDiscoveryInterval);
    ask(introspection_);
    http_.answer(404);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
  }

  void retries_a_refused_assertion_exactly_once() {
    ask(introspection_);
    const auto first = http_.take();
    first.done(HttpResponse{400, kRefusedClient});
    CPPUNIT_ASSERT(outcomes_.empty());
    const auto second = http_.take();
    CPPUNIT_ASSERT(first.form.find("assertion=shared") != std::string::npos);
    CPPUNIT_ASSERT(second.form.find("assertion=fresh") != std::string::npos);
    CPPUNIT_ASSERT(second.form.find("token=token&") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(first.url, second.url);
    second.done(HttpResponse{400, kRefusedClient});
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, outcomes_.size());
    assert_failed(Reason::kClientAuthenticationRefused);
    // The next question may be retried again.
    ask(introspection_);
    http_.answer(400, kRefusedClient);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
  }

  void every_way_to_refuse_the_client_is_retried() {
    struct Case {
      int status;
      const char* body;
    };
    for (const Case& each :
         {Case{400, kRefusedClient}, Case{400, "{\"error\": \"invalid_client\"}"},
          Case{401, kRefusedClient}, Case{401, "{\"error\": \"invalid_client\"}"},
          Case{401, "Unauthorized"}, Case{401, ""},
          Case{400, "{\"error_description\": \"a\", \"error\": \"invalid_client\"}"}}) {
      const std::size_t before = http_.asked();
      ask(introspection_);
      http_.answer(each.status, each.body);
      http_.answer(each.status, each.body);
      CPPUNIT_ASSERT_EQUAL(before + 2, http_.asked());
      assert_failed(Reason::kClientAuthenticationRefused, each.body);
    }
  }

  void does_not_retry_where_nothing_new_can_be_said() {
    authentication_.can_renew_ = false;
    ask(introspection_);
    http_.answer(401, "{\"error\": \"invalid_client\"}");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    assert_failed(Reason::kClientAuthenticationRefused);
  }

  void does_not_retry_other_failures() {
    for (const int status : {200, 302, 400, 403, 429, 500, 503}) {
      const std::size_t before = http_.asked();
      ask(introspection_);
      http_.answer(status);
      CPPUNIT_ASSERT_EQUAL(before + 1, http_.asked());
    }
  }

  void takes_a_400_for_our_own_fault_unless_it_names_the_client() {
    for (const char* body :
         {"", "{}", "{\"error\": \"invalid_request\"}", "{\"error\": null}", "unauthorized_client",
          "{\"error\": \"Unauthorized_client\"}", "{\"error\": [\"invalid_client\"]}",
          "{\"error\": \"invalid_client\"", "{\"error\": \"invalid_client\", \"error\": \"a\"}"}) {
      ask(introspection_);
      http_.answer(400, body);
      assert_failed(Reason::kOurRequestRefused, body);
    }
  }

  void tells_what_a_status_means() {
    struct Case {
      int status;
      Reason reason;
    };
    for (const Case& each :
         {Case{429, Reason::kRateLimited}, Case{500, Reason::kServerError},
          Case{503, Reason::kServerError}, Case{302, Reason::kRedirected},
          Case{307, Reason::kRedirected}, Case{204, Reason::kUnexpectedStatus},
          Case{403, Reason::kUnexpectedStatus}, Case{404, Reason::kUnexpectedStatus},
          Case{201, Reason::kUnexpectedStatus}}) {
      ask(introspection_);
      http_.answer(HttpResponse{each.status, "{\"active\": true}", seconds(9)});
      assert_failed(each.reason, std::to_string(each.status));
      CPPUNIT_ASSERT(last_error().detail.find("introspection") != std::string::npos);
      const bool waits = each.status == 429 || each.status >= 500;
      CPPUNIT_ASSERT_EQUAL(waits, last_error().retry_after == seconds(9));
    }
  }

  void passes_on_how_the_question_failed() {
    for (const Reason reason :
         {Reason::kUnreachable, Reason::kTlsFailed, Reason::kTimedOut, Reason::kAnswerTooLarge,
          Reason::kAnswerTruncated, Reason::kMalformedAnswer, Reason::kShuttingDown}) {
      ask(introspection_);
      http_.answer(Error{reason, "detail"});
      assert_failed(reason);
    }
    http_.fail_at_once(Error{Reason::kInternal});
    ask(introspection_);
    assert_failed(Reason::kInternal);
  }

  void gives_up_where_the_key_cannot_be_used() {
    authentication_.error_ = Error{Reason::kKeyUnusable};
    ask(introspection_);
    assert_failed(Reason::kKeyUnusable);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
    // Nor is it for the second try.
    authentication_.error_.reset();
    ask(introspection_);
    authentication_.error_ = Error{Reason::kKeyUnusable};
    http_.answer(401);
    assert_failed(Reason::kKeyUnusable);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, outcomes_.size());
  }

  void gives_up_where_discovery_fails_and_tries_again_when_asked() {
    Introspection discovering("", {"https://issuer.example", "client"}, discovery_, authentication_,
                              http_, workers_, clock_);
    ask(discovering);
    ask(discovering);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    http_.answer(Error{Reason::kUnreachable});
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, outcomes_.size());
    assert_failed(Reason::kUnreachable);
    ask(discovering);
    http_.answer(200, std::string("{\"issuer\": \"https://issuer.example\", ") +
                          "\"introspection_endpoint\": \"" + kEndpoint + "\"}");
    const auto question = http_.take();
    CPPUNIT_ASSERT_EQUAL(std::string(kEndpoint), question.url);
    question.done(HttpResponse{200, "{\"active\": true}"});
    CPPUNIT_ASSERT(outcomes_.back().has_value());
  }

  void gives_up_where_discovery_names_no_endpoint() {
    Introspection discovering("", {"https://issuer.example", "client"}, discovery_, authentication_,
                              http_, workers_, clock_);
    ask(discovering);
    http_.answer(200, "{\"issuer\": \"https://issuer.example\"}");
    assert_failed(Reason::kMalformedAnswer);
    CPPUNIT_ASSERT(last_error().detail.find("introspection_endpoint") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  // It may be whole the next time.
  void reads_a_document_again_that_names_no_endpoint() {
    Introspection discovering("", {"https://issuer.example", "client"}, discovery_, authentication_,
                              http_, workers_, clock_);
    ask(discovering);
    http_.answer(200, R"({"issuer": "https://issuer.example"})");
    clock_.advance(std::chrono::seconds(1));
    for (int i = 0; i < 5; ++i) ask(discovering);
    assert_failed(Reason::kMalformedAnswer);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
    http_.answer(200, std::string(R"({"issuer": "https://issuer.example", )") +
                          R"("introspection_endpoint": ")" + kEndpoint + R"("})");
    ask(discovering);
    CPPUNIT_ASSERT_EQUAL(std::string(kEndpoint), http_.take().url);
  }

  void sends_nothing_to_an_endpoint_of_another_server() {
    for (const char* endpoint :
         {"https://other.example/introspect", "https://issuer.example:8443/introspect",
          "https://issuer.example.other/introspect"}) {
      Discovery discovery("https://issuer.example", false, http_, clock_);
      Introspection discovering("", {"https://issuer.example", "client"}, discovery,
                                authentication_, http_, workers_, clock_);
      ask(discovering);
      http_.answer(200, std::string(R"({"issuer": "https://issuer.example", )") +
                            R"("introspection_endpoint": ")" + endpoint + R"("})");
      assert_failed(Reason::kMalformedAnswer);
      CPPUNIT_ASSERT(last_error().detail.find("ZITADEL_INTROSPECTION_URL") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.waiting());
    }
  }

  void names_the_key_where_it_was_refused_and_nothing_secret() {
    ask(introspection_, "verysecrettoken");
    http_.answer(401, "verysecrettoken");
    http_.answer(401, "verysecrettoken");
    CPPUNIT_ASSERT(last_error().detail.find("key id 7") != std::string::npos);
    CPPUNIT_ASSERT(last_error().detail.find("verysecret") == std::string::npos);
    CPPUNIT_ASSERT(last_error().detail.find("fresh") == std::string::npos);
  }

  // The recorded text of an instance whose database is away.
  void shows_what_the_server_said_and_nothing_that_it_was_sent() {
    struct Case {
      int status;
      std::string body, expected;
    };
    for (const Case& each :
         {Case{
              404, "unable to set instance using origin &{localhost}\n",
              "introspection answered with status 404, saying: unable to set instance using origin "
              "&{localhost}"},
          {502, "<title>502 Bad Gateway</title>",
           "introspection answered with status 502, saying: 502 Bad Gateway"},
          {400, R"({"error":"invalid_request","error_description":"token missing"})",
           "introspection answered with status 400, saying: invalid_request: token missing"},
          {404, "no token token-of-a-caller here", "introspection answered with status 404"},
          {400, R"({"error":"token-of-a-caller"})", "introspection answered with status 400"}}) {
      ask(introspection_, "token-of-a-caller");
      http_.answer(each.status, each.body);
      CPPUNIT_ASSERT_EQUAL(each.expected, last_error().detail);
    }
    for (const auto& [body, expected] :
         {std::pair{R"({"error":"invalid_client","error_description":"no jti"})",
                    "key id 7 was refused (invalid_client: no jti): is it deleted"},
          {R"({"error":"invalid_client","error_description":"token-of-a-caller"})",
           "key id 7 was refused: is it deleted"}}) {
      ask(introspection_, "token-of-a-caller");
      http_.answer(400, body);
      http_.answer(400, body);
      CPPUNIT_ASSERT_MESSAGE(last_error().detail, last_error().detail.starts_with(expected));
    }
  }

  void tells_by_how_much_the_clock_is_wrong_where_the_key_was_refused() {
    struct Case {
      std::optional<seconds> ahead;
      std::string expected;
    };
    for (const Case& each :
         {Case{seconds(600), "clock is 600 seconds ahead of ZITADEL's: set it right"},
          {seconds(-600), "clock is 600 seconds behind ZITADEL's: set it right"},
          {seconds(2), "clock is 2 seconds ahead"},
          {seconds(1), "or is this machine's clock wrong?"},
          {seconds(-1), "or is this machine's clock wrong?"},
          {std::nullopt, "or is this machine's clock wrong?"}}) {
      HttpResponse answer{400, kRefusedClient};
      if (each.ahead) answer.date = clock_.wall() - *each.ahead;
      ask(introspection_);
      http_.answer(answer);
      http_.answer(answer);
      assert_failed(Reason::kClientAuthenticationRefused);
      CPPUNIT_ASSERT_MESSAGE(last_error().detail,
                             last_error().detail.find(each.expected) != std::string::npos);
    }
  }

  void blames_the_clock_and_not_the_token_where_zitadel_says_active() {
    const auto answered = [&](const std::string& claim, seconds ahead) {
      HttpResponse answer{200, "{\"active\": true, " + claim + '}'};
      answer.date = clock_.wall() - ahead;
      ask(introspection_);
      http_.answer(answer);
      return last_error();
    };
    CPPUNIT_ASSERT_EQUAL(std::string("this machine's clock is wrong: it is 600 seconds behind "
                                     "ZITADEL's: set it right"),
                         to_string(answered("\"nbf\": 9000000000", seconds(-600))));
    CPPUNIT_ASSERT(answered("\"exp\": 1", seconds(600)).reason == Reason::kClockWrong);
    CPPUNIT_ASSERT(answered("\"exp\": 1", seconds(10)).reason == Reason::kExpired);
    CPPUNIT_ASSERT(answered("\"iss\": \"other\"", seconds(600)).reason == Reason::kWrongIssuer);
  }

  void judges_the_answer_by_the_time_it_arrives() {
    const std::string expires =
        "{\"active\": true, \"exp\": " +
        std::to_string((clock_.wall() + seconds(3)).time_since_epoch().count()) + "}";
    ask(introspection_);
    clock_.advance(seconds(62));
    http_.answer(200, expires);
    CPPUNIT_ASSERT(outcomes_.back().has_value());
    ask(introspection_);
    clock_.advance(seconds(1));
    http_.answer(200, expires);
    assert_failed(Reason::kExpired);
  }

  void encodes_whatever_the_token_holds() {
    ask(introspection_, "a+b/c=&client_assertion=evil%\r\n ");
    CPPUNIT_ASSERT_EQUAL(
        std::string("token=a%2Bb%2Fc%3D%26client_assertion%3Devil%25%0D%0A+&assertion=shared"),
        http_.take().form);
    const std::string longest(16 << 10, '+');
    ask(introspection_, longest);
    CPPUNIT_ASSERT_EQUAL(
        std::string("token=").size() + 3 * longest.size() + std::string("&assertion=shared").size(),
        http_.take().form.size());
  }

  void posts_token_and_client_authentication() {
    authentication_.header_ = "Basic YTpi";
    ask(introspection_);
    const auto question = http_.take();
    CPPUNIT_ASSERT_EQUAL(std::string(kEndpoint), question.url);
    CPPUNIT_ASSERT_EQUAL(std::string("token=token&assertion=shared"), question.form);
    CPPUNIT_ASSERT_EQUAL(std::string("Basic YTpi"), question.authorization);
  }

  void needs_no_discovery_where_the_endpoint_is_configured() {
    ask(introspection_);
    CPPUNIT_ASSERT_EQUAL(std::string(kEndpoint), http_.take().url);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void the_answer_to_the_second_try_counts() {
    ask(introspection_);
    http_.answer(400, kRefusedClient);
    http_.answer(200, "{\"active\": true, \"sub\": \"somebody\"}");
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), std::string(outcomes_.back()->subject()));
    ask(introspection_);
    http_.answer(400, kRefusedClient);
    http_.answer(200, "{\"active\": false}");
    assert_failed(Reason::kInactive);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, outcomes_.size());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(IntrospectionTest);

}  // namespace
