// SPDX-License-Identifier: Apache-2.0
// What one process writes and others read, without a feed.
#include "auth/events/ledger_notes.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>

#include "auth/events/denials.h"
#include "auth/events/shared_notes.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/memory_store.h"

namespace {

using auth::Denials;
using auth::Ends;
using auth::LedgerNotes;
using auth::scope_of;
using std::chrono::seconds;

constexpr std::uint64_t kHour = 3600;
constexpr std::uint64_t kNow = 1'700'000'000;

class LedgerNotesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LedgerNotesTest);
  CPPUNIT_TEST(all_is_read_after_very_much_at_each_time);
  CPPUNIT_TEST(all_is_read_after_an_ending_from_the_future);
  CPPUNIT_TEST_SUITE_END();

  LedgerNotes notes_of(Denials& denials) {
    return {"denials x", auth::kMaxPurges, auth::kLongestJwt, notes_, denials, clock_};
  }
  static auth::Ending ending(std::uint64_t number, std::uint64_t time) {
    return {scope_of(Ends::kSubject, std::to_string(number)), time};
  }
  void assert_readable(const Denials& written) {
    Denials read("77", false);
    CPPUNIT_ASSERT(notes_of(read).follow(written.stamp()));
    CPPUNIT_ASSERT(read.stamp() == written.stamp());
  }

  // So much that half of it is forgotten, and the rest begins in the middle of a part.
  void all_is_read_after_very_much_at_each_time() {
    Denials written("77", false);
    auth::Endings much;
    for (std::uint64_t i = 0; i < 70'000; ++i) much.push_back(ending(i, kNow));
    written.add(much);
    much.erase(much.begin() + 32'600, much.end());  // as many as are kept, but for a few
    written.add(much);
    LedgerNotes writer = notes_of(written);
    for (int beat = 0; beat < 140; ++beat) {
      CPPUNIT_ASSERT(writer.write());
      if (beat % 10 < 2) assert_readable(written);
    }
  }

  void all_is_read_after_an_ending_from_the_future() {
    Denials written("77", false);
    for (std::uint64_t i = 0; i < 400; ++i) written.add({ending(i, kNow - 41 * kHour)});
    written.add({ending(400, kNow + 8 * kHour)});
    written.add({ending(401, kNow)});
    LedgerNotes writer = notes_of(written);
    CPPUNIT_ASSERT(writer.write());
    assert_readable(written);
  }

  support::ManualClock clock_{};
  auth::SharedCache shared_{
      std::make_unique<support::MemoryStore>(std::make_shared<support::StoreContents>()),
      *auth::Sealer::make(auth::SecretView("secret"), "context"),
      auth::SharedCache::Lifetimes{seconds(300), seconds(0), seconds(5)}, clock_};
  auth::SharedNotes notes_{&shared_, clock_};
};

CPPUNIT_TEST_SUITE_REGISTRATION(LedgerNotesTest);

}  // namespace
