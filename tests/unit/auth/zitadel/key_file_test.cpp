// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/key_file.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

#include "auth/base/json.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::Reason;

const std::string kFromApplication =
    "open the API application under its project in ZITADEL's console, add a key of type JSON and "
    "use the file it hands out";
const std::string kFromUser =
    "open the service user under Users in ZITADEL's console, add a key of type JSON and use the "
    "file it hands out";

class KeyFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(KeyFileTest);
  CPPUNIT_TEST(names_a_service_users_key_in_an_applications_place);
  CPPUNIT_TEST(names_an_applications_key_in_a_service_users_place);
  CPPUNIT_TEST(names_the_secret_of_an_application_with_the_method_basic);
  CPPUNIT_TEST(names_a_bare_key);
  CPPUNIT_TEST(refuses_what_is_no_key_file);
  CPPUNIT_TEST(names_each_missing_member);
  CPPUNIT_TEST(says_why_the_key_cannot_be_used);
  CPPUNIT_TEST(refuses_a_file_that_others_can_read);
  CPPUNIT_TEST(refuses_a_file_that_is_not_there);
  CPPUNIT_TEST(refuses_a_file_that_is_too_large);
  CPPUNIT_TEST(tells_nothing_of_the_key);
  CPPUNIT_TEST(reads_an_applications_key);
  CPPUNIT_TEST(reads_a_service_users_key);
  CPPUNIT_TEST(reads_a_key_in_pkcs8);
  CPPUNIT_TEST(tells_when_a_service_users_key_has_expired);
  CPPUNIT_TEST_SUITE_END();

  template <typename Key>
  static std::string refusal(const auth::Result<Key>& key) {
    CPPUNIT_ASSERT(!key);
    CPPUNIT_ASSERT(key.error().reason == Reason::kKeyUnusable);
    return key.error().detail;
  }

  static std::string application_refusal(std::string_view text) {
    return refusal(auth::parse_application_key(text));
  }

  static std::string with_key(const std::string& pem) {
    return R"({"type":"application","keyId":"111","clientId":"222","key":)" +
           auth::json_quote(pem) + '}';
  }

  void names_a_service_users_key_in_an_applications_place() {
    CPPUNIT_ASSERT_EQUAL(
        "this is a service user's key, where an API application's key belongs: " + kFromApplication,
        application_refusal(support::service_user_key_file()));
  }

  void names_an_applications_key_in_a_service_users_place() {
    CPPUNIT_ASSERT_EQUAL(
        "this is an API application's key, where a service user's key belongs: " + kFromUser,
        refusal(auth::parse_service_user_key(support::application_key_file())));
  }

  void names_the_secret_of_an_application_with_the_method_basic() {
    const std::string text = R"({"clientId":"222@project","clientSecret":"secret"})";
    CPPUNIT_ASSERT_EQUAL(
        std::string("this holds a client secret and no key: set ZITADEL_CLIENT_ID and "
                    "ZITADEL_CLIENT_SECRET instead"),
        application_refusal(text));
    CPPUNIT_ASSERT_EQUAL("this holds a client secret and no key: " + kFromUser,
                         refusal(auth::parse_service_user_key(text)));
  }

  void names_a_bare_key() {
    const std::string expected =
        "this is a bare key or certificate, without the ids that belong to it: " + kFromApplication;
    const std::string pem = support::pkcs1_pem(support::rsa_key());
    CPPUNIT_ASSERT_EQUAL(expected, application_refusal(pem));
    CPPUNIT_ASSERT_EQUAL(expected, application_refusal("key attributes\n" + pem));
  }

  void refuses_what_is_no_key_file() {
    const std::string no_json = "this is not JSON, so no key file of ZITADEL: " + kFromApplication;
    const std::string whole = support::application_key_file();
    for (const std::string& text :
         {std::string(), std::string("\n"), std::string("ZITADEL_DOMAIN=https://host\n"),
          whole.substr(0, whole.size() - 1), whole + whole, whole + '\0',
          "{\"keyId\":\"1\"," + whole.substr(1), std::string("[]"), std::string("\"text\""),
          '[' + whole + ']'}) {
      CPPUNIT_ASSERT_EQUAL(no_json, application_refusal(text));
    }
    const std::string other_json =
        "this is JSON, but no key file of ZITADEL (its \"type\" is not \"application\"): " +
        kFromApplication;
    for (const char* text :
         {"{}", R"({"type":"Application"})", R"({"type":["application"]})", R"({"type":null})",
          R"({"type":"authorized_user","client_id":"1"})", R"({"kty":"RSA"})"}) {
      CPPUNIT_ASSERT_EQUAL(other_json, application_refusal(text));
    }
  }

  void names_each_missing_member() {
    const std::string whole = support::application_key_file();
    for (const std::string member : {"keyId", "clientId", "key"}) {
      const std::string expected = "its \"" + member + "\" is missing: " + kFromApplication;
      std::string renamed = whole;
      renamed.replace(renamed.find('"' + member + '"'), member.size() + 2, "\"other\"");
      CPPUNIT_ASSERT_EQUAL(expected, application_refusal(renamed));
      const std::size_t value = whole.find('"' + member + "\":") + member.size() + 3;
      const std::size_t end = whole.find('"', value + 1) + 1;
      for (const char* instead : {"\"\"", "1", "null", "[\"1\"]", "true"}) {
        std::string other = whole;
        other.replace(value, end - value, instead);
        CPPUNIT_ASSERT_EQUAL(expected, application_refusal(other));
      }
    }
    std::string user = support::service_user_key_file();
    user.replace(user.find("userId"), 6, "clientId");
    CPPUNIT_ASSERT_EQUAL("its \"userId\" is missing: " + kFromUser,
                         refusal(auth::parse_service_user_key(user)));
  }

  void says_why_the_key_cannot_be_used() {
    const std::pair<std::string, std::string> keys[] = {
        {"none", "it is not a private key in PEM form (PKCS#1 or PKCS#8)"},
        {support::public_pem(support::rsa_key()),
         "it is not a private key in PEM form (PKCS#1 or PKCS#8)"},
        {support::pkcs8_pem(support::new_ec_key().get()),
         "it is not an RSA key, and RS256 needs one"},
        {support::pkcs1_pem(support::new_rsa_key(1024).get()),
         "it is an RSA key of less than 2048 bits"},
        {support::encrypted_pkcs1_pem(support::rsa_key(), "secret"),
         "it is protected by a passphrase, which ZITADEL's keys never are"},
    };
    for (const auto& [pem, why] : keys) {
      CPPUNIT_ASSERT_EQUAL("its \"key\" cannot be used: " + why + ": " + kFromApplication,
                           application_refusal(with_key(pem)));
    }
  }

  void refuses_a_file_that_others_can_read() {
    for (const unsigned others : {0001, 0002, 0004, 0010, 0020, 0040, 0044, 0077}) {
      const std::string path =
          folder_.write("key.json", support::application_key_file(), 0600 | others);
      CPPUNIT_ASSERT_EQUAL(path + ": others may read or change this private key: chmod 600 " + path,
                           refusal(auth::read_application_key(path)));
    }
    for (const unsigned own : {0600, 0400, 0700}) {
      CPPUNIT_ASSERT(auth::read_application_key(
          folder_.write("key.json", support::application_key_file(), own)));
    }
  }

  void refuses_a_file_that_is_not_there() {
    const std::string path = folder_.path() / "none.json";
    CPPUNIT_ASSERT_EQUAL(path + ": cannot be opened: No such file or directory",
                         refusal(auth::read_application_key(path)));
    CPPUNIT_ASSERT_EQUAL(std::string(": cannot be opened: No such file or directory"),
                         refusal(auth::read_service_user_key("")));
  }

  void refuses_a_file_that_is_too_large() {
    std::string text = support::application_key_file();
    text.resize(auth::kMaxKeyFileBytes, ' ');
    CPPUNIT_ASSERT(auth::read_application_key(folder_.write("key.json", text)).has_value());
    const std::string path = folder_.write("key.json", text + ' ');
    CPPUNIT_ASSERT_EQUAL(path + ": is larger than 65536 bytes",
                         refusal(auth::read_application_key(path)));
  }

  void tells_nothing_of_the_key() {
    const std::string whole = support::application_key_file();
    const std::string pem = support::pkcs1_pem(support::rsa_key());
    const std::string line = pem.substr(pem.find('\n') + 1, 64);
    CPPUNIT_ASSERT(whole.find(line) != std::string::npos);
    for (std::size_t size = 0; size < whole.size(); size += 7) {
      const std::string detail = application_refusal(whole.substr(0, size));
      CPPUNIT_ASSERT(detail.find(line) == std::string::npos);
      CPPUNIT_ASSERT(detail.find("222@project") == std::string::npos);
    }
  }

  static void signs(const auth::jose::SigningKey& key) {
    const auto jws = key.sign("1", "{}");
    CPPUNIT_ASSERT(jws && support::take_apart(jws->reveal()).verified);
  }

  void reads_an_applications_key() {
    const auto key =
        auth::read_application_key(folder_.write("key.json", support::application_key_file()));
    CPPUNIT_ASSERT(key.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("111"), key->key_id);
    CPPUNIT_ASSERT_EQUAL(std::string("222@project"), key->client_id);
    signs(*key->key);
  }

  void reads_a_service_users_key() {
    const auto key =
        auth::read_service_user_key(folder_.write("key.json", support::service_user_key_file()));
    CPPUNIT_ASSERT(key.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("333"), key->key_id);
    CPPUNIT_ASSERT_EQUAL(std::string("444"), key->user_id);
    signs(*key->key);
  }

  void reads_a_key_in_pkcs8() {
    const auto key = auth::parse_application_key(with_key(support::pkcs8_pem(support::rsa_key())));
    CPPUNIT_ASSERT(key.has_value());
    signs(*key->key);
  }

  void tells_when_a_service_users_key_has_expired() {
    const auto expiry = [](const std::string& date, std::int64_t now) {
      std::string text = support::service_user_key_file();
      const std::string own = R"("2030-01-01T00:00:00Z")";
      text.replace(text.find(own), own.size(), date);
      const auto key = auth::parse_service_user_key(text);
      CPPUNIT_ASSERT_MESSAGE(date, key.has_value());
      return auth::check_expiry(*key, auth::WallTime(std::chrono::seconds(now)));
    };
    CPPUNIT_ASSERT_EQUAL(
        "the key 333 expired at 2001-09-09T01:46:40Z, by its file and this machine's clock: " +
            kFromUser,
        expiry(R"("2001-09-09T01:46:40Z")", 1'000'000'000).error().sentence);
    CPPUNIT_ASSERT(expiry(R"("2001-09-09T01:46:40Z")", 999'999'999));
    CPPUNIT_ASSERT(!expiry(R"("2001-09-09T01:46:40.123456Z")", 1'000'000'001));
    // ZITADEL judges what cannot be read here.
    for (const char* date : {"null", "\"\"", "\"soon\"", "1", "\"9999-12-31T23:59:59Z\"",
                             "\"2519-04-01T08:45:00.000000Z\"", "\"0001-01-01T00:00:00Z\""}) {
      CPPUNIT_ASSERT_MESSAGE(date, expiry(date, 2'000'000'000));
    }
    CPPUNIT_ASSERT(auth::check_expiry({"333", "444", nullptr}, auth::WallTime::max()));
  }

  support::TemporaryFolder folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(KeyFileTest);

}  // namespace
