// SPDX-License-Identifier: Apache-2.0
#include "auth/jose/signing_key.h"

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/err.h>

#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/jose/base64url.h"
#include "tests/unit/support/keys.h"

namespace {

using auth::Reason;
using auth::SecretView;
using auth::jose::KeyReading;
using auth::jose::SigningKey;

class JwsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JwsTest);
  CPPUNIT_TEST(refuses_what_is_no_private_key);
  CPPUNIT_TEST(refuses_a_damaged_key);
  CPPUNIT_TEST(refuses_a_key_of_another_type);
  CPPUNIT_TEST(refuses_a_short_key);
  CPPUNIT_TEST(refuses_a_key_behind_a_passphrase_without_asking_for_it);
  CPPUNIT_TEST(tells_what_a_key_read_later_lacks_when_it_is_used);
  CPPUNIT_TEST(leaves_no_error_behind_in_openssl);
  CPPUNIT_TEST(verifies_no_signature_with_a_bit_flipped);
  CPPUNIT_TEST(signs_with_rs256_and_names_the_key);
  CPPUNIT_TEST(signs_alike_with_both_forms_of_pem);
  CPPUNIT_TEST(signs_alike_with_a_key_read_later);
  CPPUNIT_TEST(keeps_a_strange_key_id_inside_its_string);
  CPPUNIT_TEST(signs_for_several_threads_at_once);
  CPPUNIT_TEST(derives_another_secret_for_each_key_and_label);
  CPPUNIT_TEST(derives_the_same_secret_from_both_forms_of_pem);
  CPPUNIT_TEST_SUITE_END();

  static std::string refusal(std::string_view pem) {
    const auto key = SigningKey::from_pem(SecretView(pem));
    CPPUNIT_ASSERT(!key);
    CPPUNIT_ASSERT(key.error().reason == Reason::kKeyUnusable);
    const std::string detail = key.error().detail;
    CPPUNIT_ASSERT(!detail.empty());
    CPPUNIT_ASSERT_MESSAGE(detail, detail.find("-----") == std::string::npos);
    return detail;
  }

  static std::shared_ptr<const SigningKey> key_from(std::string_view pem,
                                                    KeyReading reading = KeyReading::kNow) {
    auto key = SigningKey::from_pem(SecretView(pem), reading);
    CPPUNIT_ASSERT_MESSAGE(key ? "" : key.error().detail, key.has_value());
    return *std::move(key);
  }

  static std::string sign(const SigningKey& key, std::string_view key_id,
                          std::string_view payload) {
    const auto jws = key.sign(key_id, payload);
    CPPUNIT_ASSERT(jws.has_value());
    return std::string(jws->reveal());
  }

  void refuses_what_is_no_private_key() {
    const std::string expected = "it is not a private key in PEM form (PKCS#1 or PKCS#8)";
    for (const std::string& pem :
         {std::string(), std::string("\n"), std::string(5000, '-'), std::string("no key"),
          std::string("-----BEGIN RSA PRIVATE KEY-----"),
          std::string("-----BEGIN RSA PRIVATE KEY-----\n-----END RSA PRIVATE KEY-----\n"),
          support::public_pem(support::rsa_key())}) {
      CPPUNIT_ASSERT_EQUAL(expected, refusal(pem));
    }
  }

  void refuses_a_damaged_key() {
    const std::string pem = support::pkcs1_pem(support::rsa_key());
    refusal(std::string_view(pem).substr(0, pem.size() / 2));
    std::string cut = pem;
    cut.erase(pem.size() / 2, 65);
    refusal(cut);
    std::string foreign = pem;
    foreign[pem.size() / 2] = '*';
    refusal(foreign);
    std::string mislabelled = pem;
    mislabelled.replace(mislabelled.find("RSA"), 3, "DSA");
    refusal(mislabelled);
  }

  void refuses_a_key_of_another_type() {
    CPPUNIT_ASSERT_EQUAL(std::string("it is not an RSA key, and RS256 needs one"),
                         refusal(support::pkcs8_pem(support::new_ec_key().get())));
  }

  // RFC 7518 §3.3: "A key of size 2048 bits or larger MUST be used with these algorithms."
  void refuses_a_short_key() {
    CPPUNIT_ASSERT_EQUAL(std::string("it is an RSA key of less than 2048 bits"),
                         refusal(support::pkcs1_pem(support::new_rsa_key(2047).get())));
  }

  void refuses_a_key_behind_a_passphrase_without_asking_for_it() {
    const std::string expected = "it is protected by a passphrase, which ZITADEL's keys never are";
    EVP_PKEY* const key = support::rsa_key();
    CPPUNIT_ASSERT_EQUAL(expected, refusal(support::encrypted_pkcs1_pem(key, "secret")));
    CPPUNIT_ASSERT_EQUAL(expected, refusal(support::encrypted_pkcs8_pem(key, "secret")));
    CPPUNIT_ASSERT_EQUAL(expected, refusal(support::encrypted_pkcs8_pem(key, "")));
  }

  void leaves_no_error_behind_in_openssl() {
    refusal("no key");
    refusal(support::encrypted_pkcs8_pem(support::rsa_key(), "secret"));
    CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
  }

  // What the other tests rest on: the verification in tests/unit/support can say no.
  void verifies_no_signature_with_a_bit_flipped() {
    const auto key = key_from(support::pkcs1_pem(support::rsa_key()));
    const std::string jws = sign(*key, "1", "{}");
    const std::size_t dot = jws.rfind('.');
    const std::string signature = *auth::jose::base64url_decode(jws.substr(dot + 1));
    for (std::size_t bit = 0; bit < signature.size() * 8; ++bit) {
      std::string flipped = signature;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      const std::string forged = jws.substr(0, dot + 1) + auth::jose::base64url_encode(flipped);
      CPPUNIT_ASSERT(!support::take_apart(forged).verified);
    }
    CPPUNIT_ASSERT(!support::take_apart("e30" + jws.substr(jws.find('.'))).verified);
  }

  void signs_with_rs256_and_names_the_key() {
    const auto key = key_from(support::pkcs1_pem(support::rsa_key()));
    const support::Jws jws = support::take_apart(sign(*key, "250719447407395299", R"({"a":1})"));
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"alg":"RS256","typ":"JWT","kid":"250719447407395299"})"),
                         jws.header);
    CPPUNIT_ASSERT_EQUAL(std::string(R"({"a":1})"), jws.payload);
    CPPUNIT_ASSERT(jws.verified);
  }

  void signs_alike_with_both_forms_of_pem() {
    const auto pkcs1 = key_from(support::pkcs1_pem(support::rsa_key()));
    const auto pkcs8 = key_from(support::pkcs8_pem(support::rsa_key()));
    const std::string jws = sign(*pkcs1, "1", "{}");
    CPPUNIT_ASSERT(support::take_apart(jws).verified);
    CPPUNIT_ASSERT_EQUAL(jws, sign(*pkcs8, "1", "{}"));
  }

  void keeps_a_strange_key_id_inside_its_string() {
    const auto key = key_from(support::pkcs1_pem(support::rsa_key()));
    const support::Jws jws = support::take_apart(sign(*key, "\",\"alg\":\"none\\\n", "{}"));
    CPPUNIT_ASSERT_EQUAL(
        std::string(R"({"alg":"RS256","typ":"JWT","kid":"\",\"alg\":\"none\\\u000a"})"),
        jws.header);
  }

  void signs_for_several_threads_at_once() {
    const auto key = key_from(support::pkcs1_pem(support::rsa_key()));
    const std::string expected = sign(*key, "1", "{}");
    std::vector<std::string> made(8);
    std::vector<std::thread> threads;
    for (std::string& jws : made) {
      threads.emplace_back([&key, &jws] {
        for (int i = 0; i < 20; ++i) {
          const auto result = key->sign("1", "{}");
          jws = result ? std::string(result->reveal()) : "";
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const std::string& jws : made) CPPUNIT_ASSERT_EQUAL(expected, jws);
  }

  static std::string derive(std::string_view pem, std::string_view label,
                            KeyReading reading = KeyReading::kNow) {
    const auto secret = key_from(pem, reading)->derive(label);
    CPPUNIT_ASSERT(secret.has_value());
    CPPUNIT_ASSERT_EQUAL(std::size_t{32}, secret->size());
    return std::string(secret->reveal());
  }

  void derives_another_secret_for_each_key_and_label() {
    const std::string pem = support::pkcs1_pem(support::rsa_key());
    const std::string other = support::pkcs1_pem(support::other_rsa_key());
    CPPUNIT_ASSERT(derive(pem, "a") != derive(other, "a"));
    CPPUNIT_ASSERT(derive(pem, "a") != derive(pem, "b"));
    CPPUNIT_ASSERT(derive(pem, "a") != derive(pem, ""));
  }

  void derives_the_same_secret_from_both_forms_of_pem() {
    EVP_PKEY* const key = support::rsa_key();
    const std::string expected = derive(support::pkcs1_pem(key), "a");
    CPPUNIT_ASSERT(expected == derive(support::pkcs8_pem(key), "a"));
    CPPUNIT_ASSERT(expected == derive(support::pkcs8_pem(key), "a", KeyReading::kWhenUsed));
    const auto larger = support::new_rsa_key(3072);
    CPPUNIT_ASSERT(derive(support::pkcs1_pem(larger.get()), "a") ==
                   derive(support::pkcs8_pem(larger.get()), "a"));
  }

  void signs_alike_with_a_key_read_later() {
    const std::string pem = support::pkcs1_pem(support::rsa_key());
    const auto later = key_from(pem, KeyReading::kWhenUsed);
    CPPUNIT_ASSERT_EQUAL(sign(*key_from(pem), "1", "{}"), sign(*later, "1", "{}"));
    CPPUNIT_ASSERT_EQUAL(sign(*key_from(pem), "2", "{}"), sign(*later, "2", "{}"));
  }

  void tells_what_a_key_read_later_lacks_when_it_is_used() {
    std::string damaged = support::pkcs1_pem(support::rsa_key());
    damaged.replace(damaged.find('\n') + 1, 8, "AAAAAAAA");
    for (const std::string& pem : {damaged, support::pkcs1_pem(support::new_rsa_key(1024).get()),
                                   support::pkcs8_pem(support::new_ec_key().get())}) {
      const auto key = key_from(pem, KeyReading::kWhenUsed);
      for (int i = 0; i < 2; ++i) {
        const auto jws = key->sign("1", "{}");
        CPPUNIT_ASSERT(!jws);
        CPPUNIT_ASSERT(jws.error().reason == Reason::kKeyUnusable);
        CPPUNIT_ASSERT_EQUAL(refusal(pem), jws.error().detail);
      }
    }
    // What can be seen at once is told at once.
    for (const std::string& pem : {std::string("no key"), support::public_pem(support::rsa_key()),
                                   support::encrypted_pkcs1_pem(support::rsa_key(), "fish"),
                                   support::encrypted_pkcs8_pem(support::rsa_key(), "fish")}) {
      const auto key = SigningKey::from_pem(SecretView(pem), KeyReading::kWhenUsed);
      CPPUNIT_ASSERT(!key);
      CPPUNIT_ASSERT_EQUAL(refusal(pem), key.error().detail);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JwsTest);

}  // namespace
