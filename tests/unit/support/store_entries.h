// Keys and entries that the tests of all stores put into them.
#pragma once

#include <cppunit/TestAssert.h>

#include <cstddef>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/secret.h"
#include "auth/store/sealed_entry.h"
#include "auth/store/shared_store.h"
#include "auth/token/claims.h"

namespace support {

inline auth::StoreKey store_key(unsigned number) {
  std::mt19937 bytes(number);
  auth::StoreKey key{};
  for (unsigned char& byte : key) byte = static_cast<unsigned char>(bytes());
  return key;
}

// Tells at its begin which key it is for; the same number and size give the same entry.
inline std::string store_entry(unsigned number, std::size_t size = 400) {
  std::string entry = std::to_string(number) + ' ';
  while (entry.size() < size) entry += static_cast<char>('a' + entry.size() % 26);
  return entry;
}

// An answer, whatever is there.
inline void put(auth::SharedStore& store, unsigned number, auth::WallTime until,
                std::size_t size = 400) {
  store.put(store_key(number), {store_entry(number, size), until}, {});
}

// Puts a sealed entry with a user in it for the token, and proves that it can be had back.
inline void keep_sealed_user(auth::SharedStore& store, const std::string& token_text,
                             auth::WallTime now, auth::WallTime until) {
  const auto sealer = auth::Sealer::make(auth::SecretView("the application's secret"), "context");
  CPPUNIT_ASSERT(sealer.has_value());
  const auth::SecretView token(token_text);
  const auth::SharedEntry entry{
      now, std::make_shared<const auth::Claims>(auth::ClaimsBuilder()
                                                    .subject("subject-4711")
                                                    .username("heidi@example.com")
                                                    .role("read:messages", {"org"})
                                                    .build())};
  store.put(*sealer->key_of(token), {*sealer->seal(token, entry, until), until}, {});
  const auto found = store.get(*sealer->key_of(token));
  CPPUNIT_ASSERT(found && sealer->open(token, *found, now));
}

}  // namespace support
