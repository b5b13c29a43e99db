// SPDX-License-Identifier: Apache-2.0
// The vectors of Project Wycheproof for JSON Web Signatures and JSON Web Keys.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdint>
#include <fstream>
#include <iostream>
#include <iterator>
#include <map>
#include <optional>
#include <string>

#include "auth/base/json.h"
#include "auth/jose/jwk.h"
#include "auth/jose/jwt.h"

namespace {

using auth::Json;
using auth::Reason;
using auth::Result;
using auth::jose::JwkSet;
using auth::jose::Jwt;

const std::string kFolder = "tests/testdata/wycheproof/";

// They contradict another vector of their own file, and RFC 7517 §4.4: the key says PS256 and the
// header PS384. The vectors 338 and 340 (a key for PS512, headers PS256 and PS384) are stated to be
// invalid for that very reason.
constexpr std::int64_t kContradicted[] = {346, 350};

struct Vector {
  std::string name;
  std::string jws;
  std::string result;  // as stated
  std::int64_t id = 0;
};

class WycheproofTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(WycheproofTest);
  CPPUNIT_TEST(every_signature_gives_the_stated_result);
  CPPUNIT_TEST(every_key_gives_the_stated_result);
  CPPUNIT_TEST_SUITE_END();

  static Json read(const std::string& name) {
    std::ifstream file(kFolder + name);
    CPPUNIT_ASSERT_MESSAGE(kFolder + name + " cannot be read", file.is_open());
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    const std::optional<Json> document = Json::parse(text);
    CPPUNIT_ASSERT_MESSAGE(name + " is not JSON", document.has_value());
    return *document;
  }

  // A group's key, alone or in a set, as the set it would be published in.
  static JwkSet keys_of(const Json& group) {
    std::optional<Json> key = group.member("public");
    if (!key) key = group.member("private");
    CPPUNIT_ASSERT(key.has_value());
    Result<JwkSet> keys = JwkSet::parse(
        key->member("keys") ? key->serialise() : "{\"keys\":[" + key->serialise() + "]}");
    CPPUNIT_ASSERT(keys.has_value());
    return *std::move(keys);
  }

  static Result<std::string> verify(const std::string& jws, const JwkSet& keys) {
    const Result<Jwt> jwt = Jwt::parse(jws);
    if (!jwt) return jwt.error();
    const auth::jose::SharedKey key = keys.find(jwt->key_id());
    if (!key) return Reason::kUnknownKey;
    return jwt->verify(*key);
  }

  static bool is_hmac(const Json& group) {
    return group.serialise().find("\"kty\":\"oct\"") != std::string::npos;
  }

  static bool is_contradicted(const std::string& file, const Vector& vector) {
    return file == "json_web_signature_test.json" &&
           std::find(std::begin(kContradicted), std::end(kContradicted), vector.id) !=
               std::end(kContradicted);
  }

  // Whether the vector applies; where it does, its stated result is what came out.
  static bool judge(const std::string& file, const Json& group, const Vector& vector) {
    const Result<std::string> verdict = verify(vector.jws, keys_of(group));
    const auto leave_out = [&](const std::string& why) {
      std::cout << "\nnote: Wycheproof " << vector.name << " is refused: " << why << std::flush;
      return false;
    };
    if (vector.result == "valid" && is_hmac(group)) {
      CPPUNIT_ASSERT(!verdict);
      return leave_out("HMAC, which is never taken here");
    }
    if (is_contradicted(file, vector)) {
      CPPUNIT_ASSERT(!verdict && verdict.error().reason == Reason::kAlgorithmMismatch);
      return leave_out("the key's alg is PS256, the header's PS384; vectors 338 and 340 say why");
    }
    CPPUNIT_ASSERT_MESSAGE(vector.name + ": unknown result " + vector.result,
                           vector.result == "valid" || vector.result == "invalid");
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        vector.name + (verdict ? "" : ": " + auth::to_string(verdict.error())),
        vector.result == "valid", verdict.has_value());
    return true;
  }

  static void run(const std::string& file) {
    const Json document = read(file);
    std::map<std::string, int> judged;
    std::int64_t count = 0;
    document.member("testGroups")->for_each_element([&](const Json& group) {
      group.member("tests")->for_each_element([&](const Json& test) {
        Vector vector{"", test.text_of("jws").value(), test.text_of("result").value(),
                      test.integer_of("tcId").value()};
        vector.name = file + ' ' + std::to_string(vector.id) + ' ' +
                      group.text_of("comment").value() + ' ' + test.text_of("comment").value();
        ++count;
        if (judge(file, group, vector)) ++judged[vector.result];
      });
    });
    CPPUNIT_ASSERT_EQUAL(document.integer_of("numberOfTests").value(), count);
    CPPUNIT_ASSERT(judged["valid"] > 0 && judged["invalid"] > 0);
    std::cout << "\nnote: Wycheproof " << file << ": " << judged["valid"] << " valid and "
              << judged["invalid"] << " invalid of " << count << " gave the stated result"
              << std::endl;
  }

  void every_signature_gives_the_stated_result() { run("json_web_signature_test.json"); }
  void every_key_gives_the_stated_result() { run("json_web_key_test.json"); }
};

CPPUNIT_TEST_SUITE_REGISTRATION(WycheproofTest);

}  // namespace
