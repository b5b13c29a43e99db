// SPDX-License-Identifier: Apache-2.0
#include "auth/base/json.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>
#include <vector>

namespace {

using auth::Json;

class JsonTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonTest);
  CPPUNIT_TEST(refuses_what_is_no_json);
  CPPUNIT_TEST(refuses_literals_json_does_not_know);
  CPPUNIT_TEST(refuses_numbers_of_another_spelling);
  CPPUNIT_TEST(refuses_anything_behind_the_value);
  CPPUNIT_TEST(refuses_duplicate_members);
  CPPUNIT_TEST(refuses_control_characters_in_strings);
  CPPUNIT_TEST(refuses_escapes_json_does_not_know);
  CPPUNIT_TEST(refuses_nul_however_it_is_spelt);
  CPPUNIT_TEST(refuses_half_a_surrogate_pair);
  CPPUNIT_TEST(refuses_invalid_utf8);
  CPPUNIT_TEST(refuses_every_cut);
  CPPUNIT_TEST(refuses_what_is_nested_too_deep);
  CPPUNIT_TEST(gives_no_integer_beyond_exactness);
  CPPUNIT_TEST(gives_no_value_of_another_type);
  CPPUNIT_TEST(takes_what_rfc_8259_allows);
  CPPUNIT_TEST(reads_strings_as_they_were_meant);
  CPPUNIT_TEST(reads_integers_to_their_limits);
  CPPUNIT_TEST(visits_in_order);
  CPPUNIT_TEST(shares_its_document);
  CPPUNIT_TEST(quotes_what_it_can_read);
  CPPUNIT_TEST(parses_a_secret_alike);
  CPPUNIT_TEST_SUITE_END();

  // Every text also stands inside an array and as a member, where json-c takes other ways.
  static void refuses(const std::string& text) {
    CPPUNIT_ASSERT_MESSAGE(text, !Json::parse(text));
    CPPUNIT_ASSERT_MESSAGE(text, !Json::parse_secret(auth::SecretView(text)));
    CPPUNIT_ASSERT_MESSAGE(text, !Json::parse('[' + text + ']'));
    CPPUNIT_ASSERT_MESSAGE(text, !Json::parse("{\"a\":" + text + '}'));
  }

  static void refuses_string(const std::string& inside) {
    refuses('"' + inside + '"');
    const std::string as_name = "{\"" + inside + "\":1}";
    CPPUNIT_ASSERT_MESSAGE(as_name, !Json::parse(as_name));
  }

  static Json parse(const std::string& text) {
    const auto value = Json::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text, value.has_value());
    return *value;
  }

  void refuses_what_is_no_json() {
    CPPUNIT_ASSERT(!Json::parse(""));
    CPPUNIT_ASSERT(!Json::parse(" "));
    for (const char* text : {"{",
                             "}",
                             "[",
                             "]",
                             "{]",
                             "[}",
                             "[1,]",
                             "[,1]",
                             "[1 2]",
                             "[1,,2]",
                             "{\"a\"}",
                             "{\"a\":}",
                             "{\"a\":1,}",
                             "{,}",
                             "{\"a\" 1}",
                             "{a:1}",
                             "{1:1}",
                             "{'a':1}",
                             "'a'",
                             "\"a",
                             "a\"",
                             "\"",
                             "{\"a\":1 \"b\":2}",
                             "{\"a\":1;\"b\":2}",
                             "{\"a\"::1}",
                             "[1:2]",
                             ":",
                             "\"a\":1",
                             "/* */ 1",
                             "1 /* */",
                             "// a\n1",
                             "# a\n1",
                             "<html>",
                             "active=true",
                             "\xef\xbb\xbf{}",
                             "{}\v",
                             "\f{}",
                             "\xc2\xa0{}",
                             "[\"a\" \"b\"]",
                             "[truefalse]",
                             "[1true]",
                             "[1\"a\"]"}) {
      refuses(text);
    }
    CPPUNIT_ASSERT(!Json::parse("1,"));
    CPPUNIT_ASSERT(!Json::parse(","));
  }

  void refuses_literals_json_does_not_know() {
    for (const char* text : {"NaN",  "nan",  "-NaN", "Infinity",  "-Infinity", "infinity", "inf",
                             "-inf", "True", "TRUE", "tru",       "truee",     "False",    "Null",
                             "NULL", "nul",  "nil",  "undefined", "None",      "yes"}) {
      refuses(text);
    }
  }

  // RFC 8259 §6.
  void refuses_numbers_of_another_spelling() {
    for (const char* text :
         {"01",    "00",    "-01",   "-",   "+1",   "1.",       ".5",        "-.5", "1.e5",
          "1e",    "1e+",   "1e-",   "1E",  "0x10", "1_000",    "1,000.0.0", "--1", "1-1",
          "1e5.5", "1e5e5", "1.2.3", "0b1", "1f",   "\xd9\xa1", "- 1",       "1 e5"}) {
      refuses(text);
    }
  }

  void refuses_anything_behind_the_value() {
    using namespace std::string_literals;
    for (const std::string& text :
         {"{}{}"s, "{} x"s, "{}]"s, "{}\0"s, "{}\0x"s, "1 2"s, "1\0"s, "true false"s, "\"a\"\"b\""s,
          "{\"active\":false}\0{\"active\":true}"s, "[]\"a\""s, "{}\x1a"s, "{},"s, "null null"s}) {
      CPPUNIT_ASSERT_MESSAGE(text, !Json::parse(text));
      CPPUNIT_ASSERT_MESSAGE(text, !Json::parse_secret(auth::SecretView(text)));
    }
  }

  void refuses_duplicate_members() {
    for (const char* text :
         {R"({"active":false,"active":true})", R"({"a":1,"a":1})", R"({"a":1,"\u0061":1})",
          R"({"a":{"b":1,"b":2}})", R"([{"a":1,"a":2}])", R"({"":1,"":2})",
          R"({"a":null,"a":null})", R"({"\/":1,"/":2})", "{\"\xc3\xa9\":1,\"\\u00e9\":2}",
          R"({"a":{"x":1},"b":2,"a":{"x":1}})"}) {
      refuses(text);
    }
    parse(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],":":"::","\"":":"})");
  }

  void refuses_control_characters_in_strings() {
    for (int code = 0; code < 0x20; ++code) {
      refuses_string('a' + std::string(1, static_cast<char>(code)) + 'b');
      refuses_string(std::string("\\") + static_cast<char>(code));
    }
    parse("\"\x7f\"");
  }

  void refuses_escapes_json_does_not_know() {
    for (const char* inside :
         {"\\", "\\a", "\\x41", "\\'", "\\0", "\\v", "\\u", "\\u1", "\\u12", "\\u123", "\\u123g",
          "\\U0041", "\\u 041", "\\u+041", "\\u-041", "\\u{41}", "\\u00 1", "\\ u0041", "\\%"}) {
      refuses_string(inside);
    }
  }

  // json-c ends a member's name at U+0000: "active\u0000x" would be read as "active".
  void refuses_nul_however_it_is_spelt() {
    using namespace std::string_literals;
    refuses_string("\\u0000");
    refuses_string("active\\u0000x");
    refuses_string("a\0b"s);
    refuses("\0{}"s);
    refuses("{\0}"s);
  }

  void refuses_half_a_surrogate_pair() {
    for (const char* inside :
         {"\\ud800", "\\udbff", "\\udc00", "\\udfff", "\\ud800a", "\\ud800\\n", "\\ud800\\u0041",
          "\\ud800\\ud800", "\\udc00\\ud800", "\\ud83d\\ude00\\ud83d", "\\uD83D", "\\ud800\\",
          "\\ud800\\u", "\\ud800\\udc0", "\\ud800\\ue000"}) {
      refuses_string(inside);
    }
  }

  // RFC 3629 §3 and §4.
  void refuses_invalid_utf8() {
    for (const char* inside : {"\x80",
                               "\xbf",
                               "\xc0\x80",
                               "\xc0\xaf",
                               "\xc1\xbf",
                               "\xc2",
                               "\xc2 ",
                               "\xc2\xc2",
                               "\xe0\x80\xaf",
                               "\xe0\x9f\xbf",
                               "\xe2\x82",
                               "\xe2\x82 ",
                               "\xe2 \xac",
                               "\xed\xa0\x80",
                               "\xed\xbf\xbf",
                               "\xf0\x80\x80\xaf",
                               "\xf0\x8f\xbf\xbf",
                               "\xf0\x9f\x98",
                               "\xf4\x90\x80\x80",
                               "\xf5\x80\x80\x80",
                               "\xf8\x88\x80\x80\x80",
                               "\xfe",
                               "\xff",
                               "\xc3\xa9\xa9",
                               "\xf0\x9f\x98 "}) {
      refuses_string(inside);
    }
  }

  void refuses_every_cut() {
    const std::string text =
        "{\"a\":[1,-2.5e+3,true,false,null,\"\\u00e9\\ud83d\\ude00\xc3\xa9\"],\"b\":{\"c\":\"\"}}";
    parse(text);
    for (std::size_t size = 0; size < text.size(); ++size) {
      CPPUNIT_ASSERT_MESSAGE(text.substr(0, size), !Json::parse(text.substr(0, size)));
      CPPUNIT_ASSERT_MESSAGE(text.substr(size + 1), !Json::parse(text.substr(size + 1)));
    }
  }

  static std::string nested(std::size_t depth, char open, char close) {
    return std::string(depth, open) + std::string(depth, close);
  }

  static std::string nested_objects(std::size_t depth) {
    std::string text = "1";
    while (depth-- > 0) text = "{\"a\":" + text + '}';
    return text;
  }

  void refuses_what_is_nested_too_deep() {
    parse(nested(auth::kMaxJsonDepth - 1, '[', ']'));
    CPPUNIT_ASSERT(!Json::parse(nested(auth::kMaxJsonDepth + 1, '[', ']')));
    parse(nested_objects(auth::kMaxJsonDepth - 1));
    CPPUNIT_ASSERT(!Json::parse(nested_objects(auth::kMaxJsonDepth + 1)));
    CPPUNIT_ASSERT(!Json::parse(nested(1'000'000, '[', ']')));
    CPPUNIT_ASSERT(!Json::parse(std::string(1'000'000, '[')));
  }

  void gives_no_integer_beyond_exactness() {
    for (const char* text :
         {"9007199254740993", "-9007199254740993", "9223372036854775807", "9223372036854775808",
          "-9223372036854775808", "-9223372036854775809", "18446744073709551615",
          "18446744073709551616", "99999999999999999999999999", "1e16", "-1e16", "1e308", "1e309",
          "-1e309", "1e99999", "9.1e15"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parse(text).integer());
    }
    CPPUNIT_ASSERT(!parse('1' + std::string(10'000, '0')).integer());
  }

  void gives_no_value_of_another_type() {
    for (const char* text : {"\"true\"", "1", "0", "null", "[true]", "{}"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parse('[' + std::string(text) + ']').boolean());
      const Json value = *parse("{\"a\":" + std::string(text) + '}').member("a");
      CPPUNIT_ASSERT_MESSAGE(text, !value.boolean());
    }
    for (const char* text : {"\"1\"", "true", "null", "[1]", "{}", "\"\""}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parse("{\"a\":" + std::string(text) + '}').integer_of("a"));
    }
    for (const char* text : {"1", "true", "null", "[\"a\"]", "{}", "1.5"}) {
      CPPUNIT_ASSERT_MESSAGE(text, !parse("{\"a\":" + std::string(text) + '}').text_of("a"));
    }
    CPPUNIT_ASSERT(!parse("[]").is_object() && parse("[]").is_array());
    CPPUNIT_ASSERT(parse("{}").is_object() && !parse("{}").is_array());
    CPPUNIT_ASSERT(!parse("{}").member("a") && !parse("[1]").member("a"));
    CPPUNIT_ASSERT(!parse("{\"a\":1}").member(""));
    CPPUNIT_ASSERT(!parse("{\"active\":true}").member(std::string_view("active\0x", 8)));
    CPPUNIT_ASSERT(!parse("{\"a\":1}").text_of("b") && !parse("{\"a\":1}").integer_of("b"));
    const Json null = *parse("{\"a\":null}").member("a");
    CPPUNIT_ASSERT(!null.text() && !null.integer() && !null.boolean());
    CPPUNIT_ASSERT(!null.is_object() && !null.is_array());
  }

  void takes_what_rfc_8259_allows() {
    for (const char* text : {"{}",
                             "[]",
                             " {} ",
                             "\t\r\n[\t\r\n]\t\r\n",
                             "\"\"",
                             "0",
                             "-0",
                             "1",
                             "true",
                             "false",
                             "[null]",
                             "1.0",
                             "1e5",
                             "1E+05",
                             "1e-5",
                             "0.5",
                             "-0.0e0",
                             "[[],{}]",
                             "{\"\":\"\"}",
                             "{\"a\" : [ 1 , \"b\" ] , \"c\":{ } }",
                             "\"\\\"\\\\\\/\\b\\f\\n\\r\\t\\u0001\"",
                             "\"\xc2\x80\xdf\xbf\xe0\xa0\x80\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf\"",
                             "\"\xf0\x90\x80\x80\xf4\x8f\xbf\xbf\"",
                             "\"/*\"",
                             "\"NaN\""}) {
      parse(text);
    }
    // Nothing can be read from a null, so a document of one is none.
    CPPUNIT_ASSERT(!Json::parse("null"));
  }

  void reads_strings_as_they_were_meant() {
    const std::pair<std::string, std::string> strings[] = {
        {"\"\"", ""},
        {R"("a\"b\\c\/d")", "a\"b\\c/d"},
        {R"("\b\f\n\r\t")", "\b\f\n\r\t"},
        {R"("\u0041\u00e9\u20AC\uD83D\uDE00")", "A\xc3\xa9\xe2\x82\xac\xf0\x9f\x98\x80"},
        {R"("\uffff\ud800\udc00\udbff\udfff")", "\xef\xbf\xbf\xf0\x90\x80\x80\xf4\x8f\xbf\xbf"},
        {'"' + std::string(100'000, 'a') + '"', std::string(100'000, 'a')},
    };
    for (const auto& [text, meant] : strings) {
      CPPUNIT_ASSERT_EQUAL(meant, std::string(parse(text).text().value_or("none")));
    }
    const Json object = parse(R"({"urn:\u007ax":"y","\"":1})");
    CPPUNIT_ASSERT_EQUAL(std::string("y"), object.text_of("urn:zx").value_or("none"));
    CPPUNIT_ASSERT(object.integer_of("\"") == 1);
  }

  void reads_integers_to_their_limits() {
    const std::pair<std::string, std::int64_t> integers[] = {
        {"0", 0},
        {"-0", 0},
        {"-0.9", 0},
        {"9007199254740992", 9007199254740992},
        {"-9007199254740992", -9007199254740992},
        {"9.007199254740992e15", 9007199254740992},
        {"1700000000.9", 1700000000},
        {"-1.9", -1},
        {"17e8", 1700000000},
        {"1e-400", 0},
    };
    for (const auto& [text, number] : integers) {
      CPPUNIT_ASSERT_MESSAGE(text, parse(text).integer() == number);
      CPPUNIT_ASSERT_MESSAGE(text, parse("{\"a\":" + text + '}').integer_of("a") == number);
    }
  }

  void visits_in_order() {
    std::string seen;
    const Json object = parse(R"({"b":1,"a":{"c":2},"":[3,null]})");
    object.for_each_member([&](std::string_view name, const Json& value) {
      seen += std::string(name) + '=' + value.serialise() + ';';
    });
    object.member("")->for_each_element(
        [&](const Json& value) { seen += value.serialise() + ','; });
    CPPUNIT_ASSERT_EQUAL(std::string(R"(b=1;a={"c":2};=[3,null];3,null,)"), seen);
    object.for_each_element([](const Json&) { CPPUNIT_FAIL("an object has no elements"); });
    parse("[1]").for_each_member(
        [](std::string_view, const Json&) { CPPUNIT_FAIL("an array has no members"); });
  }

  void shares_its_document() {
    std::optional<Json> inner;
    {
      const Json outer = parse(R"({"a":{"b":"kept"}})");
      inner = outer.member("a");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("kept"), inner->text_of("b").value_or("lost"));
  }

  void quotes_what_it_can_read() {
    std::string text;
    for (int code = 1; code < 0x80; ++code) text.push_back(static_cast<char>(code));
    text += "\xc3\xa9\xf0\x9f\x98\x80";
    CPPUNIT_ASSERT_EQUAL(text, std::string(parse(auth::json_quote(text)).text().value_or("none")));
    CPPUNIT_ASSERT_EQUAL(std::string(R"("\"\\\u000a/")"), auth::json_quote("\"\\\n/"));
    CPPUNIT_ASSERT_EQUAL(std::string("\"\""), auth::json_quote(""));
  }

  void parses_a_secret_alike() {
    const std::string text = R"({"key":"-----BEGIN\nA\u002bB\/\n","list":[{"a":"b"},1,null]})";
    std::optional<Json> key;
    {
      const auto document = Json::parse_secret(auth::SecretView(text));
      CPPUNIT_ASSERT(document.has_value());
      CPPUNIT_ASSERT_EQUAL(parse(text).serialise(), document->serialise());
      key = document->member("key");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("-----BEGIN\nA+B/\n"),
                         std::string(key->text().value_or("wiped too early")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonTest);

}  // namespace
