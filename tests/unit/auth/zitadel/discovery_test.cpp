// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/discovery.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Discovery;
using auth::DiscoveryDocument;
using auth::Error;
using auth::HttpResponse;
using auth::parse_discovery;
using auth::Reason;
using auth::Result;
using std::chrono::seconds;

constexpr std::string_view kIssuer = "https://issuer.example";

std::string document(const std::string& members = "") {
  return "{\"issuer\": \"https://issuer.example\"" + (members.empty() ? "" : ", " + members) + "}";
}

std::string with_endpoint(const std::string& url) {
  return document("\"introspection_endpoint\": \"" + url + "\"");
}

class DiscoveryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DiscoveryTest);
  CPPUNIT_TEST(refuses_what_is_no_json_object);
  CPPUNIT_TEST(refuses_a_document_without_an_issuer);
  CPPUNIT_TEST(refuses_an_issuer_that_is_only_alike);
  CPPUNIT_TEST(refuses_endpoints_that_may_not_be_called);
  CPPUNIT_TEST(refuses_endpoints_that_are_no_text);
  CPPUNIT_TEST(reads_past_what_it_does_not_need);
  CPPUNIT_TEST(is_strict_with_each_member_that_it_needs);
  CPPUNIT_TEST(takes_http_only_to_loopback_or_where_allowed);
  CPPUNIT_TEST(reads_what_zitadel_answers);
  CPPUNIT_TEST(an_endpoint_may_be_missing);
  CPPUNIT_TEST(tells_what_a_status_means);
  CPPUNIT_TEST(says_whose_name_is_wrong_where_there_is_no_such_instance);
  CPPUNIT_TEST(passes_on_how_the_question_failed);
  CPPUNIT_TEST(does_not_remember_a_failure);
  CPPUNIT_TEST(asks_once_for_all_who_wait);
  CPPUNIT_TEST(all_who_wait_learn_of_the_failure);
  CPPUNIT_TEST(asks_no_more_once_it_knows);
  CPPUNIT_TEST(asks_again_every_hour_without_making_anybody_wait);
  CPPUNIT_TEST(asks_again_earlier_where_the_answer_says_so_or_is_old);
  CPPUNIT_TEST(asks_again_where_an_endpoint_is_not_there_but_not_at_every_call);
  CPPUNIT_TEST(keeps_what_it_knows_where_asking_again_fails);
  CPPUNIT_TEST(keeps_what_it_knows_where_the_next_document_lacks_an_endpoint);
  CPPUNIT_TEST(survives_an_http_client_that_fails_at_once);
  CPPUNIT_TEST(may_be_asked_again_from_within_an_answer);
  CPPUNIT_TEST(every_one_of_many_threads_is_answered_once);
  CPPUNIT_TEST_SUITE_END();

 public:
  // What was asked must be answered before those who asked go.
  void tearDown() override { http_.shut_down(); }

 private:
  using Outcome = Result<std::shared_ptr<const DiscoveryDocument>>;

  support::ManualClock clock_;
  support::ScriptedHttpClient http_;
  Discovery discovery_{std::string(kIssuer), false, http_, clock_};
  std::vector<Outcome> outcomes_{};

  void get() {
    discovery_.get([this](const Outcome& outcome) { outcomes_.push_back(outcome); });
  }

  static void assert_refused(Reason reason, const std::string& body, bool allow_http = false) {
    const Result<DiscoveryDocument> parsed = parse_discovery(body, kIssuer, allow_http);
    CPPUNIT_ASSERT_MESSAGE(body, !parsed.has_value());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(body, std::string(auth::describe(reason)),
                                 std::string(auth::describe(parsed.error().reason)));
  }

  void refuses_what_is_no_json_object() {
    for (const char* body : {"", "null", "[]", "<html>", "\"https://issuer.example\"", "{",
                             "{\"issuer\": \"https://issuer.example\"}}",
                             "{\"issuer\": \"https://issuer.example\", \"issuer\": \"b\"}"}) {
      assert_refused(Reason::kMalformedAnswer, body);
    }
  }

  // OpenID Connect Discovery 1.0 §3: issuer is REQUIRED.
  void refuses_a_document_without_an_issuer() {
    for (const char* body : {"{}", "{\"issuer\": null}", "{\"issuer\": 1}", "{\"Issuer\": \"a\"}",
                             "{\"issuer\": [\"https://issuer.example\"]}"}) {
      assert_refused(Reason::kMalformedAnswer, body);
    }
  }

  // OpenID Connect Discovery 1.0 §4.3: it MUST be identical.
  void refuses_an_issuer_that_is_only_alike() {
    for (const char* issuer :
         {"https://issuer.example/", "http://issuer.example", "https://Issuer.example",
          "https://issuer.example:443", "https://issuer.example.evil", "", "issuer.example",
          "https://issuer.example "}) {
      assert_refused(Reason::kIssuerMismatch, "{\"issuer\": \"" + std::string(issuer) + "\"}");
    }
    const auto parsed = parse_discovery("{\"issuer\": \"https://b\"}", kIssuer, false);
    CPPUNIT_ASSERT(parsed.error().detail.find("https://b") != std::string::npos);
    CPPUNIT_ASSERT(parsed.error().detail.find(kIssuer) != std::string::npos);
  }

  void refuses_endpoints_that_may_not_be_called() {
    for (const char* url :
         {"", "/oauth/v2/introspect", "issuer.example/introspect", "file:///etc/passwd",
          "ftp://issuer.example/", "gopher://127.0.0.1/", "http://issuer.example/introspect",
          "https://user:secret@issuer.example/", "https://issuer.example/?a=b",
          "https://issuer.example/#a", "https://issuer.example /", "https://",
          "http://127.0.0.1.evil.example/", "https://issuer.example/\\r\\nHost: evil"}) {
      assert_refused(Reason::kMalformedAnswer, with_endpoint(url));
    }
    for (const char* name : {"token_endpoint", "jwks_uri"}) {
      assert_refused(Reason::kMalformedAnswer,
                     document("\"" + std::string(name) + "\": \"http://issuer.example/\""));
    }
  }

  void refuses_endpoints_that_are_no_text() {
    for (const char* value : {"null", "1", "true", "{}", "[\"https://issuer.example/\"]"}) {
      assert_refused(Reason::kMalformedAnswer,
                     document("\"introspection_endpoint\": " + std::string(value)));
    }
  }

  void reads_past_what_it_does_not_need() {
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    for (const std::string& odd :
         {std::string(R"("x":1,"x":2)"), std::string(R"("x":1,"\u0078":"a")"),
          std::string(R"("scopes_supported":"\u0000","scopes_supported":"\ud800")"),
          std::string(R"("scopes_supported":["openid","a\u0000b"])"),
          std::string(R"("claims_supported":"\ud800")"), std::string(R"("\u0000":1)"),
          std::string(R"("\ud800":1,"\ud800":2)"), std::string(R"("":1,"":2)"),
          std::string(R"("x":1e999)"), std::string(R"("x":123456789012345678901234567890)"),
          std::string(R"("x":{"a":1,"a":2})"), std::string(R"("x":{"issuer":"a","issuer":"b"})"),
          std::string(R"("authorization_endpoint":5)"), std::string(R"("scopes_supported":null)"),
          "\"x\":" + deep}) {
      for (const std::string& text :
           {document(odd + R"(,"introspection_endpoint":"https://issuer.example/i")"),
            document(R"("introspection_endpoint":"https://issuer.example/i",)" + odd),
            "{" + odd + "," + with_endpoint("https://issuer.example/i").substr(1)}) {
        const auto parsed = parse_discovery(text, kIssuer, false);
        CPPUNIT_ASSERT_MESSAGE(text, parsed.has_value());
        CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/i"),
                             parsed->introspection_endpoint);
      }
    }
  }

  void is_strict_with_each_member_that_it_needs() {
    const std::string good = "\"https://issuer.example/a\"";
    const std::string deep = std::string(100, '[') + std::string(100, ']');
    for (const std::string name : {"introspection_endpoint", "token_endpoint", "jwks_uri"}) {
      const std::string begin = '"' + name + "\":";
      for (const std::string& value :
           {std::string(R"("https://issuer.example/\u0000")"),
            std::string(R"("https://issuer.example/\ud800")"), std::string("1e999"), deep,
            good + ',' + begin + good, good + ',' + begin + "null", "null," + begin + good,
            good + ",\"\\u00" +
                (name[0] == 'i'   ? "69"
                 : name[0] == 't' ? "74"
                                  : "6a") +
                name.substr(1) + "\":" + good}) {
        assert_refused(Reason::kMalformedAnswer, document(begin + value));
      }
      CPPUNIT_ASSERT(parse_discovery(document(begin + good), kIssuer, false));
    }
    for (const char* issuers :
         {R"("issuer":"https://issuer.example","\u0069ssuer":"https://issuer.example")",
          R"("issuer":"https://issuer.example\u0000")", R"("issuer":"\ud800")",
          R"("issuer":null,"issuer":"https://issuer.example")"}) {
      assert_refused(Reason::kMalformedAnswer, '{' + std::string(issuers) + '}');
    }
  }

  void takes_http_only_to_loopback_or_where_allowed() {
    CPPUNIT_ASSERT(parse_discovery(with_endpoint("http://127.0.0.1:8080/i"), kIssuer, false));
    CPPUNIT_ASSERT(parse_discovery(with_endpoint("http://localhost/i"), kIssuer, false));
    CPPUNIT_ASSERT(parse_discovery(with_endpoint("http://[::1]/i"), kIssuer, false));
    CPPUNIT_ASSERT(!parse_discovery(with_endpoint("http://10.0.0.1/i"), kIssuer, false));
    CPPUNIT_ASSERT(parse_discovery(with_endpoint("http://10.0.0.1/i"), kIssuer, true));
  }

  void reads_what_zitadel_answers() {
    const auto parsed =
        parse_discovery(R"({"issuer":"https://issuer.example",)"
                        R"("authorization_endpoint":"https://issuer.example/oauth/v2/authorize",)"
                        R"("token_endpoint":"https://issuer.example/oauth/v2/token",)"
                        R"("introspection_endpoint":"https://issuer.example/oauth/v2/introspect",)"
                        R"("jwks_uri":"https://issuer.example/oauth/v2/keys",)"
                        R"("scopes_supported":["openid"],"claims_parameter_supported":false})",
                        kIssuer, false);
    CPPUNIT_ASSERT(parsed.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/oauth/v2/introspect"),
                         parsed->introspection_endpoint);
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/oauth/v2/token"),
                         parsed->token_endpoint);
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/oauth/v2/keys"), parsed->jwks_uri);
  }

  void an_endpoint_may_be_missing() {
    const auto parsed = parse_discovery(document(), kIssuer, false);
    CPPUNIT_ASSERT(parsed.has_value());
    CPPUNIT_ASSERT(parsed->introspection_endpoint.empty());
  }

  void tells_what_a_status_means() {
    struct Case {
      int status;
      Reason reason;
    };
    for (const Case& each :
         {Case{429, Reason::kRateLimited}, Case{500, Reason::kServerError},
          Case{502, Reason::kServerError}, Case{503, Reason::kServerError},
          Case{599, Reason::kServerError}, Case{301, Reason::kRedirected},
          Case{302, Reason::kRedirected}, Case{307, Reason::kRedirected},
          Case{308, Reason::kRedirected}, Case{204, Reason::kUnexpectedStatus},
          Case{201, Reason::kUnexpectedStatus}, Case{400, Reason::kUnexpectedStatus},
          Case{401, Reason::kUnexpectedStatus}, Case{403, Reason::kUnexpectedStatus},
          Case{404, Reason::kUnexpectedStatus}, Case{600, Reason::kServerError}}) {
      get();
      http_.answer(
          HttpResponse{each.status, with_endpoint("https://issuer.example/i"), seconds(7)});
      const Error& error = outcomes_.back().error();
      const std::string status = std::to_string(each.status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, std::string(auth::describe(each.reason)),
                                   std::string(auth::describe(error.reason)));
      CPPUNIT_ASSERT(error.detail.find(status) != std::string::npos);
      CPPUNIT_ASSERT(error.detail.find("discovery") != std::string::npos);
      const bool waits = each.status == 429 || each.status >= 500;
      CPPUNIT_ASSERT_EQUAL_MESSAGE(status, waits, error.retry_after == seconds(7));
    }
  }

  void says_whose_name_is_wrong_where_there_is_no_such_instance() {
    get();
    http_.answer(404, "unable to set instance using origin &{127.0.0.1  http}: not found\nmore");
    CPPUNIT_ASSERT_EQUAL(
        std::string("ZITADEL answered with an unexpected status: discovery answered with status "
                    "404, saying: unable to set instance using origin &{127.0.0.1  http}: not "
                    "found; the name in ZITADEL_DOMAIN must be the instance's own, unless the "
                    "answer names another cause"),
        to_string(outcomes_.back().error()));
    get();
    http_.answer(503, "<title>Away</title>");
    CPPUNIT_ASSERT_EQUAL(std::string("discovery answered with status 503, saying: Away"),
                         outcomes_.back().error().detail);
  }

  void passes_on_how_the_question_failed() {
    for (const Reason reason : {Reason::kUnreachable, Reason::kTlsFailed, Reason::kTimedOut,
                                Reason::kAnswerTooLarge, Reason::kShuttingDown}) {
      get();
      http_.answer(Error{reason, "detail"});
      CPPUNIT_ASSERT(outcomes_.back().error().reason == reason);
      CPPUNIT_ASSERT_EQUAL(std::string("detail"), outcomes_.back().error().detail);
    }
  }

  void does_not_remember_a_failure() {
    get();
    http_.answer(503);
    get();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
    http_.answer(200, "{\"issuer\": \"https://elsewhere.example\"}");
    get();
    http_.answer(200, document());
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, http_.asked());
    CPPUNIT_ASSERT(!outcomes_[0] && !outcomes_[1] && outcomes_[2]);
  }

  void asks_once_for_all_who_wait() {
    for (int i = 0; i < 10; ++i) get();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    CPPUNIT_ASSERT(outcomes_.empty());
    const auto question = http_.take();
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/.well-known/openid-configuration"),
                         question.url);
    CPPUNIT_ASSERT(question.form.empty() && question.authorization.empty());
    question.done(HttpResponse{200, with_endpoint("https://issuer.example/i")});
    CPPUNIT_ASSERT_EQUAL(std::size_t{10}, outcomes_.size());
    for (const Outcome& outcome : outcomes_) {
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/i"),
                           (*outcome)->introspection_endpoint);
    }
  }

  void all_who_wait_learn_of_the_failure() {
    for (int i = 0; i < 3; ++i) get();
    http_.answer(Error{Reason::kTimedOut});
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, outcomes_.size());
    for (const Outcome& outcome : outcomes_) {
      CPPUNIT_ASSERT(outcome.error().reason == Reason::kTimedOut);
    }
  }

  void asks_no_more_once_it_knows() {
    get();
    http_.answer(200, document());
    for (int i = 0; i < 3; ++i) get();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, outcomes_.size());
    CPPUNIT_ASSERT(outcomes_.back().has_value());
  }

  // The introspection endpoint that is known now.
  std::string endpoint() {
    get();
    CPPUNIT_ASSERT(outcomes_.back().has_value());
    return (*outcomes_.back())->introspection_endpoint;
  }

  void know(const std::string& url, auth::Freshness freshness = {}) {
    HttpResponse response{200, with_endpoint(url)};
    response.freshness = freshness;
    http_.answer(response);
  }

  void asks_again_every_hour_without_making_anybody_wait() {
    get();
    know("https://issuer.example/a");
    clock_.advance(auth::kDiscoveryInterval - seconds(1));
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/a"), endpoint());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    clock_.advance(seconds(1));
    for (int i = 0; i < 3; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/a"), endpoint());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
    know("https://issuer.example/b");
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/b"), endpoint());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http_.asked());
  }

  // RFC 9111 §4.2: what a cache has kept for a while is fresh for so much less.
  void asks_again_earlier_where_the_answer_says_so_or_is_old() {
    struct Case {
      auth::Freshness freshness;
      seconds due;
    };
    for (const Case& each : {Case{{seconds(0), seconds(600)}, seconds(600)},
                             Case{{seconds(500), seconds(600)}, seconds(100)},
                             Case{{seconds(600), std::nullopt}, seconds(3000)},
                             Case{{seconds(0), seconds(86'400)}, seconds(3600)},
                             Case{{seconds(900), seconds(600)}, auth::kMinDiscoveryInterval},
                             Case{{seconds(0), seconds(0)}, auth::kMinDiscoveryInterval}}) {
      support::ScriptedHttpClient http;
      Discovery discovery(std::string(kIssuer), false, http, clock_);
      const auto nothing = [](const Outcome&) {};
      discovery.get(nothing);
      HttpResponse response{200, document()};
      response.freshness = each.freshness;
      http.answer(response);
      clock_.advance(each.due - seconds(1));
      discovery.get(nothing);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http.asked());
      clock_.advance(seconds(1));
      discovery.get(nothing);
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, http.asked());
      http.shut_down();
    }
  }

  void asks_again_where_an_endpoint_is_not_there_but_not_at_every_call() {
    get();
    know("https://issuer.example/a");
    for (const int status : {404, 405, 410, 301, 308}) {
      clock_.advance(auth::kMinDiscoveryInterval);
      const std::size_t asked = http_.asked();
      for (const int other : {200, 400, 401, 403, 413, 429, 500, 503})
        discovery_.note_status(other);
      CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
      for (int i = 0; i < 1000; ++i) discovery_.note_status(status);
      CPPUNIT_ASSERT_EQUAL(asked + 1, http_.asked());
      know("https://issuer.example/" + std::to_string(status));
      CPPUNIT_ASSERT_EQUAL("https://issuer.example/" + std::to_string(status), endpoint());
      for (int i = 0; i < 1000; ++i) discovery_.note_status(status);
      CPPUNIT_ASSERT_EQUAL(asked + 1, http_.asked());
    }
  }

  void keeps_what_it_knows_where_the_next_document_lacks_an_endpoint() {
    get();
    know("https://issuer.example/a");
    clock_.advance(auth::kDiscoveryInterval);
    get();
    http_.answer(200, R"({"issuer": "https://issuer.example"})");
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/a"), endpoint());
    clock_.advance(auth::kDiscoveryRetry);
    get();
    know("https://issuer.example/b");
    CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/b"), endpoint());
  }

  void keeps_what_it_knows_where_asking_again_fails() {
    get();
    know("https://issuer.example/a");
    const std::vector<Result<HttpResponse>> failures{
        Error{Reason::kUnreachable}, Error{Reason::kTimedOut},
        HttpResponse{404, "none"},   HttpResponse{500, ""},
        HttpResponse{200, "{}"},     HttpResponse{200, "{\"issuer\": \"https://other.example\"}"}};
    for (const Result<HttpResponse>& failure : failures) {
      clock_.advance(auth::kDiscoveryInterval);
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/a"), endpoint());
      http_.answer(failure);
      const std::size_t asked = http_.asked();
      clock_.advance(auth::kDiscoveryRetry - seconds(1));
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/a"), endpoint());
      CPPUNIT_ASSERT_EQUAL(asked, http_.asked());
      clock_.advance(seconds(1));
      CPPUNIT_ASSERT_EQUAL(std::string("https://issuer.example/a"), endpoint());
      CPPUNIT_ASSERT_EQUAL(asked + 1, http_.asked());
      know("https://issuer.example/a");
    }
  }

  void survives_an_http_client_that_fails_at_once() {
    http_.fail_at_once(Error{Reason::kInternal});
    get();
    get();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, outcomes_.size());
    http_.fail_at_once(std::nullopt);
    get();
    http_.answer(200, document());
    CPPUNIT_ASSERT(outcomes_.back().has_value());
  }

  // As the validator does when a question for a token follows.
  void may_be_asked_again_from_within_an_answer() {
    bool answered = false;
    discovery_.get([&](const Outcome&) {
      discovery_.get([&](const Outcome& second) { answered = second.has_value(); });
    });
    http_.answer(503);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.waiting());
    http_.answer(200, document());
    CPPUNIT_ASSERT(answered);
  }

  void every_one_of_many_threads_is_answered_once() {
    constexpr int kThreads = 4;
    constexpr int kQuestions = 500;
    std::atomic<int> answered{0};
    std::atomic<bool> finished{false};
    std::thread issuer([&] {
      for (int i = 0; !finished || http_.waiting() > 0; ++i) {
        if (http_.waiting() > 0) http_.answer(i < 1000 ? 503 : 200, document());
        std::this_thread::yield();
      }
    });
    std::vector<std::thread> threads;
    for (int thread = 0; thread < kThreads; ++thread) {
      threads.emplace_back([&] {
        for (int i = 0; i < kQuestions; ++i) {
          discovery_.get([&](const Outcome&) { ++answered; });
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    finished = true;
    issuer.join();
    CPPUNIT_ASSERT_EQUAL(kThreads * kQuestions, answered.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DiscoveryTest);

}  // namespace
