// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/command_line.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using fcgi::Command;
using fcgi::parse_command;
using fcgi::Starter;
using Action = Command::Action;
using Arguments = std::vector<std::string_view>;

constexpr Starter kPerson{false, false, true};
constexpr Starter kScript{false, false, false};
constexpr Starter kManager{false, true, false};
constexpr Starter kCgi{true, false, false};
constexpr Starter kCgiOnTerminal{true, false, true};

const Arguments kAll[] = {
    {"--help"}, {"-h"},         {"--version"}, {"--settings"},  {"--check"},
    {"-t"},     {"--nonsense"}, {""},          {"--rule", "/"}, {"--check", "--as", "root"}};

class CommandLineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CommandLineTest);
  CPPUNIT_TEST(obeys_no_argument_of_a_client);
  CPPUNIT_TEST(knows_cgi_by_any_of_its_variables);
  CPPUNIT_TEST(obeys_a_check_alone_on_a_socket);
  CPPUNIT_TEST(introduces_itself_on_a_terminal_without_arguments);
  CPPUNIT_TEST(refuses_what_it_does_not_understand);
  CPPUNIT_TEST(takes_values_in_either_form);
  CPPUNIT_TEST_SUITE_END();

  static Action action_of(const Arguments& arguments, const Starter& starter) {
    const auto command = parse_command(arguments, starter);
    CPPUNIT_ASSERT_MESSAGE(arguments.empty() ? "" : std::string(arguments[0]), command.has_value());
    return command->action;
  }

  void obeys_no_argument_of_a_client() {
    for (const Starter& starter : {kCgi, kCgiOnTerminal, Starter{true, true, true}}) {
      for (const Arguments& arguments : kAll) {
        CPPUNIT_ASSERT(Action::kServe == action_of(arguments, starter));
      }
      CPPUNIT_ASSERT(Action::kServe == action_of({}, starter));
    }
  }

  void knows_cgi_by_any_of_its_variables() {
    for (const char* name : {"GATEWAY_INTERFACE", "REQUEST_METHOD", "QUERY_STRING", "SCRIPT_NAME",
                             "SERVER_PROTOCOL", "SERVER_SOFTWARE", "REMOTE_ADDR"}) {
      const std::string with_value = std::string(name) + "=x";
      const std::string without = std::string(name) + "=";
      CPPUNIT_ASSERT_MESSAGE(name, fcgi::has_cgi_variables({"PATH=/bin", with_value}));
      CPPUNIT_ASSERT_MESSAGE(name, fcgi::has_cgi_variables({without}));
    }
    CPPUNIT_ASSERT(!fcgi::has_cgi_variables({"PATH=/bin", "MY_REQUEST_METHOD=GET", "HOME=/root",
                                             "REQUEST_METHODS=GET", "ZITADEL_DOMAIN=a"}));
  }

  void obeys_a_check_alone_on_a_socket() {
    CPPUNIT_ASSERT(Action::kCheck == action_of({"--check"}, kManager));
    CPPUNIT_ASSERT(Action::kCheck == action_of({"-t", "--as", "www-data"}, kManager));
    for (const Arguments& arguments : {Arguments{},
                                       {"--help"},
                                       {"--settings"},
                                       {"x", "--check"},
                                       {"--rule", "/"},
                                       {"--nonsense"}}) {
      CPPUNIT_ASSERT(Action::kServe == action_of(arguments, kManager));
    }
  }

  void introduces_itself_on_a_terminal_without_arguments() {
    CPPUNIT_ASSERT(Action::kIntroduce == action_of({}, kPerson));
    CPPUNIT_ASSERT(Action::kServe == action_of({}, kScript));
  }

  void refuses_what_it_does_not_understand() {
    for (const Arguments& arguments : {Arguments{"--nonsense"},
                                       {"check"},
                                       {""},
                                       {"--as"},
                                       {"--as="},
                                       {"--as", "--check"},
                                       {"--as", "a", "--as", "b"},
                                       {"--token-file", "a"},
                                       {"--rule"},
                                       {"--check", "x"}}) {
      CPPUNIT_ASSERT_MESSAGE(std::string(arguments[0]), !parse_command(arguments, kPerson));
    }
  }

  void takes_values_in_either_form() {
    for (const Arguments& arguments :
         {Arguments{"--rule", "GET /a b=c", "--as=me", "--token-file", "-"},
          {"--token-file=-", "--rule=GET /a b=c", "--as", "me"}}) {
      const auto command = parse_command(arguments, kScript);
      CPPUNIT_ASSERT(command && Action::kAskRules == command->action);
      CPPUNIT_ASSERT_EQUAL(std::string("GET /a b=c"), command->rule);
      CPPUNIT_ASSERT_EQUAL(std::string("me"), command->user);
      CPPUNIT_ASSERT_EQUAL(std::string("-"), command->token_file);
    }
    CPPUNIT_ASSERT(Action::kShowVersion == action_of({"--check", "--version"}, kScript));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CommandLineTest);

}  // namespace
