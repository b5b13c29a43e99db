// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/jwk.h"

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/bn.h>
#include <openssl/err.h>

#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/jose/base64url.h"
#include "auth/jose/roca.h"
#include "tests/unit/support/jwts.h"
#include "tests/unit/support/keys.h"

namespace {

using auth::Json;
using auth::Reason;
using auth::jose::Algorithm;
using auth::jose::JwkSet;
using auth::jose::kAlgorithmCount;
using auth::jose::SharedKey;
using support::jwk_of;
using support::jwk_set_of;
using support::key_for;
using support::rsa_key;

class JwkTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JwkTest);
  CPPUNIT_TEST(refuses_a_type_that_verifies_nothing);
  CPPUNIT_TEST(refuses_a_curve_it_does_not_know);
  CPPUNIT_TEST(refuses_a_key_with_a_member_missing);
  CPPUNIT_TEST(refuses_members_that_are_not_canonical_base64url);
  CPPUNIT_TEST(refuses_coordinates_that_are_not_of_the_curves_length);
  CPPUNIT_TEST(refuses_a_point_off_its_curve);
  CPPUNIT_TEST(refuses_an_rsa_key_that_is_too_short_or_too_long);
  CPPUNIT_TEST(refuses_a_weak_rsa_exponent);
  CPPUNIT_TEST(refuses_a_modulus_with_small_factors);
  CPPUNIT_TEST(refuses_a_modulus_that_can_be_factored);
  CPPUNIT_TEST(refuses_a_key_for_another_use);
  CPPUNIT_TEST(refuses_a_key_for_other_operations);
  CPPUNIT_TEST(refuses_an_alg_that_is_not_taken_or_does_not_fit);
  CPPUNIT_TEST(refuses_a_kid_that_is_no_name);
  CPPUNIT_TEST(leaves_no_error_behind_in_openssl);
  CPPUNIT_TEST(fits_the_algorithms_of_its_type_and_curve_and_no_other);
  CPPUNIT_TEST(fits_its_own_alg_and_no_other);
  CPPUNIT_TEST(takes_the_common_misspelling_of_es512_for_that_and_nothing_else);
  CPPUNIT_TEST(does_not_look_at_members_it_does_not_need);
  CPPUNIT_TEST(refuses_what_is_no_key_set);
  CPPUNIT_TEST(a_set_leaves_out_what_it_cannot_use_and_says_why);
  CPPUNIT_TEST(a_key_that_cannot_be_read_spoils_none_of_the_others);
  CPPUNIT_TEST(only_the_list_of_keys_has_to_be_there_once);
  CPPUNIT_TEST(a_set_is_read_past_what_else_it_holds);
  CPPUNIT_TEST(a_set_leaves_out_keys_that_share_a_kid);
  CPPUNIT_TEST(a_set_takes_no_more_keys_than_its_limit);
  CPPUNIT_TEST(a_set_finds_a_key_by_its_whole_kid);
  CPPUNIT_TEST(a_set_gives_its_only_key_to_a_token_that_names_none);
  CPPUNIT_TEST_SUITE_END();

  static auth::Result<SharedKey> parse(const std::string& jwk) {
    const auto json = Json::parse(jwk);
    CPPUNIT_ASSERT_MESSAGE(jwk, json.has_value());
    return auth::jose::parse_jwk(*json);
  }

  static void check_refused(const std::string& why, const std::string& jwk) {
    const auto key = parse(jwk);
    CPPUNIT_ASSERT_MESSAGE("taken: " + jwk, !key);
    CPPUNIT_ASSERT(key.error().reason == Reason::kMalformedAnswer);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(jwk, why, key.error().detail);
  }

  static JwkSet set_of(const std::vector<std::string>& keys) {
    auto set = JwkSet::parse(jwk_set_of(keys));
    CPPUNIT_ASSERT(set.has_value());
    return *std::move(set);
  }

  // The key with the value of one member replaced.
  static std::string with(const std::string& jwk, const std::string& name,
                          const std::string& value) {
    const std::size_t at = jwk.find("\"" + name + "\":\"") + name.size() + 4;
    const std::size_t end = jwk.find('"', at);
    return jwk.substr(0, at) + value + jwk.substr(end);
  }

  static std::string member(const std::string& jwk, const std::string& name) {
    return Json::parse(jwk)->text_of(name).value();
  }

  // A key of RFC 7518 §6.4 is a secret: whoever can verify with one can sign with it.
  void refuses_a_type_that_verifies_nothing() {
    const std::string why = "its type is not RSA, EC or OKP";
    check_refused(why, R"({"kty":"oct","k":"AAAA"})");
    check_refused(why, "{}");
    check_refused(why, R"({"kty":null})");
    check_refused(why, R"({"kty":["RSA"]})");
    check_refused(why, with(jwk_of(rsa_key()), "kty", "rsa"));
    check_refused("it is not a JSON object", "[]");
    check_refused("it is not a JSON object", "\"RSA\"");
  }

  void refuses_a_curve_it_does_not_know() {
    const std::string ec = jwk_of(key_for(Algorithm::kEs256));
    check_refused("its curve is not P-256, P-384 or P-521", with(ec, "crv", "secp256k1"));
    check_refused("its curve is not P-256, P-384 or P-521", with(ec, "crv", "p-256"));
    const std::string okp = jwk_of(key_for(Algorithm::kEdDsa));
    for (const char* curve : {"Ed448", "X25519", "ed25519", ""}) {
      check_refused("its curve is not Ed25519", with(okp, "crv", curve));
    }
  }

  void refuses_a_key_with_a_member_missing() {
    check_refused("its n or e is missing or not base64url", R"({"kty":"RSA","e":"AQAB"})");
    check_refused("its n or e is missing or not base64url",
                  R"({"kty":"RSA","n":")" + member(jwk_of(rsa_key()), "n") + "\"}");
    check_refused("its x or y is missing, not base64url or not of the curve's length",
                  R"({"kty":"EC","crv":"P-256","x":"AAAA"})");
    check_refused("its x is missing, not base64url or not of the curve's length",
                  R"({"kty":"OKP","crv":"Ed25519"})");
    check_refused("its n or e is missing or not base64url",
                  with(jwk_of(key_for(Algorithm::kEs256)), "kty", "RSA"));
  }

  void refuses_members_that_are_not_canonical_base64url() {
    const std::string jwk = jwk_of(rsa_key());
    for (const char* exponent : {"AQAB=", "AQ AB", "AQAB\\n", "AQ+B", "AQ/B", "AQABA"}) {
      check_refused("its n or e is missing or not base64url", with(jwk, "e", exponent));
    }
  }

  void refuses_coordinates_that_are_not_of_the_curves_length() {
    const std::string why = "its x or y is missing, not base64url or not of the curve's length";
    const std::string jwk = jwk_of(key_for(Algorithm::kEs256));
    const std::string x = *auth::jose::base64url_decode(member(jwk, "x"));
    for (const std::string& wrong : {'\0' + x, x + '\0', x.substr(1), x.substr(0, 31), x + x}) {
      check_refused(why, with(jwk, "x", auth::jose::base64url_encode(wrong)));
    }
    check_refused(why, with(jwk, "crv", "P-384"));
    check_refused("its x is missing, not base64url or not of the curve's length",
                  with(jwk_of(key_for(Algorithm::kEdDsa)), "x", "AAAA"));
  }

  void refuses_a_point_off_its_curve() {
    for (const Algorithm algorithm : {Algorithm::kEs256, Algorithm::kEs384, Algorithm::kEs512}) {
      const std::string jwk = jwk_of(key_for(algorithm));
      std::string y = *auth::jose::base64url_decode(member(jwk, "y"));
      y.back() = static_cast<char>(y.back() ^ 1);
      const std::string off = with(jwk, "y", auth::jose::base64url_encode(y));
      check_refused("OpenSSL does not take it for a key", off);
    }
  }

  void refuses_an_rsa_key_that_is_too_short_or_too_long() {
    check_refused("it is an RSA key of less than 2048 bits",
                  jwk_of(support::new_rsa_key(2047).get()));
    check_refused("it is an RSA key of less than 2048 bits", with(jwk_of(rsa_key()), "n", ""));
    check_refused("it is an RSA key of more than 8192 bits",
                  with(jwk_of(rsa_key()), "n", std::string(1368, '_')));
  }

  void refuses_a_weak_rsa_exponent() {
    const std::string why = "its exponent is even, 1 or too large";
    // "", 0, 1, 2, 65536, 2^32 + 1
    for (const char* exponent : {"", "AA", "AQ", "Ag", "AQAA", "AQAAAAE"}) {
      check_refused(why, with(jwk_of(rsa_key()), "e", exponent));
    }
    CPPUNIT_ASSERT(parse(with(jwk_of(rsa_key()), "e", "Aw")).has_value());
  }

  // 2^2048 - 1 is divisible by 3, 5 and 17, 2^2048 - 2 by 2.
  void refuses_a_modulus_with_small_factors() {
    const std::string jwk = jwk_of(rsa_key());
    for (const char last : {'\xff', '\xfe'}) {
      const std::string modulus = std::string(255, '\xff') + last;
      check_refused("its modulus has a small factor",
                    with(jwk, "n", auth::jose::base64url_encode(modulus)));
    }
  }

  // The modulus is the product of 3 to 167, times 2^1840, plus 65537^3: of the form that the chip
  // behind ROCA gave its keys. One more is not.
  void refuses_a_modulus_that_can_be_factored() {
    const std::unique_ptr<BIGNUM, decltype(&BN_free)> modulus(BN_new(), &BN_free);
    CPPUNIT_ASSERT(BN_set_word(modulus.get(), 1) == 1);
    for (unsigned candidate = 3; candidate <= 167; candidate += 2) {
      bool prime = true;
      for (unsigned i = 3; i < candidate; i += 2) prime = prime && candidate % i != 0;
      if (prime) CPPUNIT_ASSERT(BN_mul_word(modulus.get(), candidate) == 1);
    }
    CPPUNIT_ASSERT(BN_lshift(modulus.get(), modulus.get(), 1840) == 1);
    CPPUNIT_ASSERT(!auth::jose::bears_roca_mark(modulus.get()));
    BN_ULONG power = 1;
    for (int i = 0; i < 3; ++i) power *= 65537;
    CPPUNIT_ASSERT(BN_add_word(modulus.get(), power) == 1);
    CPPUNIT_ASSERT(auth::jose::bears_roca_mark(modulus.get()));

    std::string bytes(static_cast<std::size_t>(BN_num_bytes(modulus.get())), '\0');
    BN_bn2bin(modulus.get(), reinterpret_cast<unsigned char*>(bytes.data()));
    check_refused("it can be factored (ROCA, CVE-2017-15361)",
                  with(jwk_of(rsa_key()), "n", auth::jose::base64url_encode(bytes)));
    CPPUNIT_ASSERT(BN_add_word(modulus.get(), 1) == 1);
    CPPUNIT_ASSERT(!auth::jose::bears_roca_mark(modulus.get()));
  }

  void refuses_a_key_for_another_use() {
    for (const char* use : {"\"enc\"", "\"\"", "\"SIG\"", "null", "[\"sig\"]"}) {
      check_refused("its use is not sig", jwk_of(rsa_key(), std::string(",\"use\":") + use));
    }
  }

  void refuses_a_key_for_other_operations() {
    const auto with_operations = [](const std::string& operations) {
      return jwk_of(rsa_key(), ",\"key_ops\":" + operations);
    };
    check_refused("its key_ops does not name verify", with_operations("[]"));
    check_refused("its key_ops does not name verify", with_operations(R"(["sign","encrypt"])"));
    check_refused("its key_ops does not name verify", with_operations(R"(["sign, verify"])"));
    check_refused("its key_ops is not a list", with_operations("\"verify\""));
    check_refused("its key_ops is not a list", with_operations("null"));
    // RFC 7517 §4.3: "Duplicate key operation values MUST NOT be present in the array."
    check_refused("its key_ops holds more than different names",
                  with_operations(R"(["verify","verify"])"));
    check_refused("its key_ops holds more than different names",
                  with_operations(R"(["verify",1])"));
    check_refused("its use is not sig", jwk_of(rsa_key(), R"(,"key_ops":["verify"],"use":"enc")"));
    CPPUNIT_ASSERT(parse(with_operations(R"(["sign","verify"])")).has_value());
  }

  void refuses_an_alg_that_is_not_taken_or_does_not_fit() {
    for (const char* alg : {"\"none\"", "\"HS256\"", "\"rs256\"", "\"RSA-OAEP\"", "\"\"", "null"}) {
      check_refused("its alg is not one that an access token may be signed with",
                    jwk_of(rsa_key(), std::string(",\"alg\":") + alg));
    }
    const std::string why = "its alg does not fit its type";
    check_refused(why, jwk_of(rsa_key(), R"(,"alg":"ES256")"));
    check_refused(why, jwk_of(key_for(Algorithm::kEs256), R"(,"alg":"ES384")"));
    check_refused(why, jwk_of(key_for(Algorithm::kEs512), R"(,"alg":"RS256")"));
    check_refused(why, jwk_of(key_for(Algorithm::kEdDsa), R"(,"alg":"ES256")"));
  }

  void refuses_a_kid_that_is_no_name() {
    const std::string why = "its kid is not a string, or too long";
    check_refused(why, jwk_of(rsa_key(), ",\"kid\":1"));
    check_refused(why, jwk_of(rsa_key(), ",\"kid\":null"));
    check_refused(why, jwk_of(rsa_key(), ",\"kid\":\"" + std::string(257, 'a') + '"'));
    CPPUNIT_ASSERT(parse(jwk_of(rsa_key(), ",\"kid\":\"" + std::string(256, 'a') + '"')));
  }

  void leaves_no_error_behind_in_openssl() {
    refuses_a_point_off_its_curve();
    ERR_clear_error();  // of making the keys, which tries until it succeeds
    refuses_a_point_off_its_curve();
    refuses_a_modulus_with_small_factors();
    refuses_an_alg_that_is_not_taken_or_does_not_fit();
    CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
  }

  static std::string fitting(const SharedKey& key) {
    std::string names;
    for (std::size_t i = 0; i < kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      if (key->fits(algorithm)) names.append(auth::jose::traits_of(algorithm).name).append(" ");
    }
    return names;
  }

  void fits_the_algorithms_of_its_type_and_curve_and_no_other() {
    const auto names = [](Algorithm algorithm) {
      return fitting(support::verification_key(key_for(algorithm)));
    };
    CPPUNIT_ASSERT_EQUAL(std::string("RS256 RS384 RS512 PS256 PS384 PS512 "),
                         names(Algorithm::kRs256));
    CPPUNIT_ASSERT_EQUAL(std::string("ES256 "), names(Algorithm::kEs256));
    CPPUNIT_ASSERT_EQUAL(std::string("ES384 "), names(Algorithm::kEs384));
    CPPUNIT_ASSERT_EQUAL(std::string("ES512 "), names(Algorithm::kEs512));
    CPPUNIT_ASSERT_EQUAL(std::string("EdDSA "), names(Algorithm::kEdDsa));
  }

  void fits_its_own_alg_and_no_other() {
    for (std::size_t i = 0; i < kAlgorithmCount; ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      const std::string name(auth::jose::traits_of(algorithm).name);
      const SharedKey key =
          support::verification_key(key_for(algorithm), ",\"alg\":\"" + name + '"');
      CPPUNIT_ASSERT_EQUAL(name + ' ', fitting(key));
    }
  }

  void takes_the_common_misspelling_of_es512_for_that_and_nothing_else() {
    const std::string misspelt = R"(,"alg":"ES521")";
    CPPUNIT_ASSERT_EQUAL(std::string("ES512 "),
                         fitting(support::verification_key(key_for(Algorithm::kEs512), misspelt)));
    check_refused("its alg does not fit its type", jwk_of(key_for(Algorithm::kEs256), misspelt));
    check_refused("its alg does not fit its type", jwk_of(rsa_key(), misspelt));
  }

  void does_not_look_at_members_it_does_not_need() {
    CPPUNIT_ASSERT(parse(jwk_of(rsa_key(), R"(,"x5c":1,"x5u":[],"d":{},"ext":true)")));
  }

  void refuses_what_is_no_key_set() {
    for (const char* text :
         {"", "[]", "null", "{}", R"({"keys":{}})", R"({"keys":null})", R"({"keys":[]}{})",
          R"({"keys":[],"keys":[]})", R"({"keys":[],"k\u0065ys":[]})", R"({"keys":[{]})",
          R"({"keys":[1,]})", R"({"keys":[)", R"({"keys":"[]"})", R"({"a":[]})"}) {
      const auto set = JwkSet::parse(text);
      CPPUNIT_ASSERT_MESSAGE(text, !set);
      CPPUNIT_ASSERT(set.error().reason == Reason::kMalformedAnswer);
    }
  }

  // RFC 7517 §5: "Implementations SHOULD ignore JWKs within a JWK Set that use "kty" values that
  // are not understood by them, that are missing required members, or for which values are out of
  // the supported ranges."
  void a_set_leaves_out_what_it_cannot_use_and_says_why() {
    const JwkSet set =
        set_of({R"({"kty":"oct","kid":"shared","k":"AAAA"})", "1", R"({"kty":"RSA","n":"AQAB"})",
                jwk_of(rsa_key(), R"(,"kid":"good")")});
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, set.size());
    CPPUNIT_ASSERT(set.find("good") != nullptr);
    CPPUNIT_ASSERT(set.find("shared") == nullptr);
    const std::vector<std::string> expected{
        "key shared: its type is not RSA, EC or OKP",
        "key without kid: it is not a JSON object",
        "key without kid: its n or e is missing or not base64url",
    };
    CPPUNIT_ASSERT(set.left_out() == expected);
  }

  void only_the_list_of_keys_has_to_be_there_once() {
    const std::string keys = "\"keys\":[" + jwk_of(rsa_key(), R"(,"kid":"good")") + "]";
    for (const std::string odd : {R"("x":1,"x":2)", R"("x":"\u0000")", R"("\ud800":1)"}) {
      const auto set = JwkSet::parse("{" + odd + "," + keys + "}");
      CPPUNIT_ASSERT_MESSAGE(odd, set.has_value() && set->find("good") != nullptr);
    }
    CPPUNIT_ASSERT(!JwkSet::parse("{" + keys + "," + keys + "}"));
    CPPUNIT_ASSERT(!JwkSet::parse("{\"keys\":null," + keys + "}"));
    CPPUNIT_ASSERT(!JwkSet::parse("{" + keys + R"(,"\u006beys":[]})"));
  }

  void a_key_that_cannot_be_read_spoils_none_of_the_others() {
    const std::string good = jwk_of(rsa_key(), R"(,"kid":"good")");
    const std::string why = ": a member cannot be read, or is there twice";
    const std::vector<std::pair<std::string, std::string>> odd{
        {R"(,"kid":"\u0000")", "key without kid"},
        {R"(,"kid":"a\u0000b")", "key without kid"},
        {R"(,"kid":"\ud800")", "key without kid"},
        {R"(,"kid":"odd","x5t":"\u0000")", "key odd"},
        {R"(,"kid":"odd","\udc00":1)", "key odd"},
        {R"(,"kid":"odd","deep":)" + std::string(100, '[') + std::string(100, ']'), "key odd"},
        {R"(,"kid":"a","kid":"b")", "key without kid"},
    };
    for (const auto& [members, name] : odd) {
      const std::string spoilt = jwk_of(key_for(Algorithm::kEs256), members);
      for (const JwkSet& set : {set_of({spoilt, good}), set_of({good, spoilt})}) {
        CPPUNIT_ASSERT_EQUAL_MESSAGE(members, std::size_t{1}, set.size());
        CPPUNIT_ASSERT(set.find("good") != nullptr);
        CPPUNIT_ASSERT_EQUAL(std::size_t{1}, set.left_out().size());
        CPPUNIT_ASSERT_EQUAL(name + why, set.left_out().front());
      }
    }
  }

  void a_set_is_read_past_what_else_it_holds() {
    const std::string keys = "[" + jwk_of(rsa_key(), R"(,"kid":"good")") + "]";
    for (const std::string& text : {R"({"a":"\u0000", "keys" : )" + keys + "}",
                                    R"({"k\u0065ys":)" + keys + R"(,"\ud800":[]})",
                                    R"({"a":{"keys":1},"keys":)" + keys + "}"}) {
      const auto set = JwkSet::parse(text);
      CPPUNIT_ASSERT_MESSAGE(text, set.has_value());
      CPPUNIT_ASSERT(set->find("good") != nullptr);
    }
  }

  void a_set_leaves_out_keys_that_share_a_kid() {
    const JwkSet set = set_of(
        {jwk_of(rsa_key(), R"(,"kid":"a")"), jwk_of(key_for(Algorithm::kEs256), R"(,"kid":"b")"),
         jwk_of(key_for(Algorithm::kEs384), R"(,"kid":"a")"), jwk_of(key_for(Algorithm::kEs512)),
         jwk_of(key_for(Algorithm::kEdDsa))});
    CPPUNIT_ASSERT(set.find("a") == nullptr);
    CPPUNIT_ASSERT(set.find("b") != nullptr);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, set.size());
    CPPUNIT_ASSERT(set.left_out() == std::vector<std::string>{"key a: several keys have this kid"});
  }

  void a_set_takes_no_more_keys_than_its_limit() {
    std::vector<std::string> keys;
    for (std::size_t i = 0; i <= auth::jose::kMaxJwkSetKeys; ++i) {
      keys.push_back(jwk_of(key_for(Algorithm::kEdDsa), ",\"kid\":\"" + std::to_string(i) + '"'));
    }
    const JwkSet set = set_of(keys);
    CPPUNIT_ASSERT_EQUAL(auth::jose::kMaxJwkSetKeys, set.size());
    CPPUNIT_ASSERT(set.find(std::to_string(auth::jose::kMaxJwkSetKeys)) == nullptr);
    CPPUNIT_ASSERT_EQUAL(std::string("all keys beyond the first 128"), set.left_out().back());
  }

  void a_set_finds_a_key_by_its_whole_kid() {
    const JwkSet set = set_of(
        {jwk_of(rsa_key(), R"(,"kid":"aB")"), jwk_of(key_for(Algorithm::kEs256), R"(,"kid":"")")});
    for (const char* id : {"a", "ab", "aB ", "aBc", "B"}) CPPUNIT_ASSERT(set.find(id) == nullptr);
    CPPUNIT_ASSERT(set.find("aB")->fits(Algorithm::kRs256));
    CPPUNIT_ASSERT(set.find("")->fits(Algorithm::kEs256));
  }

  void a_set_gives_its_only_key_to_a_token_that_names_none() {
    CPPUNIT_ASSERT(set_of({}).find(std::nullopt) == nullptr);
    CPPUNIT_ASSERT(set_of({jwk_of(rsa_key(), R"(,"kid":"a")")}).find(std::nullopt) != nullptr);
    CPPUNIT_ASSERT(
        set_of({jwk_of(rsa_key()), jwk_of(key_for(Algorithm::kEs256))}).find(std::nullopt) ==
        nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JwkTest);

}  // namespace
