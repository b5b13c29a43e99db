// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/rules.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using fcgi::Rules;

class RulesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RulesTest);
  CPPUNIT_TEST(refuses_a_file_without_a_rule);
  CPPUNIT_TEST(refuses_paths_that_no_request_can_have);
  CPPUNIT_TEST(refuses_what_is_no_requirement);
  CPPUNIT_TEST(refuses_two_lines_for_one_thing);
  CPPUNIT_TEST(refuses_methods_that_nobody_knows);
  CPPUNIT_TEST(refuses_methods_that_are_written_otherwise);
  CPPUNIT_TEST(refuses_commas_between_words);
  CPPUNIT_TEST(refuses_caseless_behind_a_rule_or_with_more_on_its_line);
  CPPUNIT_TEST(refuses_paths_whose_case_cannot_be_ignored);
  CPPUNIT_TEST(refuses_files_without_bounds);
  CPPUNIT_TEST(reports_all_mistakes_with_their_lines);
  CPPUNIT_TEST(opens_nothing_that_no_line_is_for);
  CPPUNIT_TEST(opens_no_method_that_no_line_is_for);
  CPPUNIT_TEST(takes_no_part_of_a_segment_for_the_segment);
  CPPUNIT_TEST(knows_capitals_from_small_letters);
  CPPUNIT_TEST(the_longest_prefix_wins_wherever_it_stands);
  CPPUNIT_TEST(the_longest_prefix_wins_also_where_it_refuses);
  CPPUNIT_TEST(a_line_without_methods_is_for_all_where_it_is_alone);
  CPPUNIT_TEST(a_line_without_methods_is_for_reading_where_others_name_some);
  CPPUNIT_TEST(a_star_is_for_all_methods_that_no_other_line_names);
  CPPUNIT_TEST(get_brings_head_along);
  CPPUNIT_TEST(compares_without_case_where_it_is_told_to);
  CPPUNIT_TEST(finds_the_rules_below_a_path);
  CPPUNIT_TEST(lines_that_require_the_same_have_the_same_requirement);
  CPPUNIT_TEST(takes_comments_blanks_and_line_ends_of_all_kinds);
  CPPUNIT_TEST(takes_the_file_of_the_manual);
  CPPUNIT_TEST_SUITE_END();

  static auth::Mistakes mistakes_in(std::string_view text) {
    const auto parsed = Rules::parse(text);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), !parsed);
    return parsed.error();
  }

  static void refuses(std::string_view text, std::string_view part) {
    const auth::Mistakes mistakes = mistakes_in(text);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), std::size_t{1}, mistakes.size());
    CPPUNIT_ASSERT_MESSAGE(mistakes[0], mistakes[0].find(part) != std::string::npos);
  }

  static Rules rules(std::string_view text) {
    auto parsed = Rules::parse(text);
    CPPUNIT_ASSERT_MESSAGE(parsed ? "" : parsed.error().front(), parsed.has_value());
    return *std::move(parsed);
  }

  // What is asked for: "public", what is lacking, "path" or "method".
  static std::string asked(const Rules& rules, std::string_view path,
                           std::string_view method = "GET") {
    const auto found = rules.find(path, method);
    if (!found) {
      return found.error() == Rules::NoRule::kPath ? "path" : "method";
    }
    const auth::Requirement& requirement = **found;
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
    refuses("\xef\xbb\xbf/ token", "byte order mark");
    refuses("/.. token", "leads above \"/\"");
    refuses("/ token # comment", "a comment needs a line of its own");
    for (const char* text :
         {"/a%20b token", "/a?b token", "/* token", "/a#b token", "/a;b token"}) {
      refuses(text, "written decoded");
    }
    for (const char* text : {"/a//b token", "/a/../b token", "/./ token", "/a/.. token",
                             "//a token", "// token", "/a// token", "/a/. token", "/a./b token",
                             "/1\xef\xbc\x8f"
                             "2 token"}) {
      refuses(text, "without \"//\"");
    }
    for (const char* text :
         {"/a\\b token", "/\xff token", "/a\x01 token", "/.. token", "/a:$b token"}) {
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
    refuses("/a token *\n/a public GET *", kProblem);
    refuses("/a token\n/a public POST\n/a role:x PUT POST", "line 3: an earlier line");
    refuses("caseless\n/a token\n/A public", "line 3: an earlier line");
    refuses("caseless\n/a token POST\n/A/ public PUT POST", "line 3: an earlier line");
    // Beside others, a line without methods is for GET and HEAD.
    for (const char* text : {"/a token\n/a public GET", "/a public GET\n/a token",
                             "/a token\n/a public HEAD", "/a public POST GET\n/a token"}) {
      refuses(text, "write \"*\" for all that no other line names");
    }
  }

  void refuses_methods_that_nobody_knows() {
    refuses("/ token GTE", "\"GTE\": is GET meant?");
    refuses("/ token GET PSOT DELETE", "\"PSOT\": is POST meant?");
    refuses("/ PUBLIC", "\"PUBLIC\" is no method: \"public\" is written in small letters");
    refuses("/ token ADMIN", "neither HTTP nor WebDAV knows a method \"ADMIN\"");
    refuses("/ token M-SEARCH", "\"M-SEARCH\"");
    rules("/ token GET PROPFIND VERSION-CONTROL BASELINE-CONTROL\n");
  }

  void refuses_methods_that_are_written_otherwise() {
    for (const char* text : {"/ token get", "/ token Post", "/ GET token", "/ token GET role:a",
                             "/ role:a put PUT", "/ token GET or POST"}) {
      refuses(text, "methods stand at the end of the line, in capitals");
    }
  }

  void refuses_commas_between_words() {
    for (const char* text :
         {"/ role:a, role:b", "/ role:a,role:b", "/ role:a ,role:b", "/ role:a , role:b",
          "/ scope:a, scope:b", "/ org:1,org:2", "/ public, GET", "/ token GET, POST",
          "/ token GET,POST", "/ role:a, GET"}) {
      refuses(text, "comma");
    }
    rules("/a,b role:a%2Cb\n");
  }

  void refuses_caseless_behind_a_rule_or_with_more_on_its_line() {
    refuses("/ token\ncaseless\n", "line 2: \"caseless\" must stand before the first rule");
    for (const char* text :
         {"caseless yes\n/ token", "caseless token\n/ token", "caseless /\n/ token"}) {
      refuses(text, "line 1: \"caseless\" stands alone");
    }
    refuses("Caseless\n/ token", "\"caseless\" is written in small letters");
    refuses("caseless\n", "no rule");
  }

  // Programs differ in which letters are the same beyond ASCII.
  void refuses_paths_whose_case_cannot_be_ignored() {
    for (const char* path : {"/caf\xc3\xa9", "/\xc5\xbftaff", "/DIS\xe2\x84\xaa", "/gru\xc3\x9f"}) {
      refuses("caseless\n" + std::string(path) + " token", "in ASCII alone");
      rules(std::string(path) + " token\n");
    }
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
    const auth::Mistakes mistakes = mistakes_in("/ token\na token\n\n/b nothing\n/c//d token\n");
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

  void a_line_without_methods_is_for_all_where_it_is_alone() {
    const Rules some = rules("/a role:any\n/a/b role:x GET\n");
    for (const char* method : {"GET", "HEAD", "POST", "PATCH", "PROPFIND", "X"}) {
      asks("the role any", some, "/a", method);
    }
  }

  void a_line_without_methods_is_for_reading_where_others_name_some() {
    for (const char* text :
         {"/a role:read\n/a role:write POST PUT\n", "/a role:write POST PUT\n/a/ role:read\n"}) {
      const Rules some = rules(text);
      asks("the role read", some, "/a", "GET");
      asks("the role read", some, "/a", "HEAD");
      asks("the role write", some, "/a", "POST");
      asks("the role write", some, "/a/b", "PUT");
      for (const char* method :
           {"DELETE", "PATCH", "MOVE", "PROPPATCH", "OPTIONS", "post", "X", ""}) {
        asks("method", some, "/a", method);
      }
    }
    CPPUNIT_ASSERT(rules("/a role:read\n/a role:write POST PUT\n").methods("/a/b") ==
                   (std::vector<std::string>{"GET", "HEAD", "POST", "PUT"}));
  }

  void a_star_is_for_all_methods_that_no_other_line_names() {
    for (const char* text :
         {"/a role:read GET\n/a role:write *\n", "/a role:write *\n/a role:read GET\n",
          "/a role:read\n/a role:write *\n", "/a role:write *\n/a role:read\n"}) {
      const Rules some = rules(text);
      asks("the role read", some, "/a", "GET");
      asks("the role read", some, "/a", "HEAD");
      for (const char* method : {"POST", "DELETE", "PROPFIND", "X"}) {
        asks("the role write", some, "/a", method);
      }
    }
    const Rules some = rules("/a role:a *\n/b role:b GET *\n/b role:c PUT\n");
    asks("the role a", some, "/a", "GET");
    asks("the role b", some, "/b", "DELETE");
    asks("the role c", some, "/b", "PUT");
  }

  void get_brings_head_along() {
    const Rules some = rules("/a public GET\n/b role:b GET\n");
    asks("public", some, "/a", "HEAD");
    asks("the role b", some, "/b", "HEAD");
    for (const char* text : {"/a token GET", "/a token GET HEAD", "/a token HEAD GET"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::size_t{2}, rules(text).methods("/a").size());
    }
  }

  void compares_without_case_where_it_is_told_to() {
    const Rules some = rules("# site\ncaseless\n/ role:all\n/Internal/ role:staff\n");
    CPPUNIT_ASSERT(some.letters() == fcgi::Case::kIgnored);
    asks("the role staff", some, "/internal/x");
    CPPUNIT_ASSERT(rules("/ token\n").letters() == fcgi::Case::kMatters);
  }

  void finds_the_rules_below_a_path() {
    const Rules some = rules(
        "/ role:all\n/a role:a\n/a/b role:b GET\n/a/b role:w PUT\n/a/b/c public\n/ab role:ab\n");
    const auto below = [&some](std::string_view path, std::string_view method) {
      std::string text;
      for (const auth::Requirement* each : some.find_below(path, method)) {
        text += each == nullptr ? "none;" : each->describe() + ";";
      }
      return text;
    };
    CPPUNIT_ASSERT_EQUAL(std::string("the role b;nothing;"), below("/a", "GET"));
    CPPUNIT_ASSERT_EQUAL(std::string("none;nothing;"), below("/a", "DELETE"));
    CPPUNIT_ASSERT_EQUAL(std::string("nothing;"), below("/a/b", "DELETE"));
    CPPUNIT_ASSERT_EQUAL(std::string(), below("/a/b/c", "DELETE"));
    CPPUNIT_ASSERT_EQUAL(std::string(), below("/a/b/x", "DELETE"));
    CPPUNIT_ASSERT_EQUAL(std::string("the role a;the role w;nothing;the role ab;"),
                         below("/", "PUT"));
  }

  void lines_that_require_the_same_have_the_same_requirement() {
    const Rules some = rules("/a role:x\n/b  role:x  GET\n/c role:y\n");
    const auto of = [&some](std::string_view path) { return some.find(path, "GET").value(); };
    CPPUNIT_ASSERT(of("/a") == of("/b"));
    CPPUNIT_ASSERT(of("/a") != of("/c"));
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
        "/downloads/       public                                   GET\n"
        "/reports/         role:reports.write                       *\n"
        "/reports/         role:reports.read                        GET\n"
        "/partner/         role:partner org:250719447407395299\n"
        "/internal/        role:staff or role:admin\n");
    asks("public", some, "/downloads/a", "HEAD");
    asks("method", some, "/downloads/a", "POST");
    asks("the role reports.read", some, "/reports");
    asks("the role reports.write", some, "/reports/1", "DELETE");
    asks("the role reports.write", some, "/reports/1", "PATCH");
    asks("the role staff or the role admin", some, "/internal/");
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RulesTest);

}  // namespace
