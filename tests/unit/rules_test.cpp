#include "fcgi/rules.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace {

using fcgi::Rules;

class RulesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RulesTest);
  CPPUNIT_TEST(refuses_a_file_without_a_rule);
  CPPUNIT_TEST(refuses_paths_that_no_request_can_have);
  CPPUNIT_TEST(refuses_what_is_no_requirement);
  CPPUNIT_TEST(refuses_two_lines_for_one_thing);
  CPPUNIT_TEST(refuses_files_without_bounds);
  CPPUNIT_TEST(reports_all_mistakes_with_their_lines);
  CPPUNIT_TEST(opens_nothing_that_no_line_is_for);
  CPPUNIT_TEST(opens_no_method_that_no_line_is_for);
  CPPUNIT_TEST(takes_no_part_of_a_segment_for_the_segment);
  CPPUNIT_TEST(knows_capitals_from_small_letters);
  CPPUNIT_TEST(the_longest_prefix_wins_wherever_it_stands);
  CPPUNIT_TEST(the_longest_prefix_wins_also_where_it_refuses);
  CPPUNIT_TEST(a_line_that_names_the_method_goes_before_one_that_does_not);
  CPPUNIT_TEST(get_brings_head_along);
  CPPUNIT_TEST(takes_comments_blanks_and_line_ends_of_all_kinds);
  CPPUNIT_TEST(takes_the_file_of_the_manual);
  CPPUNIT_TEST_SUITE_END();

  static Rules::Mistakes mistakes_in(std::string_view text) {
    const auto parsed = Rules::parse(text);
    const auto* mistakes = std::get_if<Rules::Mistakes>(&parsed);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), mistakes != nullptr);
    return *mistakes;
  }

  static void refuses(std::string_view text, std::string_view part) {
    const Rules::Mistakes mistakes = mistakes_in(text);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), std::size_t{1}, mistakes.size());
    CPPUNIT_ASSERT_MESSAGE(mistakes[0], mistakes[0].find(part) != std::string::npos);
  }

  static Rules rules(std::string_view text) {
    auto parsed = Rules::parse(text);
    const auto* mistakes = std::get_if<Rules::Mistakes>(&parsed);
    CPPUNIT_ASSERT_MESSAGE(mistakes == nullptr ? "" : mistakes->front(), mistakes == nullptr);
    return std::get<Rules>(std::move(parsed));
  }

  // What is asked for: "public", what is lacking, "path" or "method".
  static std::string asked(const Rules& rules, std::string_view path,
                           std::string_view method = "GET") {
    const auto found = rules.find(path, method);
    if (const auto* none = std::get_if<Rules::NoRule>(&found)) {
      return *none == Rules::NoRule::kPath ? "path" : "method";
    }
    const auth::Requirement& requirement = *std::get<const auth::Requirement*>(found);
    return requirement.is_public() ? "public" : requirement.describe();
  }

  static void asks(std::string_view expected, const Rules& rules, std::string_view path,
                   std::string_view method = "GET") {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(path), std::string(expected),
                                 asked(rules, path, method));
  }

  void refuses_a_file_without_a_rule() {
    for (const char* text : {"", "\n\n", "# / token\n", "  \t\n"}) refuses(text, "no rule");
  }

  void refuses_paths_that_no_request_can_have() {
    refuses("reports token", "begin with \"/\"");
    refuses("token", "begin with \"/\"");
    for (const char* text : {"/a%20b token", "/a?b token", "/* token", "/a#b token"}) {
      refuses(text, "written decoded");
    }
    for (const char* text : {"/a//b token", "/a/../b token", "/./ token", "/a/.. token"}) {
      refuses(text, "without \"//\"");
    }
    for (const char* text : {"/a\\b token", "/\xff token", "/a\x01 token", "/.. token"}) {
      refuses(text, "UTF-8");
    }
  }

  void refuses_what_is_no_requirement() {
    for (const char* text : {"/", "/ GET", "/ nothing", "/ role:", "/ token role:a", "/ role:a or",
                             "/ public token", "/ get token", "/ token get", "/ GET token"}) {
      refuses(text, "line 1: ");
    }
  }

  void refuses_two_lines_for_one_thing() {
    constexpr std::string_view kProblem = "line 2: an earlier line";
    refuses("/a token\n/a public", kProblem);
    refuses("/a token\n/a/ public", kProblem);
    refuses("/a token GET\n/a/ public POST GET", kProblem);
    refuses("/a token GET\n/a/ public HEAD", kProblem);
  }

  void refuses_files_without_bounds() {
    refuses(std::string(fcgi::kMaxRulesBytes + 1, '\n'), "larger");
    std::string text;
    for (std::size_t i = 0; i <= fcgi::kMaxRules; ++i) text += "/" + std::to_string(i) + " token\n";
    refuses(text, "more than");
    refuses("/ role:" + std::string(fcgi::kMaxRequirementBytes, 'x') + "\n", "2,000 bytes");
    std::string wrong;
    for (std::size_t i = 0; i < 100; ++i) wrong += "wrong\n";
    CPPUNIT_ASSERT_EQUAL(fcgi::kMaxRulesMistakes, mistakes_in(wrong).size());
  }

  void reports_all_mistakes_with_their_lines() {
    const Rules::Mistakes mistakes = mistakes_in("/ token\na token\n\n/b nothing\n/c//d token\n");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, mistakes.size());
    CPPUNIT_ASSERT(mistakes[0].starts_with("line 2: "));
    CPPUNIT_ASSERT(mistakes[1].starts_with("line 4: "));
    CPPUNIT_ASSERT(mistakes[2].starts_with("line 5: "));
  }

  void opens_nothing_that_no_line_is_for() {
    const Rules some = rules("/a public\n/b/c public\n");
    for (const char* path : {"/", "/b", "/b/", "/c", "/ab"}) asks("path", some, path);
  }

  void opens_no_method_that_no_line_is_for() {
    const Rules some = rules("/ public\n/a public GET\n/a token POST\n");
    asks("method", some, "/a", "DELETE");
    asks("method", some, "/a/b", "PUT");
    asks("method", some, "/a", "get");
    asks("method", some, "/a", "");
    CPPUNIT_ASSERT(some.methods("/a/b") == (std::vector<std::string>{"GET", "HEAD", "POST"}));
  }

  void takes_no_part_of_a_segment_for_the_segment() {
    const Rules some = rules("/ role:all\n/reports public\n");
    for (const char* path : {"/reports2", "/reports.txt", "/report", "/x/reports", "/reports;x"}) {
      asks("the role all", some, path);
    }
    for (const char* path : {"/reports", "/reports/", "/reports/x", "/reports/x/y"}) {
      asks("public", some, path);
    }
  }

  void knows_capitals_from_small_letters() {
    asks("the role all", rules("/ role:all\n/a public\n"), "/A");
  }

  void the_longest_prefix_wins_wherever_it_stands() {
    for (const char* text :
         {"/ role:a\n/b role:b\n/b/c role:c\n", "/b/c role:c\n/b role:b\n/ role:a\n",
          "/b/ role:b\n/ role:a\n/b/c/ role:c\n"}) {
      const Rules some = rules(text);
      asks("the role a", some, "/");
      asks("the role a", some, "/x");
      asks("the role b", some, "/b");
      asks("the role b", some, "/b/x");
      asks("the role c", some, "/b/c");
      asks("the role c", some, "/b/c/d/e");
    }
  }

  // A shorter prefix must not open what the longer one closes.
  void the_longest_prefix_wins_also_where_it_refuses() {
    asks("method", rules("/ public\n/b token POST\n"), "/b/x", "GET");
  }

  void a_line_that_names_the_method_goes_before_one_that_does_not() {
    for (const char* text :
         {"/a role:any\n/a role:write POST PUT\n", "/a role:write POST PUT\n/a role:any\n"}) {
      const Rules some = rules(text);
      asks("the role any", some, "/a", "GET");
      asks("the role write", some, "/a", "POST");
      asks("the role write", some, "/a/b", "PUT");
      asks("the role any", some, "/a", "DELETE");
    }
  }

  void get_brings_head_along() {
    const Rules some = rules("/a public GET\n/b role:b GET\n");
    asks("public", some, "/a", "HEAD");
    asks("the role b", some, "/b", "HEAD");
  }

  void takes_comments_blanks_and_line_ends_of_all_kinds() {
    const Rules some = rules("# comment\r\n\r\n \t/a\t \trole:a  or\trole:b \t GET\t\r\n/b token");
    asks("the role a or the role b", some, "/a");
    CPPUNIT_ASSERT(asked(some, "/b") != "path");
  }

  void takes_the_file_of_the_manual() {
    const Rules some = rules(
        "# path prefix     what is required                         methods (optional)\n"
        "/                 token\n"
        "/downloads/       public                                   GET HEAD\n"
        "/reports/         role:reports.read\n"
        "/reports/         role:reports.write                       POST PUT DELETE\n"
        "/partner/         role:partner org:250719447407395299\n"
        "/internal/        role:staff or role:admin\n");
    asks("public", some, "/downloads/a", "HEAD");
    asks("method", some, "/downloads/a", "POST");
    asks("the role reports.read", some, "/reports");
    asks("the role reports.write", some, "/reports/1", "DELETE");
    asks("the role staff or the role admin", some, "/internal/");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RulesTest);

}  // namespace
