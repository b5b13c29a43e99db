// SPDX-License-Identifier: Apache-2.0
// What tests of JWTs ask again and again.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "auth/jose/jwk.h"
#include "auth/jose/jwt.h"

namespace support {

class JwtFixture : public CppUnit::TestFixture {
 protected:
  static std::string name_of(auth::jose::Algorithm algorithm) {
    return std::string(auth::jose::traits_of(algorithm).name);
  }

  template <typename Visit>
  static void for_each_algorithm(Visit visit) {
    for (std::size_t i = 0; i < auth::jose::kAlgorithmCount; ++i) {
      visit(static_cast<auth::jose::Algorithm>(i));
    }
  }

  static auth::Result<std::string> verify(const std::string& text,
                                          const auth::jose::SharedKey& key) {
    const auth::Result<auth::jose::Jwt> jwt = auth::jose::Jwt::parse(text);
    if (!jwt) return jwt.error();
    return jwt->verify(*key);
  }

  // Reasons are compared as the text they stand for, so that a mistake can be read.
  template <typename T>
  static void check_refused(auth::Reason expected, const auth::Result<T>& result,
                            const std::string& text) {
    CPPUNIT_ASSERT_MESSAGE("taken: " + text, !result);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(text, std::string(auth::describe(expected)),
                                 std::string(auth::describe(result.error().reason)));
  }
  static void check_unparsed(auth::Reason expected, const std::string& text) {
    check_refused(expected, auth::jose::Jwt::parse(text), text);
  }
  static void check_unverified(auth::Reason expected, const std::string& text,
                               const auth::jose::SharedKey& key) {
    check_refused(expected, verify(text, key), text);
  }
};

}  // namespace support
