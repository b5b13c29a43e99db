// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/state.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

namespace {

class StateTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(StateTest);
  CPPUNIT_TEST(is_read_as_it_was_written);
  CPPUNIT_TEST(takes_nothing_else);
  CPPUNIT_TEST(takes_no_id_that_would_change_a_path);
  CPPUNIT_TEST_SUITE_END();

  static cli::State some() {
    cli::State state{.domain = "https://host", .organisation = "1"};
    state.project = {"2", "a \"b\"\n", true, false};
    state.role("x").made = true;
    state.role("y").begun = true;
    state.application = {"3", "api", false, true};
    state.application_key = {"4", "2099-01-01T00:00:00Z", {"5", "6"}};
    state.user = {"7", "ü", true, true};
    state.user_key = {"8", "", {}};
    state.grant = {"9", "ü", true, false};
    state.granted = {"x"};
    state.events = {{"10", "reader", true, false}, {"10", "", true, true}, {"11", "", {"12"}}};
    state.settings = "A=1\nB='2'\n";
    state.folder_made = true;
    return state;
  }

  void is_read_as_it_was_written() {
    const std::string text = to_json(some());
    const auto state = cli::parse_state(text);
    CPPUNIT_ASSERT(state.has_value());
    CPPUNIT_ASSERT_EQUAL(text, to_json(*state));
    CPPUNIT_ASSERT_EQUAL(std::string("a \"b\"\n"), state->project.name);
    CPPUNIT_ASSERT(state->roles.at(0).made && state->roles.at(1).begun && state->folder_made);
    CPPUNIT_ASSERT(!state->is_empty() && cli::State().is_empty());
    CPPUNIT_ASSERT_EQUAL(std::string("6"), state->application_key.old.at(1));
    CPPUNIT_ASSERT(state->events.user.made && state->events.member.begun);
    CPPUNIT_ASSERT_EQUAL(std::string("12"), state->events.key.old.at(0));
  }

  void takes_nothing_else() {
    for (const char* text : {"", "{}", "[]", "{\"version\":2}", "{\"version\":\"1\"}", "no JSON",
                             "{\"version\":1}x"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !cli::parse_state(text));
    }
    CPPUNIT_ASSERT(cli::parse_state("{\"version\":1}")->is_empty());
  }

  void takes_no_id_that_would_change_a_path() {
    for (const std::string id : {"1/../2", "..", "1?", "a b", "%2e", "1#"}) {
      for (const auto& change :
           {+[](cli::State&state, const std::string&wrong) { state.project.id = wrong; },
            +[](cli::State&state, const std::string&wrong) { state.role("x").id = wrong; },
            +[](cli::State&state, const std::string&wrong) { state.user_key.id = wrong; },
            +[](cli::State&state, const std::string&wrong) { state.events.user.id = wrong; },
            +[](cli::State&state, const std::string&wrong) { state.events.key.id = wrong; },
            +[](cli::State&state, const std::string&wrong) { state.user_key.old = {wrong}; }}) {
        cli::State state = some();
        change(state, id);
        CPPUNIT_ASSERT_MESSAGE(id, !cli::parse_state(to_json(state)));
      }
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(StateTest);

}  // namespace
