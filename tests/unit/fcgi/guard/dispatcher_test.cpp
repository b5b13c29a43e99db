// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/dispatcher.h"

#include <cppunit/extensions/HelperMacros.h>

#include <atomic>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "fcgi/endpoints/private.h"
#include "fcgi/endpoints/private_scoped.h"
#include "fcgi/endpoints/public.h"
#include "tests/unit/support/fake_exchange.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Error;
using auth::Reason;
using fcgi::Dispatcher;
using fcgi::Request;
using fcgi::Response;
using std::chrono::seconds;

using Variables = std::vector<std::string>;

// Keeps what it hears in words.
class Listener final : public fcgi::DecisionObserver {
 public:
  void decided(const fcgi::Decision& decision) noexcept override {
    heard_.push_back(std::string(decision.request.path_info()) + " " +
                     std::to_string(decision.status) + " " +
                     (decision.claims ? std::string(decision.claims->subject()) : "nobody") +
                     (decision.sentence.empty() ? "" : ": " + std::string(decision.sentence)) +
                     (decision.is_only_reported ? " (reported)" : ""));
  }
  [[nodiscard]] std::vector<std::string> take() { return std::exchange(heard_, {}); }

 private:
  std::vector<std::string> heard_{};
};

// The way of a request from the web server to an endpoint and back.
class DispatcherTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(DispatcherTest);
  CPPUNIT_TEST(asks_nobody_about_what_is_not_there);
  CPPUNIT_TEST(refuses_a_malformed_header_before_anything_is_asked);
  CPPUNIT_TEST(challenges_who_sends_no_token);
  CPPUNIT_TEST(refuses_a_token_that_zitadel_refuses);
  CPPUNIT_TEST(refuses_who_lacks_the_role_whatever_scope_it_asked_for);
  CPPUNIT_TEST(blames_no_caller_for_an_outage);
  CPPUNIT_TEST(answers_503_where_too_many_wait);
  CPPUNIT_TEST(answers_what_is_parked_when_the_program_stops);
  CPPUNIT_TEST(an_endpoint_that_throws_answers_500);
  CPPUNIT_TEST(says_nothing_of_token_claims_or_configuration_in_an_error);
  CPPUNIT_TEST(looks_at_no_token_for_a_public_endpoint);
  CPPUNIT_TEST(lets_in_whom_zitadel_vouches_for);
  CPPUNIT_TEST(parks_the_request_while_zitadel_is_asked);
  CPPUNIT_TEST(answers_a_known_token_on_the_spot);
  CPPUNIT_TEST(forbids_storing_what_needs_a_token);
  CPPUNIT_TEST(hands_request_and_claims_to_the_endpoint);
  CPPUNIT_TEST(lets_nobody_in_where_there_are_no_rules);
  CPPUNIT_TEST(lets_no_preflight_through_to_another_program);
  CPPUNIT_TEST(answers_a_preflight_without_a_token);
  CPPUNIT_TEST(lets_a_script_read_every_answer);
  CPPUNIT_TEST(names_its_metadata_in_every_challenge);
  CPPUNIT_TEST(tells_its_observers_of_each_decision);
  CPPUNIT_TEST(asks_where_a_caller_is_and_tells_no_network);
  CPPUNIT_TEST(an_endpoint_refuses_also_where_the_rules_only_report);
  CPPUNIT_TEST(reports_instead_of_refusing);
  CPPUNIT_TEST(tells_nothing_of_a_token_that_would_be_refused);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ValidatorFixture::setUp();
    router_.add("/public", {"GET"}, "public", fcgi::endpoints::public_route);
    router_.add("/private", {"GET"}, "token", fcgi::endpoints::private_route);
    router_.add("/private-scoped", {"GET"}, "role:read:messages",
                fcgi::endpoints::private_scoped_route);
    renew_dispatcher();
  }

 private:
  using Record = std::shared_ptr<support::ExchangeRecord>;

  void renew_dispatcher(fcgi::Authorizer::Refusals refusals = fcgi::Authorizer::Refusals::kCount) {
    dispatcher_.reset();
    responder_.emplace(*validator_, fcgi::ProtectedResource{"realm", metadata_.url()},
                       fcgi::Cors({"https://app.example"}), fcgi::ClientAddress{},
                       auth::kUsualAuthorizationBytes, fcgi::DecisionObservers{{&listener_}, {}});
    authorizer_.emplace(nullptr, *responder_, fcgi::CallerVariables({}), clock_, refusals);
    dispatcher_.emplace(router_, *authorizer_, metadata_, *responder_);
  }

  Record handle(Variables variables) {
    auto record = std::make_shared<support::ExchangeRecord>();
    dispatcher_->handle(std::make_unique<support::FakeExchange>(std::move(variables), record));
    settle();
    return record;
  }

  Record get(const std::string& path, const std::string& token = "") {
    Variables variables = {"REQUEST_METHOD=GET", "PATH_INFO=" + path};
    if (!token.empty()) variables.push_back("HTTP_AUTHORIZATION=Bearer " + token);
    return handle(std::move(variables));
  }

  // The response that is there when handle returns.
  static Response at_once(const Record& record) {
    CPPUNIT_ASSERT(record->is_over());
    return later(record);
  }

  static Response later(const Record& record) {
    const auto response = record->response();
    CPPUNIT_ASSERT(response.has_value());
    return *response;
  }

  static std::string header(const Response& response, std::string_view name) {
    const std::string* value = response.header(name);
    return value != nullptr ? *value : "(none)";
  }

  Response asked(const std::string& path, const std::string& token, int status,
                 const std::string& body) {
    const Record record = get(path, token);
    zitadel_answers(status, body);
    return later(record);
  }

  Listener listener_{};
  fcgi::Router router_{};
  fcgi::ResourceMetadata metadata_{"", "", ""};
  std::optional<fcgi::Responder> responder_{};
  std::optional<fcgi::Authorizer> authorizer_{};
  std::optional<Dispatcher> dispatcher_{};

  void asks_nobody_about_what_is_not_there() {
    CPPUNIT_ASSERT_EQUAL(404, at_once(get("/nothing", "token")).status);
    CPPUNIT_ASSERT_EQUAL(404, at_once(get("/private/", "token")).status);
    const Record record =
        handle({"REQUEST_METHOD=DELETE", "PATH_INFO=/private", "HTTP_AUTHORIZATION=Bearer token"});
    CPPUNIT_ASSERT_EQUAL(405, at_once(record).status);
    CPPUNIT_ASSERT_EQUAL(204,
                         at_once(handle({"REQUEST_METHOD=OPTIONS", "PATH_INFO=/private"})).status);
    CPPUNIT_ASSERT_EQUAL(404, at_once(handle({})).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void refuses_a_malformed_header_before_anything_is_asked() {
    const std::string method = "REQUEST_METHOD=GET";
    const std::string path = "PATH_INFO=/private";
    for (const Variables& headers :
         {Variables{"HTTP_AUTHORIZATION=Bearer"}, Variables{"HTTP_AUTHORIZATION=Bearer a b"},
          Variables{"HTTP_AUTHORIZATION=Bearer a", "HTTP_AUTHORIZATION=Bearer a"},
          Variables{"HTTP_AUTHORIZATION=Bearer " + std::string(17 << 10, 'a')}}) {
      Variables variables = {method, path};
      variables.insert(variables.end(), headers.begin(), headers.end());
      const Response response = at_once(handle(variables));
      CPPUNIT_ASSERT_EQUAL(400, response.status);
      CPPUNIT_ASSERT(header(response, "www-authenticate").find("invalid_request") !=
                     std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  // RFC 6750 §3.1: no error code.
  void challenges_who_sends_no_token() {
    for (const char* path : {"/private", "/private-scoped"}) {
      const Response response = at_once(get(path));
      CPPUNIT_ASSERT_EQUAL(401, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"realm\""),
                           header(response, "www-authenticate"));
    }
    CPPUNIT_ASSERT_EQUAL(401, at_once(handle({"REQUEST_METHOD=GET", "PATH_INFO=/private",
                                              "HTTP_AUTHORIZATION=Basic YTpi"}))
                                  .status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void refuses_a_token_that_zitadel_refuses() {
    for (const char* path : {"/private", "/private-scoped"}) {
      const Response response = asked(path, std::string("of") + (path + 1), 200, inactive_);
      CPPUNIT_ASSERT_EQUAL(401, response.status);
      CPPUNIT_ASSERT(header(response, "www-authenticate").find("error=\"invalid_token\"") !=
                     std::string::npos);
    }
  }

  void refuses_who_lacks_the_role_whatever_scope_it_asked_for() {
    const Response response =
        asked("/private-scoped", "token", 200, active("a", "\"scope\": \"read:messages\""));
    CPPUNIT_ASSERT_EQUAL(403, response.status);
    CPPUNIT_ASSERT(header(response, "www-authenticate").find("error=\"insufficient_scope\"") !=
                   std::string::npos);
    CPPUNIT_ASSERT_EQUAL(200, at_once(get("/private", "token")).status);
  }

  void blames_no_caller_for_an_outage() {
    const Response broken = asked("/private", "one", 500, "");
    CPPUNIT_ASSERT_EQUAL(503, broken.status);
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(broken, "www-authenticate"));
    CPPUNIT_ASSERT(header(broken, "retry-after") != "(none)");
    const Record limited = get("/private", "two");
    zitadel_answers(auth::HttpResponse{429, "", seconds(42)});
    CPPUNIT_ASSERT_EQUAL(std::string("42"), header(later(limited), "retry-after"));
  }

  void answers_503_where_too_many_wait() {
    start([](auth::Settings& settings) { settings.max_parked = 1; });
    renew_dispatcher();
    const Record first = get("/private", "one");
    const Response response = at_once(get("/private", "two"));
    CPPUNIT_ASSERT_EQUAL(503, response.status);
    CPPUNIT_ASSERT(header(response, "retry-after") != "(none)");
    zitadel_answers(200, active());
    CPPUNIT_ASSERT_EQUAL(200, later(first).status);
  }

  void answers_what_is_parked_when_the_program_stops() {
    std::vector<Record> records;
    for (int i = 0; i < 10; ++i) records.push_back(get("/private", "token" + std::to_string(i)));
    validator_.reset();
    http_.shut_down();
    for (const Record& record : records) CPPUNIT_ASSERT_EQUAL(503, later(record).status);
  }

  void an_endpoint_that_throws_answers_500() {
    router_.add("/throws", {"GET"}, "token", [](const Request&, const auth::Claims&) -> Response {
      throw std::runtime_error("oops");
    });
    router_.add("/throws-anything", {"GET"}, "public",
                [](const Request&, const auth::Claims&) -> Response { throw 1; });
    CPPUNIT_ASSERT_EQUAL(500, asked("/throws", "token", 200, active()).status);
    const Response response = at_once(get("/throws", "token"));
    CPPUNIT_ASSERT_EQUAL(500, response.status);
    CPPUNIT_ASSERT(response.body.find("oops") == std::string::npos);
    CPPUNIT_ASSERT_EQUAL(500, at_once(get("/throws-anything")).status);
    CPPUNIT_ASSERT(log_->text().find("endpoint /throws failed: oops") != std::string::npos);
  }

  void says_nothing_of_token_claims_or_configuration_in_an_error() {
    const std::string claims =
        active("subject", "\"aud\": [\"client\"], \"iss\": \"https://issuer.example\"");
    const Response responses[] = {
        asked("/private", "secrettoken1", 200, inactive_),
        asked("/private-scoped", "secrettoken2", 200, claims),
        asked("/private", "secrettoken3", 200, active("subject", "\"aud\": [\"other\"]")),
        asked("/private", "secrettoken4", 500, "secretbody"),
        asked("/private", "secrettoken5", 400, "secretbody"),
    };
    for (const Response& response : responses) {
      const std::string sent = fcgi::serialise(response, false);
      for (const char* part :
           {"secret", "subject", "client", "issuer.example", "other", "introspec"}) {
        CPPUNIT_ASSERT_MESSAGE(sent, sent.find(part) == std::string::npos);
      }
    }
  }

  void looks_at_no_token_for_a_public_endpoint() {
    CPPUNIT_ASSERT_EQUAL(200, at_once(get("/public")).status);
    CPPUNIT_ASSERT_EQUAL(200, at_once(get("/public", "made-up")).status);
    CPPUNIT_ASSERT_EQUAL(200, at_once(get("/public", "mal formed")).status);
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(at_once(get("/public")), "cache-control"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void lets_in_whom_zitadel_vouches_for() {
    CPPUNIT_ASSERT_EQUAL(
        200,
        asked("/private-scoped", "token", 200, active("a", with_role("read:messages"))).status);
    CPPUNIT_ASSERT_EQUAL(200, at_once(get("/private", "token")).status);
  }

  void parks_the_request_while_zitadel_is_asked() {
    std::vector<Record> records;
    for (int i = 0; i < 100; ++i) records.push_back(get("/private", "token"));
    for (const Record& record : records) CPPUNIT_ASSERT(!record->is_over());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
    zitadel_answers(200, active());
    for (const Record& record : records) CPPUNIT_ASSERT_EQUAL(200, later(record).status);
  }

  void answers_a_known_token_on_the_spot() {
    static_cast<void>(asked("/private", "token", 200, active()));
    for (int i = 0; i < 10; ++i) {
      CPPUNIT_ASSERT_EQUAL(200, at_once(get("/private", "token")).status);
      CPPUNIT_ASSERT_EQUAL(403, at_once(get("/private-scoped", "token")).status);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  void forbids_storing_what_needs_a_token() {
    router_.add("/cached", {"GET"}, "token", [](const Request&, const auth::Claims&) {
      return Response{.headers = {{"Cache-Control", "private, max-age=60"}}};
    });
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"),
                         header(asked("/private", "token", 200, active()), "cache-control"));
    CPPUNIT_ASSERT_EQUAL(std::string("private, max-age=60"),
                         header(at_once(get("/cached", "token")), "cache-control"));
    for (const Response& refusal :
         {at_once(get("/private")), at_once(get("/private-scoped", "token")),
          asked("/private", "bad", 200, inactive_), asked("/private", "down", 500, "")}) {
      CPPUNIT_ASSERT_EQUAL(std::string("no-store"), header(refusal, "cache-control"));
    }
  }

  void lets_nobody_in_where_there_are_no_rules() {
    const Record record = handle({"FCGI_ROLE=AUTHORIZER", "REQUEST_METHOD=GET", "REQUEST_URI=/x",
                                  "PATH_INFO=/public", "HTTP_AUTHORIZATION=Bearer token"});
    CPPUNIT_ASSERT_EQUAL(503, at_once(record).status);
    CPPUNIT_ASSERT(log_->text().find("ZITADEL_RULES is not set") != std::string::npos);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  // nginx takes 204 for leave to go on; lighttpd hands it to the caller.
  void lets_no_preflight_through_to_another_program() {
    const auto status = [this](const std::string& asked) {
      const Response response = at_once(
          handle({"REQUEST_METHOD=OPTIONS", "REQUEST_URI=/private", asked,
                  "HTTP_ORIGIN=https://app.example", "HTTP_ACCESS_CONTROL_REQUEST_METHOD=GET"}));
      CPPUNIT_ASSERT_EQUAL(std::string("GET"), header(response, "access-control-allow-methods"));
      return response.status;
    };
    CPPUNIT_ASSERT_EQUAL(403, status("ZITADEL_AUTHORIZE=1"));
    CPPUNIT_ASSERT_EQUAL(204, status("FCGI_ROLE=AUTHORIZER"));
  }

  void answers_a_preflight_without_a_token() {
    const std::string preflight = "HTTP_ACCESS_CONTROL_REQUEST_METHOD=GET";
    for (const char* path : {"PATH_INFO=/private", "PATH_INFO=/nothing"}) {
      const Response response = at_once(
          handle({"REQUEST_METHOD=OPTIONS", path, "HTTP_ORIGIN=https://app.example", preflight}));
      CPPUNIT_ASSERT_EQUAL(204, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("https://app.example"),
                           header(response, "access-control-allow-origin"));
    }
    const Response other = at_once(handle({"REQUEST_METHOD=OPTIONS", "PATH_INFO=/private",
                                           "HTTP_ORIGIN=https://other.example", preflight}));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(other, "access-control-allow-origin"));
  }

  void lets_a_script_read_every_answer() {
    for (const char* path : {"/private", "/public", "/nothing"}) {
      const Response response =
          at_once(handle({"REQUEST_METHOD=GET", std::string("PATH_INFO=") + path,
                          "HTTP_ORIGIN=https://app.example"}));
      CPPUNIT_ASSERT_EQUAL(std::string("https://app.example"),
                           header(response, "access-control-allow-origin"));
      CPPUNIT_ASSERT(header(response, "access-control-expose-headers").find("WWW-Authenticate") !=
                     std::string::npos);
    }
  }

  // RFC 9728 §5.1.
  void names_its_metadata_in_every_challenge() {
    metadata_ = fcgi::ResourceMetadata("https://api.example/api", "https://issuer.example", "");
    renew_dispatcher();
    for (const Response& refusal :
         {at_once(get("/private")), asked("/private", "bad", 200, inactive_)}) {
      CPPUNIT_ASSERT(header(refusal, "www-authenticate")
                         .find("resource_metadata=\"https://api.example/.well-known/"
                               "oauth-protected-resource/api\"") != std::string::npos);
    }
    const Response document =
        at_once(handle({"REQUEST_METHOD=GET", "PATH_INFO=/api",
                        "SCRIPT_NAME=/.well-known/oauth-protected-resource"}));
    CPPUNIT_ASSERT_EQUAL(200, document.status);
    CPPUNIT_ASSERT(document.body.find("https://issuer.example") != std::string::npos);
  }

  void hands_request_and_claims_to_the_endpoint() {
    router_.add("/who", {"GET"}, "token", [](const Request& request, const auth::Claims& claims) {
      return fcgi::message_response(std::string(claims.subject()) + " " +
                                    std::string(request.variable("QUERY_STRING")));
    });
    const Record record = handle({"REQUEST_METHOD=GET", "PATH_INFO=/who", "QUERY_STRING=a=b",
                                  "HTTP_AUTHORIZATION=Bearer token"});
    zitadel_answers(200, active("somebody"));
    CPPUNIT_ASSERT_EQUAL(std::string("{\"message\": \"somebody a=b\"}"), later(record).body);
  }

  void tells_its_observers_of_each_decision() {
    const auto heard = [this](const std::string& what) {
      const std::vector<std::string> all = listener_.take();
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, all.size());
      CPPUNIT_ASSERT_EQUAL(what, all.front());
    };
    get("/public");
    heard("/public 200 ");
    get("/private");
    heard("/private 401 nobody: no access token was sent");
    asked("/private", "good", 200, active("user"));
    heard("/private 200 user");
    get("/private-scoped", "good");
    heard("/private-scoped 403 user: the user has not been granted the role");
    asked("/private", "bad", 200, inactive_);
    heard("/private 401 nobody: the access token is not active");
    handle({"REQUEST_METHOD=GET", "PATH_INFO=/x", "FCGI_ROLE=AUTHORIZER"});
    heard("/x 503 nobody: there are no rules");
    get("/nothing");
    CPPUNIT_ASSERT(listener_.take().empty());
  }

  void asks_where_a_caller_is_and_tells_no_network() {
    router_.add("/near", {"GET"}, "role:read:messages net:192.0.2.0/24",
                fcgi::endpoints::private_route);
    static_cast<void>(asked("/private", "token", 200, active("a", with_role("read:messages"))));
    const auto from = [this](const std::string& address) {
      return at_once(handle({"REQUEST_METHOD=GET", "PATH_INFO=/near",
                             "HTTP_AUTHORIZATION=Bearer token", "REMOTE_ADDR=" + address}));
    };
    CPPUNIT_ASSERT_EQUAL(200, from("192.0.2.9").status);
    CPPUNIT_ASSERT_EQUAL(200, from("::ffff:192.0.2.9").status);
    for (const char* address : {"", "unix:", "198.51.100.1", "2001:db8::1", "192.0.2.9 "}) {
      const Response response = from(address);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(address, 403, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(response, "www-authenticate"));
      CPPUNIT_ASSERT_EQUAL(std::string("no-store"), header(response, "cache-control"));
      CPPUNIT_ASSERT(fcgi::serialise(response, false).find("192.0.2") == std::string::npos);
    }
    CPPUNIT_ASSERT_EQUAL(403, at_once(get("/near", "token")).status);
    CPPUNIT_ASSERT_EQUAL(401, at_once(get("/near")).status);
  }

  // It relies on the claims that it is given.
  void an_endpoint_refuses_also_where_the_rules_only_report() {
    renew_dispatcher(fcgi::Authorizer::Refusals::kOnlyReported);
    CPPUNIT_ASSERT_EQUAL(401, at_once(get("/private")).status);
    const std::vector<std::string> heard = listener_.take();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, heard.size());
    CPPUNIT_ASSERT_EQUAL(std::string("/private 401 nobody: no access token was sent"), heard[0]);
  }

  Response authorized(Variables more) {
    more.insert(more.end(), {"FCGI_ROLE=AUTHORIZER", "REQUEST_URI=/x", "PATH_INFO=/x"});
    return at_once(handle(std::move(more)));
  }

  void reports_instead_of_refusing() {
    renew_dispatcher(fcgi::Authorizer::Refusals::kOnlyReported);
    const Response no_rules = authorized({"REQUEST_METHOD=GET"});
    CPPUNIT_ASSERT_EQUAL(200, no_rules.status);
    CPPUNIT_ASSERT_EQUAL(std::string("503 there are no rules"),
                         header(no_rules, "variable-auth_would_be"));
    const Response preflight =
        authorized({"REQUEST_METHOD=OPTIONS", "HTTP_ORIGIN=https://app.example",
                    "HTTP_ACCESS_CONTROL_REQUEST_METHOD=GET"});
    CPPUNIT_ASSERT_EQUAL(200, preflight.status);
    CPPUNIT_ASSERT_EQUAL(std::string("204 a preflight is answered here"),
                         header(preflight, "variable-auth_would_be"));
    const std::vector<std::string> heard = listener_.take();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, heard.size());
    CPPUNIT_ASSERT_EQUAL(std::string("/x 503 nobody: there are no rules (reported)"), heard[0]);
    CPPUNIT_ASSERT_EQUAL(std::string("/x 204 nobody: a preflight is answered here (reported)"),
                         heard[1]);
  }

  void tells_nothing_of_a_token_that_would_be_refused() {
    renew_dispatcher(fcgi::Authorizer::Refusals::kOnlyReported);
    static_cast<void>(asked("/private", "token", 200, active("somebody")));
    const Response response = authorized({"REQUEST_METHOD=GET", "HTTP_AUTHORIZATION=Bearer token"});
    for (const char* name : {"remote_user", "auth_sub", "auth_roles", "auth_exp"}) {
      CPPUNIT_ASSERT_EQUAL(std::string(), header(response, std::string("variable-") + name));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), header(response, "cache-control"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DispatcherTest);

}  // namespace
