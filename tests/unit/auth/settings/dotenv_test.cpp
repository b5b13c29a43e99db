// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/dotenv.h"

#include <cppunit/extensions/HelperMacros.h>

#include <iterator>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace {

using auth::Dotenv;

class DotenvTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(DotenvTest);
  CPPUNIT_TEST(refuses_lines_that_are_no_assignment);
  CPPUNIT_TEST(refuses_a_quote_that_is_never_closed);
  CPPUNIT_TEST(refuses_text_after_the_closing_quote);
  CPPUNIT_TEST(refuses_utf_16);
  CPPUNIT_TEST(never_shows_a_value_in_a_mistake);
  CPPUNIT_TEST(gives_all_mistakes_with_their_lines);
  CPPUNIT_TEST(stops_after_so_many_mistakes);
  CPPUNIT_TEST(reads_on_after_a_mistake);
  CPPUNIT_TEST(reads_nothing_from_nothing);
  CPPUNIT_TEST(reads_what_other_readers_read);
  CPPUNIT_TEST(reads_escapes_in_double_quotes);
  CPPUNIT_TEST(reads_escapes_in_single_quotes);
  CPPUNIT_TEST(does_not_expand_variables);
  CPPUNIT_TEST(ends_lines_with_lf_or_cr_lf_or_cr);
  CPPUNIT_TEST(passes_over_a_byte_order_mark);
  CPPUNIT_TEST(reads_quoted_values_that_span_lines);
  CPPUNIT_TEST(gives_names_that_repeat_in_order);
  CPPUNIT_TEST(begins_a_section_with_a_heading);
  CPPUNIT_TEST(refuses_headings_that_are_none);
  CPPUNIT_TEST_SUITE_END();

  using Pairs = std::vector<std::pair<std::string, std::string>>;

  static Dotenv parse(std::string_view text) { return auth::parse_dotenv(auth::SecretView(text)); }

  static Pairs pairs_in(const Dotenv& dotenv) {
    Pairs pairs;
    for (const auto& entry : dotenv.entries) {
      pairs.emplace_back(entry.name, std::string(entry.value.reveal()));
    }
    return pairs;
  }

  static void reads(const Pairs& expected, std::string_view text) {
    const Dotenv dotenv = parse(text);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), dotenv.mistakes.empty());
    CPPUNIT_ASSERT_MESSAGE(std::string(text), expected == pairs_in(dotenv));
  }

  static void reads_value(const std::string& expected, std::string_view text) {
    const Dotenv dotenv = parse("A=" + std::string(text));
    CPPUNIT_ASSERT_MESSAGE(std::string(text), dotenv.mistakes.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, dotenv.entries.size());
    CPPUNIT_ASSERT_EQUAL(expected, std::string(dotenv.entries[0].value.reveal()));
  }

  static void refuses(const std::string& message, unsigned line, std::string_view text) {
    const Dotenv dotenv = parse(text);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), std::size_t{1}, dotenv.mistakes.size());
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), message, dotenv.mistakes[0].message);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(std::string(text), line, dotenv.mistakes[0].line);
    CPPUNIT_ASSERT_MESSAGE(std::string(text), dotenv.entries.empty());
  }

  void refuses_lines_that_are_no_assignment() {
    const std::string no_name = "does not begin with a name of letters, digits and '_'";
    for (const char* text :
         {"=1", " = 1", "{\"type\": 1}", "export =1", "export ", "$A=1", "\xc3\xa4=1", "/=1"}) {
      refuses(no_name, 1, text);
    }
    for (const char* text : {"A b", "A 'b'", "export A b=c", "set A=1", "- A: b"}) {
      refuses("has no '=' after the name", 1, text);
    }
    for (const char* text : {"'A'=1", "\"A\"=1", "\"A\": \"b\"", "export 'A'=1"}) {
      refuses("begins with a quote: write the name without it, NAME=value", 1, text);
    }
    for (const char* text : {"A:b", "A: b", "A : b", "A: 'b'", "A:", "A:=b", "export A: b"}) {
      refuses("has ':' after the name: write '=' instead, NAME=value", 1, text);
    }
    for (const char* text : {"A\xc3\xa4=b", "A+=b", "A'=b", "A[0]=1", "A\x01=1"}) {
      refuses("has a character in its name that is no letter, digit or '_'", 1, text);
    }
  }

  void refuses_a_quote_that_is_never_closed() {
    for (const char* text : {"\nA=\"", "\nA='", "\nA=\"b", "\nA='b\"", "\nA=\"b'\nB=2",
                             "\nA=\"b\\\"", "\nA='b\\'", "\nA=\"b\\\\\\\"\n\n"}) {
      refuses("opens a quote that is never closed", 2, text);
    }
  }

  void refuses_text_after_the_closing_quote() {
    for (const char* text :
         {"A=\"b\"c", "A='b'c", "A=\"b\" c", "A=\"b\"\"c\"", "A=''b", "A='' '"}) {
      refuses("has text after the closing quote", 1, text);
    }
    // A quote that was forgotten runs into the next one: told where it ends.
    refuses("has text after the closing quote", 2, "A=\"b\nB=\"c");
  }

  void refuses_utf_16() {
    const std::string message = "holds a zero byte: save the file as UTF-8, not as UTF-16";
    refuses(message, 1,
            std::string_view("\xff\xfe"
                             "A\0=\0",
                             6));
    refuses(message, 3, std::string_view("A=1\nB=2\nC=\0", 11));
  }

  void never_shows_a_value_in_a_mistake() {
    for (const char* text :
         {"A=\"4711", "A='4711", "A=\"b\"4711", "A 4711", "A:4711", "=4711", "'4711'", "{4711}"}) {
      const Dotenv dotenv = parse(text);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, dotenv.mistakes.size());
      CPPUNIT_ASSERT(dotenv.mistakes[0].message.find("4711") == std::string::npos);
      CPPUNIT_ASSERT(dotenv.mistakes[0].name.find("4711") == std::string::npos);
    }
  }

  void gives_all_mistakes_with_their_lines() {
    const Dotenv dotenv = parse("A b\r\n# c\r\rB=1\n: d\nC='\n'e\nD=\"");
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, dotenv.mistakes.size());
    const std::pair<unsigned, std::string> expected[] = {{1, "A"}, {5, ""}, {7, "C"}, {8, "D"}};
    for (std::size_t i = 0; i < 4; ++i) {
      CPPUNIT_ASSERT_EQUAL(expected[i].first, dotenv.mistakes[i].line);
      CPPUNIT_ASSERT_EQUAL(expected[i].second, dotenv.mistakes[i].name);
    }
  }

  void stops_after_so_many_mistakes() {
    std::string text;
    for (int i = 0; i < 1000; ++i) text += "=\n";
    CPPUNIT_ASSERT_EQUAL(auth::kMaxDotenvMistakes, parse(text).mistakes.size());
  }

  void reads_on_after_a_mistake() {
    CPPUNIT_ASSERT((Pairs{{"B", "2"}, {"C", "3"}} == pairs_in(parse("A b\nB=2\nD='x'y\nC=3"))));
  }

  void reads_nothing_from_nothing() {
    for (const char* text : {"", "\n", "\r\n\r\n", "  \t\n \n", "#", "# A=1", "  # A=1\n#B=2\n"}) {
      reads({}, text);
    }
  }

  // The expectations are python-dotenv's 1.2, but for "A= #c", which python-dotenv gives as "#c"
  // and a shell and npm's dotenv as nothing.
  void reads_what_other_readers_read() {
    reads({{"A", "1"}, {"B", "2"}}, "A=1\nB=2");
    reads({{"A", "b"}}, "  A = b  ");
    reads({{"A", "1"}}, "export A=1");
    reads({{"A", "1"}}, "export\t A=1");
    reads({{"export", "1"}}, "export=1");
    reads({{"exports", "1"}}, "exports=1");
    reads({{"A", ""}, {"B", ""}, {"C", ""}}, "A\nexport B\nC # c");
    reads({{"A-B.c_1", "1"}}, "A-B.c_1=1");
    reads_value("", "");
    reads_value("", "''");
    reads_value("", "\"\"");
    reads_value("", " ");
    reads_value("", " #c");
    reads_value("#c", "#c");
    reads_value("b#c", "b#c");
    reads_value("b", "b #c");
    reads_value("b", "b\t#c # d");
    reads_value("a b", "a b  ");
    reads_value("1=2", "1=2");
    reads_value("b\"c'", "b\"c'");
    reads_value("x", "'x' #c");
    reads_value("x", "\"x\"#c");
    reads_value(" x # y ", "\" x # y \"");
    reads_value("\xc3\xa4", "\xc3\xa4");
  }

  void reads_escapes_in_double_quotes() {
    reads_value("\\\"'\a\b\f\n\r\t\v", R"("\\\"\'\a\b\f\n\r\t\v")");
    reads_value("b\\d\\$\\u00e4\\x", R"("b\d\$\u00e4\x")");
    reads_value("\\n", R"("\\n")");
    reads_value("b\\", R"("b\\")");
    reads_value("it's", "\"it's\"");
  }

  void reads_escapes_in_single_quotes() {
    reads_value("a'b", R"('a\'b')");
    reads_value("b\\", R"('b\\')");
    reads_value(R"(\n\t\"\x)", R"('\n\t\"\x')");
    reads_value("say \"x\"", "'say \"x\"'");
  }

  void does_not_expand_variables() {
    for (const char* text : {"${B}", "$B", "a$", "`b`", "$(b)"}) {
      const std::string value = text;
      reads_value(value, value);
      reads_value(value, "\"" + value + "\"");
      reads_value(value, "'" + value + "'");
    }
    reads_value("a\\nb", "a\\nb");
  }

  void ends_lines_with_lf_or_cr_lf_or_cr() {
    reads({{"A", "1"}, {"B", "2"}, {"C", "3"}, {"D", "4"}}, "  A=1\r\nB='2'\rC=\"3\"\nD=4\r\n");
    const Dotenv dotenv = parse("A=1\r\n\r\n\n\rB=2");
    CPPUNIT_ASSERT_EQUAL(5U, dotenv.entries.at(1).line);
  }

  void passes_over_a_byte_order_mark() {
    reads({{"A", "1"}},
          "\xef\xbb\xbf"
          "A=1");
    reads({}, "\xef\xbb\xbf");
  }

  void reads_quoted_values_that_span_lines() {
    const Dotenv dotenv = parse("A=\"l1\nl2\r\n\n\"\nexport B='\n' #c\nC=3");
    CPPUNIT_ASSERT(dotenv.mistakes.empty());
    CPPUNIT_ASSERT((Pairs{{"A", "l1\nl2\r\n\n"}, {"B", "\n"}, {"C", "3"}} == pairs_in(dotenv)));
    CPPUNIT_ASSERT_EQUAL(1U, dotenv.entries[0].line);
    CPPUNIT_ASSERT_EQUAL(5U, dotenv.entries[1].line);
    CPPUNIT_ASSERT_EQUAL(7U, dotenv.entries[2].line);
  }

  void gives_names_that_repeat_in_order() {
    reads({{"A", "1"}, {"B", "2"}, {"A", "3"}}, "A=1\nB=2\nA=3");
  }

  void begins_a_section_with_a_heading() {
    const Dotenv dotenv = parse(
        "A=1\n[ x.example  /y ]  # the first\nB=2\nC='\n[no "
        "heading]\n'\n\t[[::1]]\r\n#[z]\nD=[3]\n");
    CPPUNIT_ASSERT(dotenv.mistakes.empty());
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, dotenv.headings.size());
    CPPUNIT_ASSERT_EQUAL(std::string("x.example  /y"), dotenv.headings[0].text);
    CPPUNIT_ASSERT_EQUAL(2U, dotenv.headings[0].line);
    CPPUNIT_ASSERT_EQUAL(std::string("[::1]"), dotenv.headings[1].text);
    CPPUNIT_ASSERT_EQUAL(7U, dotenv.headings[1].line);
    const std::size_t sections[] = {0, 1, 1, 2};
    CPPUNIT_ASSERT_EQUAL(std::size(sections), dotenv.entries.size());
    for (std::size_t i = 0; i < std::size(sections); ++i) {
      CPPUNIT_ASSERT_EQUAL(sections[i], dotenv.entries[i].section);
    }
  }

  // What follows is in no section that is another one's.
  void refuses_headings_that_are_none() {
    for (const std::string heading : {"[", "[]", "[ ]", "[x", "[x] y", "[x # ]y"}) {
      const Dotenv dotenv = parse("[good]\n" + heading + "\nA=1");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(heading, std::size_t{1}, dotenv.mistakes.size());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(heading, 2U, dotenv.mistakes[0].line);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(heading, std::size_t{2}, dotenv.headings.size());
      CPPUNIT_ASSERT_MESSAGE(heading, dotenv.headings[1].text.empty());
      CPPUNIT_ASSERT_EQUAL_MESSAGE(heading, std::size_t{2}, dotenv.entries.back().section);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(DotenvTest);

}  // namespace
