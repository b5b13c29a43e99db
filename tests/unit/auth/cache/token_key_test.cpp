// SPDX-License-Identifier: Apache-2.0
#include "auth/cache/token_key.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>
#include <thread>
#include <vector>

#include "tests/unit/support/token_keys.h"

namespace {

using auth::TokenKey;
using support::key_of;

std::string hex(const TokenKey& key) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  for (const unsigned char byte : key.digest) {
    text.push_back(kDigits[byte >> 4]);
    text.push_back(kDigits[byte & 15]);
  }
  return text;
}

class TokenKeyTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(TokenKeyTest);
  CPPUNIT_TEST(tells_tokens_apart_that_are_only_alike);
  CPPUNIT_TEST(is_the_sha_256_of_the_token);
  CPPUNIT_TEST(every_thread_gets_the_same);
  CPPUNIT_TEST_SUITE_END();

  void tells_tokens_apart_that_are_only_alike() {
    const std::string token(4000, 'a');
    for (const std::string& other :
         {token.substr(1), token + 'a', token + '\0', std::string(1, 'b') + token.substr(1),
          token.substr(1) + 'b', std::string()}) {
      CPPUNIT_ASSERT(!(key_of(token) == key_of(other)));
    }
    CPPUNIT_ASSERT(key_of(token) == key_of(std::string(token)));
  }

  void is_the_sha_256_of_the_token() {
    // FIPS 180-4, and its long example.
    CPPUNIT_ASSERT_EQUAL(
        std::string("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"),
        hex(key_of("")));
    CPPUNIT_ASSERT_EQUAL(
        std::string("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"),
        hex(key_of("abc")));
    CPPUNIT_ASSERT_EQUAL(
        std::string("cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"),
        hex(key_of(std::string(1'000'000, 'a'))));
  }

  void every_thread_gets_the_same() {
    std::vector<TokenKey> keys(4);
    std::vector<std::thread> threads;
    for (TokenKey& key : keys) {
      threads.emplace_back([&key] {
        for (int i = 0; i < 1000; ++i) key = key_of(i == 999 ? "token" : std::to_string(i));
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const TokenKey& key : keys) CPPUNIT_ASSERT(key == key_of("token"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(TokenKeyTest);

}  // namespace
