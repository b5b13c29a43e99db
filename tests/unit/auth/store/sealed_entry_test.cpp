// SPDX-License-Identifier: Apache-2.0
#include "auth/store/sealed_entry.h"

#include <cppunit/extensions/HelperMacros.h>
#include <openssl/err.h>

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/store/shared_store.h"

namespace {

using auth::Claims;
using auth::ClaimsBuilder;
using auth::Reason;
using auth::Sealer;
using auth::Secret;
using auth::SecretView;
using auth::SharedEntry;
using auth::WallTime;
using std::chrono::seconds;

constexpr WallTime kNow{seconds(1'700'000'000)};
constexpr WallTime kUntil = kNow + seconds(30);
constexpr SecretView kToken("a-token-of-many-characters");

class SealedEntryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SealedEntryTest);
  CPPUNIT_TEST(opens_no_entry_with_a_bit_flipped);
  CPPUNIT_TEST(opens_no_entry_that_was_cut_or_extended);
  CPPUNIT_TEST(opens_nothing_else);
  CPPUNIT_TEST(opens_no_entry_in_the_place_of_another_token);
  CPPUNIT_TEST(opens_no_entry_of_another_application);
  CPPUNIT_TEST(opens_no_entry_of_another_context);
  CPPUNIT_TEST(opens_no_entry_that_has_ended);
  CPPUNIT_TEST(opens_no_entry_from_the_future);
  CPPUNIT_TEST(opens_no_entry_that_is_too_large);
  CPPUNIT_TEST(seals_nothing_but_an_answer_of_zitadel);
  CPPUNIT_TEST(is_not_made_without_a_secret);
  CPPUNIT_TEST(shows_nothing_of_what_it_holds);
  CPPUNIT_TEST(leaves_no_error_behind_in_openssl);
  CPPUNIT_TEST(gives_one_key_to_each_token);
  CPPUNIT_TEST(gives_the_claims_to_another_process);
  CPPUNIT_TEST(gives_a_refusal_to_another_process);
  CPPUNIT_TEST(gives_the_time_of_asking_in_microseconds);
  CPPUNIT_TEST(tells_a_confirmed_refusal_from_another);
  CPPUNIT_TEST_SUITE_END();

  static Sealer sealer(std::string_view secret = "the secret of an application",
                       std::string_view context = "https://issuer|client|project") {
    auto made = Sealer::make(SecretView(secret), context);
    CPPUNIT_ASSERT(made.has_value());
    return *std::move(made);
  }

  static SharedEntry answer() {
    return {kNow, std::make_shared<const Claims>(ClaimsBuilder()
                                                     .subject("subject-4711")
                                                     .username("heidi@example.com")
                                                     .role("read:messages", {"organisation-1"})
                                                     .expiry(kNow + seconds(600))
                                                     .build())};
  }

  static SharedEntry refusal(Reason reason) { return {kNow, nullptr, reason}; }

  static std::string seal(const Sealer& sealer, const SharedEntry& entry, WallTime until = kUntil,
                          SecretView token = kToken) {
    auto sealed = sealer.seal(token, entry, until);
    CPPUNIT_ASSERT(sealed.has_value());
    return *std::move(sealed);
  }

  static bool opens(const std::string& sealed, const Sealer& with, SecretView token = kToken) {
    return with.open(token, sealed, kNow).has_value();
  }

  void opens_no_entry_with_a_bit_flipped() {
    const Sealer own = sealer();
    for (const SharedEntry& entry : {answer(), refusal(Reason::kInactive)}) {
      const std::string sealed = seal(own, entry);
      CPPUNIT_ASSERT(opens(sealed, own));
      for (std::size_t bit = 0; bit < sealed.size() * 8; ++bit) {
        std::string flipped = sealed;
        flipped[bit / 8] = static_cast<char>(flipped[bit / 8] ^ (1 << bit % 8));
        CPPUNIT_ASSERT_MESSAGE(std::to_string(bit), !opens(flipped, own));
      }
    }
  }

  void opens_no_entry_that_was_cut_or_extended() {
    const Sealer own = sealer();
    const std::string sealed = seal(own, answer());
    for (std::size_t size = 0; size < sealed.size(); ++size) {
      CPPUNIT_ASSERT(!opens(sealed.substr(0, size), own));
      CPPUNIT_ASSERT(!opens(sealed.substr(sealed.size() - size), own));
    }
    CPPUNIT_ASSERT(!opens(sealed + '\0', own));
    CPPUNIT_ASSERT(!opens(sealed + sealed, own));
    CPPUNIT_ASSERT(!opens('\1' + sealed, own));
  }

  void opens_nothing_else() {
    const Sealer own = sealer();
    for (std::size_t size = 0; size < 200; ++size) {
      for (const char filling : {'\0', '\1', 'a', '\xff'}) {
        CPPUNIT_ASSERT(!opens(std::string(size, filling), own));
      }
    }
  }

  void opens_no_entry_in_the_place_of_another_token() {
    const Sealer own = sealer();
    const SecretView other("another-token");
    CPPUNIT_ASSERT(!opens(seal(own, answer()), own, other));
    CPPUNIT_ASSERT(!opens(seal(own, answer(), kUntil, other), own));
    CPPUNIT_ASSERT(!opens(seal(own, answer()), own, SecretView("")));
    CPPUNIT_ASSERT(!opens(seal(own, answer()), own, SecretView("a-token-of-many-characters ")));
  }

  void opens_no_entry_of_another_application() {
    const Sealer own = sealer();
    const Sealer other = sealer("the secret of another application");
    CPPUNIT_ASSERT(!opens(seal(other, answer()), own));
    CPPUNIT_ASSERT(*own.key_of(kToken) != *other.key_of(kToken));
  }

  void opens_no_entry_of_another_context() {
    const std::string secret = "the secret of an application";
    const Sealer own = sealer(secret);
    for (const std::string context :
         {"", "https://issuer|client|", "https://issuer|client|project ", "HTTPS://issuer"}) {
      const Sealer other = sealer(secret, context);
      CPPUNIT_ASSERT_MESSAGE(context, !opens(seal(other, answer()), own));
      CPPUNIT_ASSERT_MESSAGE(context, *own.key_of(kToken) != *other.key_of(kToken));
    }
  }

  void opens_no_entry_that_has_ended() {
    const Sealer own = sealer();
    const std::string sealed = seal(own, answer());
    CPPUNIT_ASSERT(own.open(kToken, sealed, kUntil - seconds(1)));
    CPPUNIT_ASSERT(!own.open(kToken, sealed, kUntil));
    CPPUNIT_ASSERT(!own.open(kToken, sealed, kUntil + seconds(1)));
    // A longer life cannot be written into it.
    std::string longer = sealed;
    const std::string late = seal(own, answer(), kUntil + seconds(1000));
    longer.replace(1, 8, late, 1, 8);
    CPPUNIT_ASSERT(!opens(longer, own));
  }

  void opens_no_entry_from_the_future() {
    const Sealer own = sealer();
    SharedEntry entry = answer();
    entry.sent = kNow + seconds(60);
    CPPUNIT_ASSERT(opens(seal(own, entry, kNow + seconds(90)), own));
    entry.sent = kNow + seconds(60) + std::chrono::microseconds(1);
    CPPUNIT_ASSERT(!opens(seal(own, entry, kNow + seconds(90)), own));
  }

  void opens_no_entry_that_is_too_large() {
    const Sealer own = sealer();
    const auto entry_with_name_of = [](std::size_t size) {
      return SharedEntry{kNow, std::make_shared<const Claims>(
                                   ClaimsBuilder().subject(std::string(size, 'a')).build())};
    };
    constexpr std::size_t kLong = 50'000;
    const std::size_t rest = seal(own, entry_with_name_of(kLong)).size() - kLong;
    const std::size_t most = auth::kMaxSealedBytes - rest;
    CPPUNIT_ASSERT(opens(seal(own, entry_with_name_of(most)), own));
    CPPUNIT_ASSERT(!opens(seal(own, entry_with_name_of(most + 1)), own));
  }

  void seals_nothing_but_an_answer_of_zitadel() {
    const Sealer own = sealer();
    SharedEntry both = answer();
    both.refusal = Reason::kInactive;
    for (const SharedEntry& entry :
         {SharedEntry{kNow}, both, refusal(Reason::kUnreachable), refusal(Reason::kInternal),
          refusal(Reason::kRoleMissing), refusal(Reason::kNoToken)}) {
      const auto sealed = own.seal(kToken, entry, kUntil);
      CPPUNIT_ASSERT(!sealed.has_value());
      CPPUNIT_ASSERT(sealed.error().reason == Reason::kInternal);
    }
  }

  void is_not_made_without_a_secret() {
    CPPUNIT_ASSERT(!Sealer::make(SecretView(""), "context").has_value());
  }

  // Also the same entry sealed twice has nothing in common but its end.
  void shows_nothing_of_what_it_holds() {
    const Sealer own = sealer();
    const auto key = own.key_of(kToken);
    CPPUNIT_ASSERT(key.has_value());
    const std::string sealed = seal(own, answer());
    const std::string stored = std::string(key->begin(), key->end()) + sealed;
    for (const std::string_view part : {"token", "subject", "heidi", "example", "read", "messages",
                                        "organisation", "issuer", "client", "project"}) {
      CPPUNIT_ASSERT_MESSAGE(std::string(part), stored.find(part) == std::string::npos);
    }
    const std::string again = seal(own, answer());
    CPPUNIT_ASSERT(sealed.substr(0, 9) == again.substr(0, 9));
    for (std::size_t at = 9; at + 8 <= sealed.size(); ++at) {
      CPPUNIT_ASSERT(again.find(sealed.substr(at, 8)) == std::string::npos);
    }
  }

  void leaves_no_error_behind_in_openssl() {
    const Sealer own = sealer();
    std::string sealed = seal(own, answer());
    sealed.back() = static_cast<char>(sealed.back() ^ 1);
    ERR_clear_error();
    CPPUNIT_ASSERT(!opens(sealed, own));
    CPPUNIT_ASSERT_EQUAL(0UL, ERR_peek_error());
  }

  void gives_one_key_to_each_token() {
    const auto key = sealer().key_of(kToken);
    CPPUNIT_ASSERT(key.has_value());
    CPPUNIT_ASSERT(*key == *sealer().key_of(kToken));
    CPPUNIT_ASSERT(*key != *sealer().key_of(SecretView("another-token")));
  }

  void gives_the_claims_to_another_process() {
    const auto opened = sealer().open(kToken, seal(sealer(), answer()), kNow);
    CPPUNIT_ASSERT(opened && opened->claims && !opened->refusal);
    CPPUNIT_ASSERT(kNow == opened->sent);
    CPPUNIT_ASSERT_EQUAL(answer().claims->record(), opened->claims->record());
  }

  void gives_a_refusal_to_another_process() {
    for (const Reason reason : {Reason::kInactive, Reason::kExpired, Reason::kNotYetValid,
                                Reason::kWrongIssuer, Reason::kWrongAudience}) {
      const auto opened = sealer().open(kToken, seal(sealer(), refusal(reason)), kNow);
      CPPUNIT_ASSERT(opened && !opened->claims && opened->refusal);
      CPPUNIT_ASSERT(*opened->refusal == reason);
      CPPUNIT_ASSERT(kNow == opened->sent);
    }
  }

  void gives_the_time_of_asking_in_microseconds() {
    const Sealer own = sealer();
    SharedEntry entry = answer();
    entry.sent = kNow - std::chrono::microseconds(1);
    CPPUNIT_ASSERT(own.open(kToken, seal(own, entry), kNow)->sent == entry.sent);
  }

  void tells_a_confirmed_refusal_from_another() {
    const Sealer own = sealer();
    for (const bool confirmed : {false, true}) {
      SharedEntry entry = refusal(Reason::kInactive);
      entry.confirmed = confirmed;
      const auto opened = own.open(kToken, seal(own, entry), kNow);
      CPPUNIT_ASSERT(opened && opened->refusal == Reason::kInactive);
      CPPUNIT_ASSERT_EQUAL(confirmed, opened->confirmed);
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SealedEntryTest);

}  // namespace
