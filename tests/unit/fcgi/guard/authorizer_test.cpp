// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/authorizer.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <utility>
#include <vector>

#include "auth/base/text.h"
#include "tests/unit/support/fake_exchange.h"
#include "tests/unit/support/temporary_folder.h"
#include "tests/unit/support/validator_fixture.h"

namespace {

using auth::Error;
using auth::Reason;
using fcgi::Authorizer;
using fcgi::Response;

// What a web server is told that asks whether a request may go on.
class AuthorizerTest : public support::ValidatorFixture {
  CPPUNIT_TEST_SUITE(AuthorizerTest);
  CPPUNIT_TEST(is_asked_by_the_web_server_alone);
  CPPUNIT_TEST(refuses_paths_that_may_be_read_differently);
  CPPUNIT_TEST(refuses_methods_that_are_none);
  CPPUNIT_TEST(refuses_who_meets_one_requirement_of_several);
  CPPUNIT_TEST(judges_a_token_once_for_several_requirements);
  CPPUNIT_TEST(says_nothing_in_the_log_of_what_it_refuses);
  CPPUNIT_TEST(refuses_what_no_rule_opens);
  CPPUNIT_TEST(refuses_a_method_that_no_rule_opens);
  CPPUNIT_TEST(challenges_who_sends_no_token);
  CPPUNIT_TEST(refuses_who_lacks_the_role);
  CPPUNIT_TEST(blames_no_caller_for_an_outage);
  CPPUNIT_TEST(decides_by_the_request_and_not_by_path_info);
  CPPUNIT_TEST(names_a_role_as_the_rule_does);
  CPPUNIT_TEST(lets_no_claim_out_of_its_line);
  CPPUNIT_TEST(refuses_claims_that_would_share_a_variable);
  CPPUNIT_TEST(lets_nobody_keep_what_was_decided_about_another);
  CPPUNIT_TEST(refuses_whom_more_is_known_of_than_fits);
  CPPUNIT_TEST(cuts_a_list_that_does_not_fit_at_a_whole_name);
  CPPUNIT_TEST(lets_no_scopes_push_out_roles);
  CPPUNIT_TEST(says_so_where_there_is_nothing_to_say);
  CPPUNIT_TEST(lets_nobody_in_whose_name_is_not_known);
  CPPUNIT_TEST(tells_the_program_who_calls);
  CPPUNIT_TEST(tells_no_variable_twice);
  CPPUNIT_TEST(passes_the_claims_that_the_operator_named);
  CPPUNIT_TEST(tells_mod_fcgid_nothing_unless_it_is_asked_to);
  CPPUNIT_TEST(gives_mod_fcgid_no_header_whose_name_is_not_known_before);
  CPPUNIT_TEST(tells_apache_nothing_that_it_cannot_hand_on);
  CPPUNIT_TEST(tells_apache_nothing_of_storing);
  CPPUNIT_TEST(goes_by_rules_that_have_changed);
  CPPUNIT_TEST(rules_last_as_long_as_the_question);
  CPPUNIT_TEST(lets_everybody_go_on_where_it_only_reports);
  CPPUNIT_TEST(reports_what_zitadel_has_not_said_in_time);
  CPPUNIT_TEST(reports_to_a_module_of_apache_what_it_wants);
  CPPUNIT_TEST(says_nothing_of_reports_where_it_refuses);
  CPPUNIT_TEST(hands_on_no_token_of_a_subprotocol);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    ValidatorFixture::setUp();
    start([](auth::Settings& settings) { settings.pass_claims = {"email", "urn:x:y-z", "none"}; });
    auto opened = fcgi::RulesFile::open(
        folder_.write("rules",
                      "/ token\n/open public GET\n/staff role:staff\n/closed token POST\n"
                      "/blank role:a%20b%25\n"),
        clock_, std::chrono::milliseconds(0));
    rules_ = *std::move(opened);
    renew_authorizer(fcgi::Authorizer::Refusals::kCount);
  }

 private:
  void renew_authorizer(Authorizer::Refusals refusals, fcgi::TokenSources tokens = {}) {
    authorizer_.reset();
    responder_.emplace(*validator_, fcgi::ProtectedResource{"realm"}, fcgi::Cors({}),
                       fcgi::ClientAddress{}, std::move(tokens));
    authorizer_.emplace(rules_.get(), *responder_,
                        fcgi::CallerVariables({"email", "urn:x:y-z", "none"}), clock_, refusals);
  }

  using Record = std::shared_ptr<support::ExchangeRecord>;

  Record ask(const std::string& target, const std::string& token = "",
             const std::string& method = "GET", const std::string& apache_role = "",
             const std::string& further = "X=") {
    std::vector<std::string> variables = {"FCGI_ROLE=AUTHORIZER", "REQUEST_METHOD=" + method,
                                          "REQUEST_URI=" + target,
                                          "FCGI_APACHE_ROLE=" + apache_role, further};
    if (!token.empty()) variables.push_back("HTTP_AUTHORIZATION=Bearer " + token);
    auto record = std::make_shared<support::ExchangeRecord>();
    authorizer_->handle(std::make_unique<support::FakeExchange>(std::move(variables), record));
    settle();
    return record;
  }

  static Response answer(const Record& record) {
    const auto response = record->response();
    CPPUNIT_ASSERT(response.has_value());
    return *response;
  }

  Response at_once(const std::string& target, const std::string& method = "GET") {
    const Record record = ask(target, "", method);
    CPPUNIT_ASSERT_MESSAGE(target, record->is_over());
    return answer(record);
  }

  Response asked(const std::string& target, const std::string& token, int status,
                 const std::string& body) {
    const Record record = ask(target, token);
    zitadel_answers(status, body);
    return answer(record);
  }

  static std::string header(const Response& response, std::string_view name) {
    const std::string* value = response.header(name);
    return value != nullptr ? *value : "(none)";
  }

  void is_asked_by_the_web_server_alone() {
    const auto is_asked = [](std::vector<std::string> variables) {
      const support::FakeExchange exchange(std::move(variables),
                                           std::make_shared<support::ExchangeRecord>());
      return Authorizer::is_asked(exchange.request());
    };
    CPPUNIT_ASSERT(!is_asked({}));
    CPPUNIT_ASSERT(!is_asked({"FCGI_ROLE=RESPONDER"}));
    CPPUNIT_ASSERT(!is_asked({"FCGI_ROLE=RESPONDER", "FCGI_ROLE=AUTHORIZER"}));
    CPPUNIT_ASSERT(!is_asked({"HTTP_ZITADEL_AUTHORIZE=1", "HTTP_FCGI_ROLE=AUTHORIZER"}));
    CPPUNIT_ASSERT(is_asked({"FCGI_ROLE=AUTHORIZER"}));
    CPPUNIT_ASSERT(is_asked({"FCGI_ROLE=RESPONDER", "ZITADEL_AUTHORIZE=1"}));
  }

  void refuses_paths_that_may_be_read_differently() {
    for (const char* target :
         {"", "*", "/open/%2e%2e/%2Fstaff", "/open%00", "/open/../../x", "/open/..%5cstaff",
          "/open/%c0%ae%c0%ae/staff", "/open/..;/staff", "/open/#/../../staff", "/staff//../x"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 403, at_once(target).status);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 403, answer(ask(target, "token")).status);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void refuses_methods_that_are_none() {
    for (const char* method : {"get", "Get", "", "G-1"}) {
      const Response response = at_once("/open", method);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(method, 400, response.status);
      CPPUNIT_ASSERT(response.body.find("invalid_request") != std::string::npos);
      CPPUNIT_ASSERT_EQUAL(std::string("no-store"), header(response, "cache-control"));
    }
    const Record record = ask("/open", "token", "GET", "", "HTTP_X_HTTP_METHOD_OVERRIDE=?");
    CPPUNIT_ASSERT_EQUAL(400, answer(record).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{0}, http_.asked());
  }

  void refuses_who_meets_one_requirement_of_several() {
    folder_.write("rules", "/ role:all\n/staff role:staff\n");
    clock_.advance(std::chrono::seconds(1));
    CPPUNIT_ASSERT_EQUAL(401, at_once("/staff;/x").status);
    const Response response = asked("/staff;/x", "staff", 200, active("a", with_role("staff")));
    CPPUNIT_ASSERT_EQUAL(403, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"realm\", error=\"insufficient_scope\", "
                                     "error_description=\"this needs the role all, and the role "
                                     "staff\""),
                         header(response, "www-authenticate"));
    CPPUNIT_ASSERT_EQUAL(200, answer(ask("/staff/x", "staff")).status);
    CPPUNIT_ASSERT_EQUAL(403, asked("/staff;/x", "all", 200, active("b", with_role("all"))).status);
  }

  void judges_a_token_once_for_several_requirements() {
    folder_.write("rules", "/ token\n/staff role:staff\n");
    clock_.advance(std::chrono::seconds(1));
    const Response response = asked("/staff;/x", "token", 200, active("a", with_role("staff")));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("a"), header(response, "variable-auth_sub"));
    CPPUNIT_ASSERT_EQUAL(200, answer(ask("/staff//x", "token")).status);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, http_.asked());
  }

  // Anybody can send it, as often as they like.
  void says_nothing_in_the_log_of_what_it_refuses() {
    for (const char* target : {"/open/..;/staff", "#", "/closed"}) {
      for (const char* method : {"GET", "get", "COPY"}) static_cast<void>(at_once(target, method));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log_->text());
  }

  void refuses_what_no_rule_opens() {
    folder_.write("rules", "/open public\n");
    clock_.advance(std::chrono::seconds(1));
    const Response response = at_once("/opened");
    CPPUNIT_ASSERT_EQUAL(403, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), header(response, "cache-control"));
  }

  void refuses_a_method_that_no_rule_opens() {
    const Response response = at_once("/open", "POST");
    CPPUNIT_ASSERT_EQUAL(405, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD"), header(response, "allow"));
    CPPUNIT_ASSERT_EQUAL(405, at_once("/closed/x").status);
  }

  void challenges_who_sends_no_token() {
    for (const char* target : {"/", "/x", "/open/../x", "/staff", "/%73taff", "/opened", "/OPEN"}) {
      const Response response = at_once(target);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(target, 401, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("Bearer realm=\"realm\""),
                           header(response, "www-authenticate"));
    }
  }

  void refuses_who_lacks_the_role() {
    CPPUNIT_ASSERT_EQUAL(403, asked("/staff/x", "token", 200, active()).status);
    CPPUNIT_ASSERT_EQUAL(200, answer(ask("/x", "token")).status);
  }

  void blames_no_caller_for_an_outage() {
    const Response response = asked("/", "token", 500, "");
    CPPUNIT_ASSERT_EQUAL(503, response.status);
    CPPUNIT_ASSERT(header(response, "retry-after") != "(none)");
  }

  // FastCGI specification §6.3: an authorizer is not given it.
  void decides_by_the_request_and_not_by_path_info() {
    auto record = std::make_shared<support::ExchangeRecord>();
    authorizer_->handle(std::make_unique<support::FakeExchange>(
        std::vector<std::string>{"REQUEST_METHOD=GET", "REQUEST_URI=/staff", "PATH_INFO=/open",
                                 "SCRIPT_NAME=/open"},
        record));
    CPPUNIT_ASSERT_EQUAL(401, answer(record).status);
  }

  void names_a_role_as_the_rule_does() {
    const Response refused = asked("/blank", "other", 200, active());
    CPPUNIT_ASSERT_EQUAL(403, refused.status);
    CPPUNIT_ASSERT(refused.body.find("the role a%20b%25") != std::string::npos);
    const Response response =
        asked("/blank", "token", 200,
              active("1", R"("urn:zitadel:iam:org:project:roles": {"a b%": {"7": "x"}})"));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("a%20b%25"), header(response, "variable-auth_roles"));
  }

  void lets_no_claim_out_of_its_line() {
    const Response response = asked("/", "token", 200,
                                    active("a\\r\\nVariable-AUTH_ROLES: admin",
                                           "\"username\": \"b c%d\\u00e9\", \"email\": \"x\\ny\", "
                                           "\"urn:zitadel:iam:org:project:roles\": {\"one two\": "
                                           "{\"7\": \"x\"}, \"a%\": {\"7\": \"x\"}}"));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("a%0D%0AVariable-AUTH_ROLES:%20admin"),
                         header(response, "variable-auth_sub"));
    CPPUNIT_ASSERT_EQUAL(std::string("b%20c%25d%C3%A9"),
                         header(response, "variable-auth_username"));
    CPPUNIT_ASSERT_EQUAL(std::string("a%25 one%20two"), header(response, "variable-auth_roles"));
    CPPUNIT_ASSERT_EQUAL(std::string("x%0Ay"), header(response, "variable-auth_email"));
  }

  void refuses_claims_that_would_share_a_variable() {
    using Names = std::vector<std::string>;
    for (const Names& names : {Names{"sub"}, {"client-id"}, {"cut"}, {"a-b", "a_b"}, {"a", "A"}}) {
      CPPUNIT_ASSERT(!fcgi::CallerVariables::check_names(names));
    }
    CPPUNIT_ASSERT(fcgi::CallerVariables::check_names({"email", "urn:x:y", "name"}).has_value());
  }

  // What a variable held before must not pass for what is said here.
  // A web server's cache would go by its own key, in which no token is.
  void lets_nobody_keep_what_was_decided_about_another() {
    for (const Response& response :
         {at_once("/open"), at_once("/open", "POST"), at_once("/x"), at_once("/open/%2F"),
          asked("/", "token", 200, active()), asked("/staff", "other", 200, active())}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(response.status), std::string("no-store"),
                                   header(response, "cache-control"));
    }
  }

  void refuses_whom_more_is_known_of_than_fits() {
    const auto with_email = [this](std::size_t size) {
      return asked("/", "token" + std::to_string(size), 200,
                   active("somebody", "\"email\": \"" + std::string(size, 'x') + "\""));
    };
    CPPUNIT_ASSERT_EQUAL(200, with_email(fcgi::kMaxVariablesBytes - 1000).status);
    CPPUNIT_ASSERT(log_->text().find("somebody") == std::string::npos);
    const Response refusal = with_email(fcgi::kMaxVariablesBytes);
    CPPUNIT_ASSERT_EQUAL(503, refusal.status);
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(refusal, "variable-auth_sub"));
    CPPUNIT_ASSERT(log_->text().find("than the web server could hand on") != std::string::npos);
  }

  // Of 36 characters; the last in the order of their names is "staff".
  static std::string many_roles() {
    std::string roles = "\"staff\": {\"338273905748541443\": \"x\"}";
    for (int i = 1000; i < 1999; ++i) {
      roles += ", \"role-" + std::to_string(i) + std::string(27, 'x') +
               "\": {\"338273905748541443\": \"x\"}";
    }
    return "\"urn:zitadel:iam:org:project:roles\": {" + roles + "}";
  }

  static std::size_t names_in(const std::string& list) {
    std::size_t count = 0;
    for (const std::string_view name : auth::words_of(list)) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{36}, name.size());
      CPPUNIT_ASSERT_EQUAL("role-" + std::to_string(1000 + count), std::string(name.substr(0, 9)));
      ++count;
    }
    return count;
  }

  void cuts_a_list_that_does_not_fit_at_a_whole_name() {
    for (const auto& [apache, least, most] : {std::tuple{"", 870U, 884U},
                                              {"AUTHENTICATOR", 214U, 215U},
                                              {"ACCESS_CHECKER", 214U, 215U}}) {
      const Record record =
          ask("/staff", std::string("token") + apache, "GET", apache, "ZITADEL_VARIABLES=1");
      zitadel_answers(200, active("a", many_roles() + ", \"scope\": \"openid b\""));
      const Response response = answer(record);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(apache, 200, response.status);
      const std::size_t names = names_in(header(response, "variable-auth_roles"));
      CPPUNIT_ASSERT_MESSAGE(std::to_string(names), names >= least && names <= most);
      CPPUNIT_ASSERT_EQUAL(std::string("AUTH_ROLES"),
                           header(response, "variable-auth_cut").substr(0, 10));
    }
  }

  void lets_no_scopes_push_out_roles() {
    std::string scopes;
    for (int i = 0; i < 60'000; ++i) scopes += "scope-" + std::to_string(i) + ' ';
    const Response response =
        asked("/staff", "token", 200,
              active("a", "\"scope\": \"" + scopes + "\", " + with_role("staff")));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("staff"), header(response, "variable-auth_roles"));
    CPPUNIT_ASSERT_EQUAL(std::string("AUTH_SCOPE"), header(response, "variable-auth_cut"));
    const std::string told = header(response, "variable-auth_scope");
    CPPUNIT_ASSERT(told.size() > 30'000 && told.size() < fcgi::kMaxVariablesBytes);
    CPPUNIT_ASSERT(scopes.starts_with(told + ' '));
    const auto dropped = "of its scopes and claims are left out";
    CPPUNIT_ASSERT(log_->text().find(dropped) != std::string::npos);
    CPPUNIT_ASSERT(log_->text().find(dropped) == log_->text().rfind(dropped));
  }

  // What would a program take an empty REMOTE_USER for?
  void lets_nobody_in_whose_name_is_not_known() {
    int number = 0;
    for (const char* members :
         {"", ", \"sub\": \"\"", ", \"sub\": null", ", \"sub\": 1", ", \"sub\": [\"a\"]",
          ", \"sub\": \"\\u0000\"", ", \"sub\": \"a\\u0000b\"", ", \"sub\": \"\\ud800\""}) {
      const support::LogCapture log;
      const Response response = asked("/", "token-" + std::to_string(number++), 200,
                                      "{\"active\": true" + std::string(members) + "}");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(members, 503, response.status);
      CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(response, "variable-remote_user"));
      CPPUNIT_ASSERT_MESSAGE(log.text(), log.text().find("sub ") != std::string::npos);
      clock_.advance(std::chrono::seconds(1));
    }
    CPPUNIT_ASSERT_EQUAL(200, asked("/", "good", 200, active("a")).status);
  }

  void says_so_where_there_is_nothing_to_say() {
    const Response response = answer(ask("/open"));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    for (const char* name : {"variable-remote_user", "variable-auth_sub", "variable-auth_username",
                             "variable-auth_roles", "variable-auth_org", "variable-auth_scope",
                             "variable-auth_exp", "variable-auth_client_id", "variable-auth_cut",
                             "variable-auth_email", "variable-auth_none"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(), header(response, name));
    }
  }

  void tells_the_program_who_calls() {
    const Response response = asked(
        "/staff", "token", 200,
        active("somebody",
               "\"username\": \"some@body\", \"client_id\": \"client\", \"scope\": \"openid b\", "
               "\"urn:zitadel:iam:user:resourceowner:id\": \"77\", "
               "\"exp\": 1800000000, \"urn:zitadel:iam:org:project:roles\": "
               "{\"staff\": {\"77\": \"x\"}, \"reports.read\": {\"77\": \"x\"}}"));
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), header(response, "variable-remote_user"));
    CPPUNIT_ASSERT_EQUAL(std::string("somebody"), header(response, "variable-auth_sub"));
    CPPUNIT_ASSERT_EQUAL(std::string("some@body"), header(response, "variable-auth_username"));
    CPPUNIT_ASSERT_EQUAL(std::string("reports.read staff"),
                         header(response, "variable-auth_roles"));
    CPPUNIT_ASSERT_EQUAL(std::string("77"), header(response, "variable-auth_org"));
    CPPUNIT_ASSERT_EQUAL(std::string("openid b"), header(response, "variable-auth_scope"));
    CPPUNIT_ASSERT_EQUAL(std::string("1800000000"), header(response, "variable-auth_exp"));
    CPPUNIT_ASSERT_EQUAL(std::string("client"), header(response, "variable-auth_client_id"));
  }

  // lighttpd asks again for an error handler, and joins what it is told to what it has.
  void tells_no_variable_twice() {
    CPPUNIT_ASSERT_EQUAL(200, asked("/", "token", 200, active("a")).status);
    for (const auto& [there, subject] : {std::pair{"AUTH_SUB=a", "(none)"},
                                         {"AUTH_SUB=b", "a"},
                                         {"AUTH_SUB=", "a"},
                                         {"HTTP_AUTH_SUB=a", "a"}}) {
      const Response response = answer(ask("/", "token", "GET", "", there));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(there, std::string(subject),
                                   header(response, "variable-auth_sub"));
      CPPUNIT_ASSERT_EQUAL(std::string("a"), header(response, "variable-remote_user"));
    }
  }

  void passes_the_claims_that_the_operator_named() {
    const Response response = asked(
        "/", "token", 200,
        active("a", "\"email\": \"a@b.example\", \"urn:x:y-z\": [1, true], \"other\": \"secret\""));
    CPPUNIT_ASSERT_EQUAL(std::string("a@b.example"), header(response, "variable-auth_email"));
    CPPUNIT_ASSERT_EQUAL(std::string("[1,true]"), header(response, "variable-auth_urn_x_y_z"));
    CPPUNIT_ASSERT_EQUAL(std::string(), header(response, "variable-auth_none"));
    CPPUNIT_ASSERT(fcgi::serialise(response, false).find("secret") == std::string::npos);
  }

  // It would show them to the client.
  void tells_mod_fcgid_nothing_unless_it_is_asked_to() {
    const Record record = ask("/", "token", "GET", "ACCESS_CHECKER", "HTTP_ZITADEL_VARIABLES=1");
    zitadel_answers(200, active("a", "\"email\": \"a@b\""));
    CPPUNIT_ASSERT_EQUAL(200, answer(record).status);
    CPPUNIT_ASSERT(answer(record).headers.empty());
    const Record asking = ask("/", "token", "GET", "ACCESS_CHECKER", "ZITADEL_VARIABLES=1");
    CPPUNIT_ASSERT_EQUAL(std::string("a"), header(answer(asking), "variable-auth_sub"));
  }

  // Its configuration takes them out by their names.
  void gives_mod_fcgid_no_header_whose_name_is_not_known_before() {
    const Record record = ask("/", "token", "GET", "ACCESS_CHECKER", "ZITADEL_VARIABLES=1");
    zitadel_answers(200, active("a", "\"email\": \"a b@c\", \"urn:x:y-z\": [1, \"=\"]"));
    const Response response = answer(record);
    CPPUNIT_ASSERT_EQUAL(std::string("email=a%20b@c urn:x:y-z=[1,\"=\"]"),
                         header(response, "variable-auth_claims"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(response, "variable-auth_email"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(response, "variable-auth_urn_x_y_z"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"),
                         header(asked("/x", "other", 200, active()), "variable-auth_claims"));
  }

  // Apache ends with 500 on a longer line.
  void tells_apache_nothing_that_it_cannot_hand_on() {
    const std::string claims = "\"email\": \"" + std::string(8200, 'e') + "\"";
    for (const auto& [role, status] :
         {std::pair{"", 200}, {"AUTHENTICATOR", 503}, {"ACCESS_CHECKER", 503}}) {
      const Record record =
          ask("/", std::string("token") + role, "GET", role, "ZITADEL_VARIABLES=1");
      zitadel_answers(200, active("a", claims));
      CPPUNIT_ASSERT_EQUAL_MESSAGE(role, status, answer(record).status);
    }
  }

  // What it is told beyond the variables goes out with what is served.
  void tells_apache_nothing_of_storing() {
    const auto storing = [this](const char* role) {
      return header(answer(ask("/open", "", "GET", role)), "cache-control");
    };
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), storing(""));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), storing("AUTHENTICATOR"));
  }

  void goes_by_rules_that_have_changed() {
    CPPUNIT_ASSERT_EQUAL(401, at_once("/x").status);
    folder_.write("rules", "/ public\n");
    clock_.advance(std::chrono::seconds(1));
    CPPUNIT_ASSERT_EQUAL(200, at_once("/x").status);
  }

  void rules_last_as_long_as_the_question() {
    const Record record = ask("/staff", "token");
    folder_.write("rules", "/ public\n");
    clock_.advance(std::chrono::seconds(1));
    CPPUNIT_ASSERT_EQUAL(200, at_once("/x").status);
    zitadel_answers(200, active());
    CPPUNIT_ASSERT_EQUAL(403, answer(record).status);
  }

  void assert_reported(const std::string& would_be, const Response& response) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(would_be, 200, response.status);
    CPPUNIT_ASSERT_EQUAL(would_be, header(response, "variable-auth_would_be"));
    CPPUNIT_ASSERT_EQUAL(std::string("no-store"), header(response, "cache-control"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(response, "www-authenticate"));
    const bool is_let_in = would_be == "200";
    for (const char* name : {"remote_user", "auth_sub"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(would_be, std::string(is_let_in ? "somebody" : ""),
                                   header(response, std::string("variable-") + name));
    }
    if (is_let_in) return;
    for (const char* name : {"roles", "scope", "exp", "email", "username", "client_id", "org"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name, std::string(),
                                   header(response, std::string("variable-auth_") + name));
    }
  }

  void lets_everybody_go_on_where_it_only_reports() {
    renew_authorizer(fcgi::Authorizer::Refusals::kOnlyReported);
    assert_reported("401 no access token was sent", at_once("/x"));
    assert_reported("405 the rules of the path are not for the method", at_once("/open", "DELETE"));
    assert_reported("400 a method of the request is none", at_once("/open", "get"));
    assert_reported("403 the path of the request is ambiguous", at_once("/open/..;/staff"));
    assert_reported("200", asked("/x", "good", 200, active("somebody", "\"email\": \"a@b\"")));
    assert_reported("403 the user has not been granted the role", answer(ask("/staff", "good")));
    assert_reported("401 the access token is not active", asked("/x", "bad", 200, inactive_));
    assert_reported("503 nobody can tell whose token this is",
                    asked("/x", "nameless", 200, "{\"active\": true}"));
    assert_reported(
        "503 more is known of the caller than can be handed on",
        asked("/x", "long", 200, active("a", "\"email\": \"" + std::string(40 << 10, 'e') + "\"")));
    const Response open = at_once("/open");
    CPPUNIT_ASSERT_EQUAL(std::string("200"), header(open, "variable-auth_would_be"));
    CPPUNIT_ASSERT_EQUAL(std::string(), header(open, "variable-auth_sub"));
  }

  void reports_what_zitadel_has_not_said_in_time() {
    renew_authorizer(fcgi::Authorizer::Refusals::kOnlyReported);
    const Record record = ask("/x", "token");
    CPPUNIT_ASSERT(!record->is_over());
    zitadel_answers(Error{Reason::kTimedOut});
    assert_reported("503 ZITADEL did not answer in time", answer(record));
  }

  // mod_fcgid leaves all headers in the client's answer; lighttpd asks again for an error page.
  void reports_to_a_module_of_apache_what_it_wants() {
    renew_authorizer(fcgi::Authorizer::Refusals::kOnlyReported);
    CPPUNIT_ASSERT_EQUAL(
        std::string("(none)"),
        header(answer(ask("/x", "", "GET", "ACCESS_CHECKER")), "variable-auth_would_be"));
    const Response told = answer(ask("/x", "", "GET", "ACCESS_CHECKER", "ZITADEL_VARIABLES=1"));
    CPPUNIT_ASSERT_EQUAL(std::string("401 no access token was sent"),
                         header(told, "variable-auth_would_be"));
    const Response again =
        answer(ask("/x", "", "GET", "", "AUTH_WOULD_BE=401 no access token was sent"));
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(again, "variable-auth_would_be"));
    // What a client sends is another variable.
    assert_reported("401 no access token was sent",
                    answer(ask("/x", "", "GET", "", "HTTP_AUTH_WOULD_BE=200")));
  }

  void says_nothing_of_reports_where_it_refuses() {
    CPPUNIT_ASSERT_EQUAL(401, at_once("/x").status);
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"),
                         header(asked("/x", "good", 200, active()), "variable-auth_would_be"));
    CPPUNIT_ASSERT(!fcgi::CallerVariables::check_names({"would_be"}));
    CPPUNIT_ASSERT(!fcgi::CallerVariables::check_names({"websocket-protocol"}));
  }

  void hands_on_no_token_of_a_subprotocol() {
    static_cast<void>(asked("/x", "good", 200, active()));
    const std::string offer = "HTTP_SEC_WEBSOCKET_PROTOCOL=bearer, good, chat";
    CPPUNIT_ASSERT_EQUAL(std::string("(none)"), header(answer(ask("/x", "good", "GET", "", offer)),
                                                       "variable-auth_websocket_protocol"));
    renew_authorizer(fcgi::Authorizer::Refusals::kCount,
                     fcgi::TokenSources(auth::kUsualAuthorizationBytes, {.websocket = true}));
    const Response response = answer(ask("/open", "", "GET", "", offer));
    CPPUNIT_ASSERT_EQUAL(std::string("chat"), header(response, "variable-auth_websocket_protocol"));
  }

  const support::TemporaryFolder folder_{};
  std::unique_ptr<fcgi::RulesFile> rules_{};
  std::optional<fcgi::Responder> responder_{};
  std::optional<Authorizer> authorizer_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(AuthorizerTest);

}  // namespace
