// SPDX-License-Identifier: Apache-2.0
// Who signed a JWT, and with what: auth/jose/jwt.h over auth/jose/verification_key.h.
#include <cppunit/extensions/HelperMacros.h>
#include <openssl/err.h>
#include <openssl/evp.h>

#include <atomic>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "auth/jose/base64url.h"
#include "tests/unit/support/jwt_fixture.h"
#include "tests/unit/support/jwts.h"
#include "tests/unit/support/keys.h"

namespace {

using auth::Reason;
using auth::jose::Algorithm;
using auth::jose::base64url_decode;
using auth::jose::base64url_encode;
using auth::jose::SharedKey;
using support::key_for;
using support::rsa_key;
using support::signed_jwt;
using support::verification_key;

class JwtSignatureTest : public support::JwtFixture {
  CPPUNIT_TEST_SUITE(JwtSignatureTest);
  CPPUNIT_TEST(refuses_every_algorithm_that_does_not_fit_the_key);
  CPPUNIT_TEST(refuses_a_public_key_used_as_an_hmac_secret);
  CPPUNIT_TEST(refuses_a_fitting_algorithm_that_is_not_the_keys_own);
  CPPUNIT_TEST(refuses_a_signature_by_another_algorithm_than_the_header_says);
  CPPUNIT_TEST(refuses_a_key_that_the_header_brings_along);
  CPPUNIT_TEST(refuses_a_signature_with_a_bit_of_any_byte_flipped);
  CPPUNIT_TEST(refuses_header_and_payload_with_any_bit_flipped);
  CPPUNIT_TEST(refuses_a_signature_cut_or_extended);
  CPPUNIT_TEST(refuses_an_ecdsa_signature_in_der);
  CPPUNIT_TEST(refuses_ecdsa_with_r_and_s_out_of_range);
  CPPUNIT_TEST(refuses_pss_with_a_salt_of_another_length);
  CPPUNIT_TEST(leaves_no_error_behind_in_openssl);
  CPPUNIT_TEST(verifies_every_algorithm);
  CPPUNIT_TEST(verifies_on_several_threads_at_once);
  CPPUNIT_TEST_SUITE_END();

  void refuses_every_algorithm_that_does_not_fit_the_key() {
    int refused = 0;
    for_each_algorithm([&](Algorithm of_key) {
      const SharedKey key = verification_key(key_for(of_key));
      for_each_algorithm([&](Algorithm of_token) {
        if (key->fits(of_token)) return;
        check_unverified(Reason::kAlgorithmMismatch, signed_jwt(of_token, "1", "{}"), key);
        ++refused;
      });
    });
    // Six algorithms of RSA against four others, and four against nine each.
    CPPUNIT_ASSERT_EQUAL(6 * 4 + 4 * 9, refused);
  }

  // The attack of CVE-2015-9235: the signature is an HMAC under the public key's text.
  void refuses_a_public_key_used_as_an_hmac_secret() {
    for (const std::string& secret : {support::public_pem(rsa_key()), support::jwk_of(rsa_key())}) {
      // {"alg":"HS256","kid":"1"}.{}
      const std::string text = "eyJhbGciOiJIUzI1NiIsImtpZCI6IjEifQ.e30";
      const auth::jose::Key key(EVP_PKEY_new_mac_key(
          EVP_PKEY_HMAC, nullptr, reinterpret_cast<const unsigned char*>(secret.data()),
          static_cast<int>(secret.size())));
      const std::string mac = support::signature_of(key.get(), Algorithm::kRs256, text);
      CPPUNIT_ASSERT_EQUAL(std::size_t{32}, mac.size());
      check_unparsed(Reason::kUnsupportedAlgorithm, text + '.' + base64url_encode(mac));
      // {"alg":"RS256","kid":"1"}.{}
      check_unverified(Reason::kBadSignature,
                       "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.e30." + base64url_encode(mac),
                       verification_key(rsa_key()));
    }
  }

  void refuses_a_fitting_algorithm_that_is_not_the_keys_own() {
    for_each_algorithm([&](Algorithm own) {
      const SharedKey key = verification_key(key_for(own), ",\"alg\":\"" + name_of(own) + '"');
      for_each_algorithm([&](Algorithm algorithm) {
        const std::string text = signed_jwt(algorithm, "1", "{}");
        if (algorithm == own) {
          CPPUNIT_ASSERT(verify(text, key).has_value());
        } else {
          check_unverified(Reason::kAlgorithmMismatch, text, key);
        }
      });
    });
  }

  void refuses_a_signature_by_another_algorithm_than_the_header_says() {
    const SharedKey key = verification_key(rsa_key());
    for_each_algorithm([&](Algorithm said) {
      for_each_algorithm([&](Algorithm used) {
        if (said == used || !key->fits(said) || !key->fits(used)) return;
        check_unverified(Reason::kBadSignature,
                         signed_jwt(rsa_key(), used, "{\"alg\":\"" + name_of(said) + "\"}", "{}"),
                         key);
      });
    });
  }

  // RFC 7515 §4.1.2 to §4.1.6 let a header point to keys. Whoever forges a token points to his own.
  void refuses_a_key_that_the_header_brings_along() {
    const auth::jose::Key own = support::new_ec_key("P-256");
    const std::string header = R"({"alg":"ES256","jwk":)" + support::jwk_of(own.get()) +
                               R"(,"jku":"https://evil.example","x5u":"https://evil.example"})";
    const std::string text = signed_jwt(own.get(), Algorithm::kEs256, header, "{}");
    check_unverified(Reason::kBadSignature, text, verification_key(key_for(Algorithm::kEs256)));
    CPPUNIT_ASSERT(verify(text, verification_key(own.get())).has_value());
  }

  // Each of a byte's bits in turn: what verifies is OpenSSL, to which all bits are alike.
  void refuses_a_signature_with_a_bit_of_any_byte_flipped() {
    for_each_algorithm([](Algorithm algorithm) {
      const SharedKey key = verification_key(key_for(algorithm));
      const std::string text = signed_jwt(algorithm, "1", "{}");
      CPPUNIT_ASSERT(verify(text, key).has_value());
      const std::size_t dot = text.rfind('.');
      const std::string signature = *base64url_decode(text.substr(dot + 1));
      for (std::size_t i = 0; i < signature.size(); ++i) {
        std::string flipped = signature;
        flipped[i] = static_cast<char>(flipped[i] ^ (1 << i % 8));
        check_unverified(Reason::kBadSignature, text.substr(0, dot + 1) + base64url_encode(flipped),
                         key);
      }
    });
  }

  // Of the encoded text, so that every check is reached that stands before the signature's.
  void refuses_header_and_payload_with_any_bit_flipped() {
    const SharedKey key = verification_key(key_for(Algorithm::kEs256));
    const std::string text = signed_jwt(Algorithm::kEs256, "1", R"({"sub":"somebody"})");
    for (std::size_t bit = 0; bit < text.rfind('.') * 8; ++bit) {
      std::string flipped = text;
      flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
      CPPUNIT_ASSERT_MESSAGE(flipped, !verify(flipped, key));
    }
  }

  void refuses_a_signature_cut_or_extended() {
    for_each_algorithm([](Algorithm algorithm) {
      const SharedKey key = verification_key(key_for(algorithm));
      const std::string text = signed_jwt(algorithm, "1", "{}");
      const std::string head = text.substr(0, text.rfind('.') + 1);
      const std::string signature = *base64url_decode(text.substr(head.size()));
      for (const std::string& wrong :
           {std::string(), std::string(1, '\0'), signature.substr(1),
            signature.substr(0, signature.size() - 1), signature + '\0', '\0' + signature,
            signature + signature, std::string(signature.size(), '\0'),
            std::string(signature.size(), '\xff'), std::string(4096, '\x01')}) {
        check_unverified(Reason::kBadSignature, head + base64url_encode(wrong), key);
      }
    });
  }

  // RFC 7518 §3.4 wants r and s side by side. As DER it is a valid signature too, elsewhere.
  void refuses_an_ecdsa_signature_in_der() {
    const std::string header = R"({"alg":"ES256"})";
    const std::string text = base64url_encode(header) + ".e30";
    const std::unique_ptr<EVP_MD_CTX, decltype(&EVP_MD_CTX_free)> context(EVP_MD_CTX_new(),
                                                                          &EVP_MD_CTX_free);
    EVP_PKEY* const key = key_for(Algorithm::kEs256);
    CPPUNIT_ASSERT(EVP_DigestSignInit(context.get(), nullptr, EVP_sha256(), nullptr, key) == 1);
    std::string der(128, '\0');
    std::size_t size = der.size();
    CPPUNIT_ASSERT(EVP_DigestSign(context.get(), reinterpret_cast<unsigned char*>(der.data()),
                                  &size, reinterpret_cast<const unsigned char*>(text.data()),
                                  text.size()) == 1);
    der.resize(size);
    check_unverified(Reason::kBadSignature, text + '.' + base64url_encode(der),
                     verification_key(key));
  }

  // CVE-2022-21449: r = s = 0 passed for any text where nobody looked.
  void refuses_ecdsa_with_r_and_s_out_of_range() {
    // {"alg":"ES256"}.{}
    const std::string head = "eyJhbGciOiJFUzI1NiJ9.e30.";
    const std::string order = *base64url_decode("_____wAAAAD__________7zm-q2nF56E87nKwvxjJVE");
    const std::string zero(32, '\0');
    std::string one = zero;
    one.back() = 1;
    const SharedKey key = verification_key(key_for(Algorithm::kEs256));
    for (const std::string& r : {zero, one, order}) {
      for (const std::string& s : {zero, one, order}) {
        check_unverified(Reason::kBadSignature, head + base64url_encode(r + s), key);
      }
    }
  }

  // RFC 7518 §3.5: "The size of the salt value is the same size as the hash function output."
  void refuses_pss_with_a_salt_of_another_length() {
    // {"alg":"PS256"}.{}
    const std::string text = "eyJhbGciOiJQUzI1NiJ9.e30";
    for (const int salt : {0, 16, 31, 32, 33, 64}) {
      const std::string jwt =
          text + '.' + base64url_encode(support::pss_signature_of(rsa_key(), text, salt));
      CPPUNIT_ASSERT_EQUAL(salt == 32, verify(jwt, verification_key(rsa_key())).has_value());
    }
  }

  void leaves_no_error_behind_in_openssl() {
    for_each_algorithm([](Algorithm algorithm) {
      const SharedKey key = verification_key(key_for(algorithm));
      std::string text = signed_jwt(algorithm, "1", "{}");
      text.replace(text.rfind('.') + 1, 4, "AAAA");
      ERR_clear_error();  // of making keys and signatures, which try until they succeed
      check_unverified(Reason::kBadSignature, text, key);
      check_unverified(Reason::kBadSignature, text.substr(0, text.rfind('.') + 1) + "AAAA", key);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(name_of(algorithm), 0UL, ERR_peek_error());
    });
  }

  void verifies_every_algorithm() {
    for_each_algorithm([](Algorithm algorithm) {
      for (const std::string payload : {"{}", "", "\xff\n", R"({"sub":"somebody"})"}) {
        const auto verified =
            verify(signed_jwt(algorithm, "1", payload), verification_key(key_for(algorithm)));
        CPPUNIT_ASSERT_MESSAGE(name_of(algorithm), verified.has_value());
        CPPUNIT_ASSERT_EQUAL(payload, *verified);
      }
    });
  }

  void verifies_on_several_threads_at_once() {
    std::vector<SharedKey> keys;
    std::vector<std::string> texts;
    for_each_algorithm([&](Algorithm algorithm) {
      keys.push_back(verification_key(key_for(algorithm)));
      texts.push_back(signed_jwt(algorithm, "1", "{}"));
    });
    std::atomic<int> verified{0};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i) {
      threads.emplace_back([&] {
        for (std::size_t round = 0; round < 200; ++round) {
          const std::size_t at = round % texts.size();
          std::string forged = texts[at];
          forged.replace(forged.find('.') + 1, 3, "e31");
          if (verify(texts[at], keys[at]) && !verify(forged, keys[at])) ++verified;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(4 * 200, verified.load());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JwtSignatureTest);

}  // namespace
