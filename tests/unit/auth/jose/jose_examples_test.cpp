// SPDX-License-Identifier: Apache-2.0
// The examples of RFC 7515 appendix A and RFC 8037 appendix A.
#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <string_view>

#include "auth/base/json.h"
#include "auth/jose/jwk.h"
#include "auth/jose/jwt.h"

namespace {

using auth::Json;
using auth::Reason;
using auth::Result;
using auth::jose::Jwt;

// {"iss":"joe",\r\n "exp":1300819380,\r\n "http://example.com/is_root":true}
const std::string kClaims =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlf"
    "Q";

// RFC 7515 A.2.1
const std::string kRsaKey =
    R"({"kty":"RSA","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPC)"
    "JrcS2mJPMEzP1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bS"
    "f63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4L"
    R"(T6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcDTW9gb54h4FRWyuXpoQ",)"
    R"("e":"AQAB"})";

// RFC 7515 A.3.1
const std::string kP256Key =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
    R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";

// RFC 7515 A.4.1
const std::string kP521Key =
    R"({"kty":"EC","crv":"P-521",)"
    R"("x":"AekpBQ8ST8a8VcfVOTNl353vSrDCLLJXmPk06wTjxrrjcBpXp5EOnYG_NjFZ6OvLFV1jSfS9tsz4qUxcWceqwQGk",)"
    R"("y":"ADSmRA43Z1DSNx_RvcLI87cdL07l6jQyyBXMoxVg_l2Th-x3S1WDhjDly79ajL4Kkd0AZMaZmh9ubmf63e3kyMj2"})";

// RFC 8037 A.2
const std::string kEd25519Key =
    R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

class JoseExamplesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JoseExamplesTest);
  CPPUNIT_TEST(refuses_hs256_of_rfc_7515_a1);
  CPPUNIT_TEST(refuses_none_of_rfc_7515_a5);
  CPPUNIT_TEST(verifies_rs256_of_rfc_7515_a2);
  CPPUNIT_TEST(verifies_es256_of_rfc_7515_a3);
  CPPUNIT_TEST(verifies_es512_of_rfc_7515_a4);
  CPPUNIT_TEST(verifies_ed25519_of_rfc_8037_a4);
  CPPUNIT_TEST_SUITE_END();

  static Result<std::string> verify(const std::string& jws, std::string_view jwk) {
    const auto key = auth::jose::parse_jwk(*Json::parse(jwk));
    CPPUNIT_ASSERT_MESSAGE(key ? "" : key.error().detail, key.has_value());
    const Result<Jwt> jwt = Jwt::parse(jws);
    if (!jwt) return jwt.error();
    return jwt->verify(**key);
  }

  static void check_claims(const Result<std::string>& payload) {
    CPPUNIT_ASSERT(payload.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("{\"iss\":\"joe\",\r\n \"exp\":1300819380,\r\n "
                                     "\"http://example.com/is_root\":true}"),
                         *payload);
  }

  static void check_refused(const std::string& jws) {
    const Result<Jwt> jwt = Jwt::parse(jws);
    CPPUNIT_ASSERT(!jwt);
    CPPUNIT_ASSERT(jwt.error().reason == Reason::kUnsupportedAlgorithm);
  }

  void refuses_hs256_of_rfc_7515_a1() {
    // {"typ":"JWT",\r\n "alg":"HS256"}
    check_refused("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + kClaims +
                  ".dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk");
  }

  void refuses_none_of_rfc_7515_a5() {
    // {"alg":"none"}
    check_refused("eyJhbGciOiJub25lIn0." + kClaims + ".");
  }

  void verifies_rs256_of_rfc_7515_a2() {
    // {"alg":"RS256"}
    check_claims(verify(
        "eyJhbGciOiJSUzI1NiJ9." + kClaims +
            ".cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
            "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKBYNX4BAynRFdiuB--f_"
            "nZLgrnbyTyWzO75vRK5h6xBArLIARN"
            "PvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
            "eOkHWEsqtFZESc6BfI7noOPqvhJ1"
            "phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw",
        kRsaKey));
  }

  void verifies_es256_of_rfc_7515_a3() {
    // {"alg":"ES256"}
    check_claims(
        verify("eyJhbGciOiJFUzI1NiJ9." + kClaims +
                   ".DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3"
                   "-Kg6NU1Q",
               kP256Key));
  }

  void verifies_es512_of_rfc_7515_a4() {
    // {"alg":"ES512"}.Payload
    const auto payload = verify(
        "eyJhbGciOiJFUzUxMiJ9.UGF5bG9hZA.AdwMgeerwtHoh-l192l60hp9wAHZFVJbLfD_UxMi70cwnZOYaRI1bKPWRO"
        "c-mZZqwqT2SI-KGDKB34XO0aw_"
        "7XdtAG8GaSwFKdCAPZgoXD2YBJZCPEX3xKpRwcdOO8KpEHwJjyqOgzDO7iKvU8vcn"
        "wNrmxYbSW9ERBXukOXolLzeO_Jn",
        kP521Key);
    CPPUNIT_ASSERT(payload.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("Payload"), *payload);
  }

  void verifies_ed25519_of_rfc_8037_a4() {
    // {"alg":"EdDSA"}.Example of Ed25519 signing
    const auto payload = verify(
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc."
        "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0"
        "KAg",
        kEd25519Key);
    CPPUNIT_ASSERT(payload.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("Example of Ed25519 signing"), *payload);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(JoseExamplesTest);

}  // namespace
