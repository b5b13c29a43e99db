// SPDX-License-Identifier: Apache-2.0
#include "auth/base/secret.h"

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <cstdlib>
#include <new>
#include <ostream>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>

namespace {

// Remembers what stood in one block of memory when it was given back.
const void* watched = nullptr;
std::size_t watched_size = 0;
std::string content_when_freed;

}  // namespace

// Secrets alone are arrays made by new[], so their end can be seen here.
[[gnu::noinline]] void* operator new[](std::size_t size) {
  if (void* const memory = std::malloc(std::max<std::size_t>(size, 1))) return memory;
  throw std::bad_alloc();
}

[[gnu::noinline]] void operator delete[](void* memory) noexcept {
  if (memory != nullptr && memory == watched) {
    watched = nullptr;
    content_when_freed.assign(static_cast<const char*>(memory), watched_size);
  }
  std::free(memory);
}

[[gnu::noinline]] void operator delete[](void* memory, std::size_t) noexcept {
  operator delete[](memory);
}

namespace {

using auth::Secret;
using auth::SecretView;

template <typename T>
concept Printable = requires(std::ostream& out, const T& value) {
  out << value;
};

static_assert(!Printable<Secret> && !Printable<SecretView>);
static_assert(Printable<std::string>);
static_assert(!std::is_copy_constructible_v<Secret> && !std::is_copy_assignable_v<Secret>);
static_assert(std::is_nothrow_move_constructible_v<Secret>);
static_assert(std::is_nothrow_move_assignable_v<Secret>);
static_assert(!std::is_convertible_v<std::string_view, Secret>);
static_assert(!std::is_convertible_v<Secret, std::string>);
static_assert(!std::is_convertible_v<Secret, std::string_view>);

class SecretTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SecretTest);
  CPPUNIT_TEST(is_wiped_when_it_dies);
  CPPUNIT_TEST(is_wiped_when_another_takes_its_place);
  CPPUNIT_TEST(wipes_the_string_it_was_taken_from);
  CPPUNIT_TEST(leaves_nothing_behind_when_moved);
  CPPUNIT_TEST(survives_being_moved_to_itself);
  CPPUNIT_TEST(keeps_its_own_copy);
  CPPUNIT_TEST(may_be_empty);
  CPPUNIT_TEST_SUITE_END();

  static void watch(const Secret& secret) {
    watched = secret.reveal().data();
    watched_size = secret.size();
    content_when_freed = "never freed";
  }

  void is_wiped_when_it_dies() {
    {
      const Secret secret("top secret");
      watch(secret);
    }
    CPPUNIT_ASSERT_EQUAL(std::string(10, '\0'), content_when_freed);
  }

  void is_wiped_when_another_takes_its_place() {
    Secret secret("top secret");
    watch(secret);
    secret = Secret("another");
    CPPUNIT_ASSERT_EQUAL(std::string(10, '\0'), content_when_freed);
    CPPUNIT_ASSERT_EQUAL(std::string("another"), std::string(secret.reveal()));
  }

  void wipes_the_string_it_was_taken_from() {
    std::string text = "a secret too long for the string itself";
    const std::string_view memory(text.data(), text.size());
    const Secret secret = Secret::take(text);
    CPPUNIT_ASSERT(text.empty());
    CPPUNIT_ASSERT_EQUAL(std::string(memory.size(), '\0'), std::string(memory));
    CPPUNIT_ASSERT_EQUAL(std::string("a secret too long for the string itself"),
                         std::string(secret.reveal()));
  }

  void leaves_nothing_behind_when_moved() {
    Secret first("secret");
    const Secret second(std::move(first));
    CPPUNIT_ASSERT(first.empty());  // NOLINT(bugprone-use-after-move)
    CPPUNIT_ASSERT_EQUAL(std::string(), std::string(first.reveal()));
    CPPUNIT_ASSERT_EQUAL(std::string("secret"), std::string(second.reveal()));
  }

  void survives_being_moved_to_itself() {
    Secret secret("secret");
    Secret& alias = secret;
    secret = std::move(alias);
    CPPUNIT_ASSERT_EQUAL(std::string("secret"), std::string(secret.reveal()));
  }

  void keeps_its_own_copy() {
    std::string text = "secret";
    const Secret secret{std::string_view(text)};
    const Secret copy = secret.copy();
    text = "public";
    CPPUNIT_ASSERT_EQUAL(std::string("secret"), std::string(secret.reveal()));
    CPPUNIT_ASSERT_EQUAL(std::string("secret"), std::string(copy.reveal()));
    CPPUNIT_ASSERT(copy.reveal().data() != secret.reveal().data());
  }

  void may_be_empty() {
    std::string text;
    for (const Secret& secret : {Secret(), Secret(""), Secret::take(text)}) {
      CPPUNIT_ASSERT(secret.empty());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, secret.size());
      CPPUNIT_ASSERT(SecretView(secret).empty());
      CPPUNIT_ASSERT(secret.copy().empty());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SecretTest);

}  // namespace
