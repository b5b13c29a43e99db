// SPDX-License-Identifier: Apache-2.0
#include "auth/base/json_members.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

namespace {

using auth::Json;
using auth::JsonMembers;
using auth::kMaxJsonDepth;

class JsonMembersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JsonMembersTest);
  CPPUNIT_TEST(refuses_what_is_no_object);
  CPPUNIT_TEST(refuses_what_is_not_well_formed_at_any_depth);
  CPPUNIT_TEST(refuses_every_cut);
  CPPUNIT_TEST(refuses_a_member_that_is_there_twice);
  CPPUNIT_TEST(leaves_out_what_names_no_text);
  CPPUNIT_TEST(leaves_out_what_is_nested_too_deep);
  CPPUNIT_TEST(leaves_out_numbers_beyond_64_bits);
  CPPUNIT_TEST(leaves_out_a_name_that_means_no_text);
  CPPUNIT_TEST(takes_null_for_absent);
  CPPUNIT_TEST(takes_what_rfc_8259_allows);
  CPPUNIT_TEST(knows_names_however_they_are_spelt);
  CPPUNIT_TEST(needs_no_stack_for_depth);
  CPPUNIT_TEST_SUITE_END();

  static void refuses(const std::string& text) {
    CPPUNIT_ASSERT_MESSAGE(text.substr(0, 200), !JsonMembers::parse(text));
  }

  static JsonMembers parse(const std::string& text) {
    const auto members = JsonMembers::parse(text);
    CPPUNIT_ASSERT_MESSAGE(text.substr(0, 200), members.has_value());
    return *members;
  }

  // Read beside "b", the value is left out and "b" is not.
  static void leaves_out(const std::string& value) {
    for (const std::string& text :
         {"{\"a\":" + value + ",\"b\":1}", "{\"b\":1 , \"a\" : " + value + " }",
          "{\"\\u0061\":[" + value + "],\"b\":1}", "{\"b\":1,\"a\":{\"c\":" + value + "}}"}) {
      const JsonMembers members = parse(text);
      CPPUNIT_ASSERT_MESSAGE(text.substr(0, 200), members.is_unreadable("a"));
      CPPUNIT_ASSERT(!members.readable().member("a"));
      CPPUNIT_ASSERT(!members.is_unreadable("b"));
      CPPUNIT_ASSERT(members.readable().integer_of("b") == 1);
    }
  }

  static std::string nested(std::size_t depth, std::string_view inside = "1") {
    return std::string(depth, '[') + std::string(inside) + std::string(depth, ']');
  }

  void refuses_what_is_no_object() {
    for (const char* text : {"", " ", "null", "true", "1", "[]", "[{}]", "\"{}\"", "{", "}", "{}{}",
                             "{} x", "{},", "{}]", "<html>", "a=b", "\xef\xbb\xbf{}", "{}\x01"}) {
      refuses(text);
    }
    refuses(std::string("{}\0", 3));
    refuses(std::string("\0{}", 3));
  }

  // Also inside a value that is left out.
  void refuses_what_is_not_well_formed_at_any_depth() {
    for (const char* value : {"",
                              "]",
                              "[1,]",
                              "[,1]",
                              "[1 2]",
                              "{\"a\"}",
                              "{\"a\":}",
                              "{\"a\":1,}",
                              "{,}",
                              "{a:1}",
                              "{1:1}",
                              "'a'",
                              "\"a",
                              "[}",
                              "{]",
                              "[1}",
                              "nul",
                              "True",
                              "NaN",
                              "Infinity",
                              "01",
                              "1.",
                              ".5",
                              "1e",
                              "+1",
                              "0x10",
                              "- 1",
                              "\"\\x\"",
                              "\"\\u12\"",
                              "\"\n\"",
                              "\"\xff\"",
                              "\"\xc0\x80\"",
                              "\"\xed\xa0\x80\"",
                              "/* */ 1",
                              "1 /* */",
                              "1 1",
                              "\"a\" \"b\"",
                              "[\"a\" \"b\"]",
                              "1,",
                              "{\"a\":1 \"b\":2}",
                              "{\"a\"::1}",
                              "\"\\ud800\\u\"",
                              "truefalse"}) {
      refuses("{\"a\":" + std::string(value) + '}');
      refuses("{\"b\":1,\"a\":[\"\\u0000\"," + std::string(value) + "]}");
      refuses("{\"a\":" + nested(40, "1," + std::string(value)) + '}');
    }
    for (const char* text :
         {"{\"a\" 1}", "{a:1}", "{1:1}", "{\"a\":1,}", "{,}", "{\"a\":1 \"b\":1}",
          "{\"a\":1;\"b\":1}", "{\"a\":1}}", "{\"\\u0000\"}", "{\"\\u0000\":}"}) {
      refuses(text);
    }
  }

  void refuses_every_cut() {
    const std::string text =
        R"({"a":[1,-2.5e+3,{"c":null},"\u0000\ud83d"],"b" : {"c":""},"\ud800":[[]]})";
    parse(text);
    for (std::size_t size = 0; size < text.size(); ++size) {
      refuses(text.substr(0, size));
      refuses(text.substr(size + 1));
    }
  }

  void refuses_a_member_that_is_there_twice() {
    for (const char* text :
         {R"({"a":1,"a":1})", R"({"a":1,"\u0061":2})", R"({"a":"\u0000","a":1})",
          R"({"a":1,"a":"\u0000"})", R"({"a":"\ud800","\u0061":[[]]})", R"({"a":null,"a":1})",
          R"({"a":1,"a":null})", R"({"a\u0000":1,"b":1,"a\u0000":2})", R"({"":1,"b":2,"":3})",
          R"({"a":{"b":1,"b":2}})", "{\"\xc3\xa9\":1,\"\\u00e9\":2}"}) {
      refuses(text);
    }
    parse(R"({"a":{"a":{"a":1}},"b":[{"a":1},{"a":1}],":":"::","\"":":"})");
  }

  void leaves_out_what_names_no_text() {
    for (const char* value :
         {R"("\u0000")", R"("a\u0000b")", R"("\ud800")", R"("\udfff")", R"("\udc00\ud800")",
          R"("\ud800\ud800")", R"("\ud83d\ude00\ud83d")", R"({"\u0000":1})", R"([1,{"\ud800":{}}])",
          R"({"x":["\u0000",{}]})"}) {
      leaves_out(value);
    }
  }

  void leaves_out_what_is_nested_too_deep() {
    const std::size_t most = kMaxJsonDepth - 2;  // one is the object, one for what is inside
    for (const char* inside : {"", "1", "{}", "{\"x\":[]}"}) {
      leaves_out(nested(most + 1, inside));
      leaves_out(nested(5000, inside));
    }
    const JsonMembers members = parse("{\"a\":" + nested(most) + ",\"b\":1}");
    CPPUNIT_ASSERT_EQUAL(nested(most), members.readable().member("a")->serialise());
    // Depth counts what is open at a time.
    const std::string side_by_side = parse("{\"a\":[" + nested(20) + ',' + nested(20) + "]}")
                                         .readable()
                                         .member("a")
                                         ->serialise();
    CPPUNIT_ASSERT_EQUAL('[' + nested(20) + ',' + nested(20) + ']', side_by_side);
  }

  void leaves_out_numbers_beyond_64_bits() {
    for (const char* value : {"18446744073709551616", "-9223372036854775809", "1e400", "-1e400",
                              "1e99999", "99999999999999999999999999.5e300"}) {
      leaves_out(value);
    }
    leaves_out('1' + std::string(10'000, '0'));
    for (const char* value :
         {"18446744073709551615", "-9223372036854775808", "1e308", "0", "0.1"}) {
      const std::string text = "{\"a\":" + std::string(value) + '}';
      CPPUNIT_ASSERT_EQUAL(text, parse(text).readable().serialise());
    }
  }

  void leaves_out_a_name_that_means_no_text() {
    const JsonMembers members = parse(R"({"a\u0000":1,"\ud800":true,"b":2,"a":3})");
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"b":2,"a":3})"), members.readable().serialise());
    CPPUNIT_ASSERT(!members.is_unreadable("a"));
  }

  void takes_null_for_absent() {
    const JsonMembers members = parse(R"({"a":null,"b": null ,"c":[null],"d":"null"})");
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"c":[null],"d":"null"})"), members.readable().serialise());
    CPPUNIT_ASSERT(!members.is_unreadable("a"));
  }

  void takes_what_rfc_8259_allows() {
    CPPUNIT_ASSERT_EQUAL(std::string("{}"), parse("{}").readable().serialise());
    CPPUNIT_ASSERT_EQUAL(std::string("{}"),
                         parse(" \t\r\n{ \t\r\n} \t\r\n").readable().serialise());
    for (const char* text :
         {R"({"a":"\"\\\/\b\f\n\r\tA"})", R"({"a":[],"b":{},"c":[[],{}],"d":{"e":[{}]}})",
          R"({"a":true,"b":false,"c":-1.5e+3,"d":"{\"x\":[}","e":"\ud83d\ude00"})",
          "{\"\xf0\x9f\x98\x80\":\"\xc3\xa9\"}", R"({ "a" : [ 1 , 2 ] , "b" : { "c" : 3 } })"}) {
      const auto strictly = Json::parse(text);
      CPPUNIT_ASSERT_MESSAGE(text, strictly.has_value());
      CPPUNIT_ASSERT_EQUAL(strictly->serialise(), parse(text).readable().serialise());
    }
  }

  void knows_names_however_they_are_spelt() {
    const JsonMembers members = parse(R"({"\u0065xp":"\u0000","\"":[1e400],"":"\ud800"})");
    CPPUNIT_ASSERT(members.is_unreadable("exp"));
    CPPUNIT_ASSERT(members.is_unreadable("\""));
    CPPUNIT_ASSERT(members.is_unreadable(""));
    CPPUNIT_ASSERT(!members.is_unreadable("\\u0065xp"));
  }

  void needs_no_stack_for_depth() {
    constexpr int kDepth = 300'000;  // with 32 bytes for each, a stack of 8 MiB would overflow
    std::string objects;
    for (int i = 0; i < kDepth; ++i) objects += "{\"a\":";
    leaves_out(objects + '1' + std::string(kDepth, '}'));
    leaves_out(nested(kDepth, ""));
    refuses("{\"a\":" + objects);
    refuses("{\"a\":" + std::string(kDepth, '['));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JsonMembersTest);

}  // namespace
