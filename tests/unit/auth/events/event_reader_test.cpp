// SPDX-License-Identifier: Apache-2.0
#include "auth/events/event_reader.h"

#include <cppunit/extensions/HelperMacros.h>

#include <fstream>
#include <iterator>
#include <set>
#include <string>
#include <vector>

#include "auth/base/base64.h"
#include "auth/base/json.h"
#include "auth/base/timestamp.h"

namespace {

using auth::Ends;
using auth::Event;
using auth::Reason;
using auth::Scope;
using auth::scope_of;

auth::Json recorded(const std::string& name) {
  std::ifstream file("tests/testdata/events/" + name + ".json");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  const auto document = auth::Json::parse(text);
  CPPUNIT_ASSERT_MESSAGE(name, document.has_value());
  return *document;
}

std::vector<Event> events_of(const std::string& name) {
  const auto body = recorded(name).member("response")->member("body")->serialise();
  const auto events = auth::read_events(body);
  CPPUNIT_ASSERT_MESSAGE(name, events.has_value());
  return *events;
}

// One event, in the form of the search. Empty: without the member.
std::string event(const std::string& type, const std::string& history, const std::string& payload,
                  const std::string& time = "2026-11-27T21:51:14.132789Z") {
  std::string text = R"({"sequence":"7","creationDate":")" + time + R"(","type":{"type":")" + type +
                     R"("},"aggregate":{)";
  text += history.empty() ? "}" : R"("id":")" + history + "\"}";
  return text + (payload.empty() ? "" : ",\"payload\":" + payload) + "}";
}

std::vector<Event> read(const std::string& events) {
  const auto found = auth::read_events("{\"events\":[" + events + "]}");
  CPPUNIT_ASSERT(found.has_value());
  return *found;
}

std::optional<Scope> ended_by(const std::string& type, const std::string& history,
                              const std::string& payload = "") {
  return read(event(type, history, payload)).at(0).ends;
}

void assert_malformed(const std::string& body) {
  const auto found = auth::read_events(body);
  CPPUNIT_ASSERT_MESSAGE(body, !found);
  CPPUNIT_ASSERT(found.error().reason == Reason::kMalformedAnswer);
}

class EventReaderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(EventReaderTest);
  CPPUNIT_TEST(refuses_what_is_no_answer_of_the_search);
  CPPUNIT_TEST(an_error_is_no_empty_list);
  CPPUNIT_TEST(refuses_an_event_without_its_time);
  CPPUNIT_TEST(no_events_are_no_mistake);
  CPPUNIT_TEST(a_type_that_was_not_asked_for_ends_nothing);
  CPPUNIT_TEST(an_event_without_a_type_ends_everything);
  CPPUNIT_TEST(without_the_id_of_its_history_it_ends_everything);
  CPPUNIT_TEST(whatever_becomes_of_a_user_ends_its_tokens);
  CPPUNIT_TEST(a_personal_access_token_is_ended_alone);
  CPPUNIT_TEST(a_grant_ends_the_tokens_of_its_user);
  CPPUNIT_TEST(a_grant_that_goes_without_a_user_ends_tokens_with_roles);
  CPPUNIT_TEST(a_grant_that_comes_without_a_user_ends_everything);
  CPPUNIT_TEST(a_role_ends_the_tokens_that_have_it);
  CPPUNIT_TEST(a_session_ends_its_tokens);
  CPPUNIT_TEST(keys_end_no_token);
  CPPUNIT_TEST(reads_a_payload_of_base64_text);
  CPPUNIT_TEST(a_payload_that_says_nothing_never_ends_less);
  CPPUNIT_TEST(reads_events_of_one_transaction);
  CPPUNIT_TEST(tells_events_apart);
  CPPUNIT_TEST(reads_every_recorded_answer);
  CPPUNIT_TEST(asks_only_for_types_that_zitadel_knows);
  CPPUNIT_TEST(what_takes_away_ends_jwts_and_what_gives_does_not);
  CPPUNIT_TEST(says_whose_history_names_the_user);
  CPPUNIT_TEST(reads_the_users_of_a_history);
  CPPUNIT_TEST(reads_what_an_api_has_lost);
  CPPUNIT_TEST_SUITE_END();

 public:
  void refuses_what_is_no_answer_of_the_search() {
    for (const char* body : {"", "null", "[]", "\"\"", "<html>", "{\"events\":{}}",
                             "{\"events\":[1]}", "{\"events\":[{}]}", "{\"events\":[]"}) {
      assert_malformed(body);
    }
  }

  // Some gateways answer 200 whatever they say, and some say what is no search's answer at all.
  void an_error_is_no_empty_list() {
    CPPUNIT_ASSERT(auth::read_events("{}")->empty());
    CPPUNIT_ASSERT(auth::read_events("{\"events\":[]}")->empty());
    for (const char* body :
         {R"({"code":7,"message":"No matching permissions found","details":[]})",
          R"({"error":"temporarily_unavailable"})", R"({"active":true})", R"({"result":[]})",
          R"({"status":"ok"})", R"({"events":null})", R"({"Events":[]})"}) {
      assert_malformed(body);
    }
  }

  void refuses_an_event_without_its_time() {
    for (const char* time : {"", "yesterday", "2026-02-30T00:00:00Z", "1795811814"}) {
      assert_malformed("{\"events\":[" + event("user.locked", "1", "", time) + "]}");
    }
  }

  void no_events_are_no_mistake() {
    CPPUNIT_ASSERT(events_of("event-search-unknown-type").empty());
    CPPUNIT_ASSERT(events_of("event-search-future").empty());
  }

  void a_type_that_was_not_asked_for_ends_nothing() {
    for (const char* type :
         {"user.human.password.changed", "user.lockedx", "user", "oidc_session.added"}) {
      CPPUNIT_ASSERT_MESSAGE(type, !ended_by(type, "1"));
    }
  }

  void an_event_without_a_type_ends_everything() {
    CPPUNIT_ASSERT(ended_by("", "1") == scope_of(Ends::kEverything));
  }

  void without_the_id_of_its_history_it_ends_everything() {
    for (const char* type : {"user.locked", "user.pat.removed", "oidc_session.access_token.revoked",
                             "project.deactivated"}) {
      CPPUNIT_ASSERT_MESSAGE(type, ended_by(type, "") == scope_of(Ends::kEverything));
    }
    CPPUNIT_ASSERT(ended_by("project.role.removed", "", R"({"key":"a"})") ==
                   scope_of(Ends::kAnyRole));
  }

  void whatever_becomes_of_a_user_ends_its_tokens() {
    for (const char* type : {"user.deactivated", "user.reactivated", "user.locked", "user.unlocked",
                             "user.removed", "user.human.signed.out"}) {
      CPPUNIT_ASSERT_MESSAGE(type, ended_by(type, "11") == scope_of(Ends::kSubject, "11"));
    }
  }

  void a_personal_access_token_is_ended_alone() {
    CPPUNIT_ASSERT(ended_by("user.pat.removed", "11", R"({"tokenId":"22"})") ==
                   scope_of(Ends::kToken, "22"));
    for (const Event& each : events_of("event-search")) {
      CPPUNIT_ASSERT(auth::kind_of(*each.ends) == Ends::kToken);
    }
  }

  void a_grant_ends_the_tokens_of_its_user() {
    for (const char* type : {"user.grant.added", "user.grant.changed", "user.grant.removed"}) {
      CPPUNIT_ASSERT_MESSAGE(type, ended_by(type, "1", R"({"userId":"11","roleKeys":["a"]})") ==
                                       scope_of(Ends::kSubject, "11"));
    }
  }

  void a_grant_that_goes_without_a_user_ends_tokens_with_roles() {
    for (const char* type : {"user.grant.deactivated", "user.grant.removed",
                             "user.grant.cascade.changed", "user.grant.cascade.removed"}) {
      CPPUNIT_ASSERT_MESSAGE(type, ended_by(type, "1") == scope_of(Ends::kAnyRole));
    }
  }

  void a_grant_that_comes_without_a_user_ends_everything() {
    for (const char* type : {"user.grant.added", "user.grant.changed", "user.grant.reactivated"}) {
      CPPUNIT_ASSERT_MESSAGE(type, ended_by(type, "1") == scope_of(Ends::kEverything));
    }
  }

  void a_role_ends_the_tokens_that_have_it() {
    const Scope role = scope_of(Ends::kRole, "7", "read:messages");
    CPPUNIT_ASSERT(ended_by("project.role.removed", "7", R"({"key":"read:messages"})") == role);
    CPPUNIT_ASSERT(ended_by("project.role.removed", "8", R"({"key":"read:messages"})") != role);
    CPPUNIT_ASSERT(ended_by("project.role.removed", "7", "{}") == scope_of(Ends::kAnyRole));
  }

  void a_session_ends_its_tokens() {
    for (const char* type :
         {"oidc_session.access_token.revoked", "oidc_session.refresh_token.revoked",
          "oidc_session.refresh_token.renewed"}) {
      CPPUNIT_ASSERT_MESSAGE(type, ended_by(type, "V2_1") == scope_of(Ends::kSession, "V2_1"));
    }
  }

  void keys_end_no_token() {
    CPPUNIT_ASSERT(ended_by("web_key.activated", "1") == scope_of(Ends::kKeys));
  }

  void reads_a_payload_of_base64_text() {
    const std::string text = auth::base64_encode(R"({"tokenId":"22"})");
    CPPUNIT_ASSERT(ended_by("user.pat.removed", "11", "\"" + text + "\"") ==
                   scope_of(Ends::kToken, "22"));
  }

  void a_payload_that_says_nothing_never_ends_less() {
    for (const char* payload : {"", "{}", "null", "[]", "7", "\"\"", "\"!\"", "\"e30=\"",
                                R"({"tokenId":""})", R"({"tokenId":5})", R"({"tokenId":null})"}) {
      CPPUNIT_ASSERT_MESSAGE(
          payload, ended_by("user.pat.removed", "11", payload) == scope_of(Ends::kSubject, "11"));
      CPPUNIT_ASSERT_MESSAGE(
          payload, ended_by("user.grant.added", "11", payload) == scope_of(Ends::kEverything));
    }
  }

  void what_takes_away_ends_jwts_and_what_gives_does_not() {
    for (const char* type :
         {"user.deactivated", "user.locked", "user.removed", "user.human.signed.out",
          "user.grant.changed", "user.grant.removed", "user.grant.deactivated",
          "project.role.removed", "project.deactivated", "project.grant.changed",
          "oidc_session.access_token.revoked", "session.terminated", ""}) {
      CPPUNIT_ASSERT_MESSAGE(type, read(event(type, "1", "")).at(0).ends_jwts);
    }
    for (const char* type :
         {"user.reactivated", "user.unlocked", "user.pat.removed", "user.grant.added",
          "user.grant.reactivated", "project.reactivated", "project.application.removed",
          "org.removed", "oidc_session.refresh_token.renewed", "web_key.removed", "user.x"}) {
      CPPUNIT_ASSERT_MESSAGE(type, !read(event(type, "1", "")).at(0).ends_jwts);
    }
  }

  void says_whose_history_names_the_user() {
    for (const char* type : {"session.terminated", "user.grant.removed", "user.grant.changed"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(type, std::string("9"), read(event(type, "9", "")).at(0).whose);
      CPPUNIT_ASSERT_MESSAGE(type, read(event(type, "", "")).at(0).whose.empty());
      CPPUNIT_ASSERT_MESSAGE(type, read(event(type, "9", R"({"userId":"1"})")).at(0).whose.empty());
    }
    for (const char* type : {"user.locked", "user.grant.cascade.changed", "project.role.removed"}) {
      CPPUNIT_ASSERT_MESSAGE(type, read(event(type, "9", "")).at(0).whose.empty());
    }
  }

  void reads_the_users_of_a_history() {
    const auto users = [](const std::string& events) {
      return auth::read_users("{\"events\":[" + events + "]}", "9");
    };
    const std::string alice = event("session.user.checked", "9", R"({"userID":"alice"})");
    const std::string bob = event("user.grant.added", "9", R"({"userId":"bob"})");
    CPPUNIT_ASSERT(
        (std::vector<Scope>{scope_of(Ends::kSubject, "alice"), scope_of(Ends::kSubject, "bob")}) ==
        users(alice + "," + bob));
    CPPUNIT_ASSERT(users("").empty());
    const std::string stranger = event("session.user.checked", "8", R"({"userID":"carol"})");
    CPPUNIT_ASSERT(users(stranger).empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, users(stranger + "," + alice).size());
    CPPUNIT_ASSERT(users(event("user.locked", "9", R"({"userId":"bob"})")).empty());
    // Of several, none may be missing.
    for (const char* payload : {"", "{}", "null", R"({"userID":""})", R"({"userID":7})"}) {
      CPPUNIT_ASSERT(users(alice + "," + event("session.user.checked", "9", payload)).empty());
    }
    for (const char* body : {"", "[]", "{\"events\":{}}", "{\"events\":7}", "{\"events\":[7]}"}) {
      CPPUNIT_ASSERT_MESSAGE(body, auth::read_users(body, "9").empty());
    }
  }

  void reads_what_an_api_has_lost() {
    using auth::Lost;
    const Event key =
        read(event("project.application.oidc.key.removed", "7", R"({"keyId":"5"})")).at(0);
    CPPUNIT_ASSERT(key.lost == Lost::kKey && !key.ends);
    CPPUNIT_ASSERT_EQUAL(auth::name_hash("5"), key.lost_thing);
    CPPUNIT_ASSERT_EQUAL(auth::name_hash("7"), key.lost_project);
    const Event app = read(event("project.application.removed", "7", R"({"appId":"6"})")).at(0);
    CPPUNIT_ASSERT(app.lost == Lost::kApplication);
    CPPUNIT_ASSERT_EQUAL(auth::name_hash("6"), app.lost_thing);
    CPPUNIT_ASSERT(read(event("project.deactivated", "7", "")).at(0).lost == Lost::kProject);
    CPPUNIT_ASSERT(!read(event("project.reactivated", "7", "")).at(0).lost);
  }

  void reads_events_of_one_transaction() {
    const std::vector<Event> events = events_of("event-search-one-transaction");
    CPPUNIT_ASSERT(events.size() > 2);
    CPPUNIT_ASSERT(events[0].ends == scope_of(Ends::kRole, "401504948921044006", "tmp:role"));
    std::set<std::uint64_t> ids;
    for (const Event& each : events) {
      CPPUNIT_ASSERT(each.time == events[0].time);
      ids.insert(each.id);
    }
    CPPUNIT_ASSERT_EQUAL(events.size(), ids.size());
    CPPUNIT_ASSERT_EQUAL(std::string("2026-11-27T21:51:14.132789Z"),
                         auth::to_timestamp(events[0].time));
  }

  void tells_events_apart() {
    const auto same = read(event("user.locked", "1", "") + "," + event("user.locked", "1", "{}"));
    CPPUNIT_ASSERT_EQUAL(same[0].id, same[1].id);
    const auto other = read(event("user.locked", "1", "") + "," + event("user.locked", "2", ""));
    CPPUNIT_ASSERT(other[0].id != other[1].id);
    CPPUNIT_ASSERT(scope_of(Ends::kSubject, "1") != scope_of(Ends::kToken, "1"));
    CPPUNIT_ASSERT(scope_of(Ends::kRole, "1", "23") != scope_of(Ends::kRole, "12", "3"));
  }

  void reads_every_recorded_answer() {
    for (const char* name :
         {"event-search-from", "event-search-limit", "event-search-range",
          "event-search-oidc_session.access_token.revoked", "event-search-session.terminated",
          "event-search-user.human.signed.out", "event-search-user.locked"}) {
      CPPUNIT_ASSERT_MESSAGE(name, !events_of(name).empty());
    }
    CPPUNIT_ASSERT(events_of("event-search-user.locked").at(0).ends ==
                   scope_of(Ends::kSubject, "401512638858660902"));
    CPPUNIT_ASSERT(events_of("event-search-oidc_session.access_token.revoked").at(0).ends ==
                   scope_of(Ends::kSession, "V2_401508898781006886"));
  }

  void asks_only_for_types_that_zitadel_knows() {
    std::set<std::string> known;
    const auto types =
        recorded("event-types").member("response")->member("body")->member("eventTypes");
    types->for_each_element(
        [&](const auth::Json& each) { known.insert(each.text_of("type").value_or("")); });
    const auto asked = auth::Json::parse(auth::event_types());
    asked->for_each_element([&](const auth::Json& each) {
      CPPUNIT_ASSERT_MESSAGE(std::string(*each.text()), known.contains(std::string(*each.text())));
    });
    CPPUNIT_ASSERT(known.size() > 500);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(EventReaderTest);

}  // namespace
