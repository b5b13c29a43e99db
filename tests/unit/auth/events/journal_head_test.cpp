// SPDX-License-Identifier: Apache-2.0
#include "auth/events/journal_head.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "tests/unit/support/manual_clock.h"

namespace {

using auth::JournalHead;
using auth::SharedMoment;
using std::chrono::milliseconds;
using std::chrono::seconds;

class JournalHeadTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(JournalHeadTest);
  CPPUNIT_TEST(reads_no_other_text);
  CPPUNIT_TEST(reads_what_it_writes);
  CPPUNIT_TEST(on_one_machine_no_clock_that_is_set_counts);
  CPPUNIT_TEST(after_a_reboot_the_wall_clock_counts);
  CPPUNIT_TEST(what_lies_in_the_future_has_no_age);
  CPPUNIT_TEST(never_has_no_age);
  CPPUNIT_TEST_SUITE_END();

  JournalHead head() {
    JournalHead made;
    made.purges = {3, 4};
    made.denials = {6, 7};
    made.poller = 5;
    made.beat = SharedMoment::now(clock_);
    made.position = clock_.wall_microseconds();
    return made;
  }

  void reads_no_other_text() {
    const std::string text = auth::to_text(head());
    for (std::size_t size = 0; size < text.size(); ++size) {
      CPPUNIT_ASSERT(!auth::parse_journal_head(text.substr(0, size)));
    }
    CPPUNIT_ASSERT(!auth::parse_journal_head(text + "x"));
    CPPUNIT_ASSERT(!auth::parse_journal_head("1" + text.substr(1)));
  }

  void reads_what_it_writes() {
    const JournalHead written = head();
    const auto read = auth::parse_journal_head(auth::to_text(written));
    CPPUNIT_ASSERT(read.has_value());
    CPPUNIT_ASSERT(read->purges == written.purges);
    CPPUNIT_ASSERT(read->denials == written.denials);
    CPPUNIT_ASSERT_EQUAL(written.poller, read->poller);
    CPPUNIT_ASSERT(read->beat.at.steady == written.beat.at.steady);
    CPPUNIT_ASSERT(read->beat.at.wall == written.beat.at.wall);
    CPPUNIT_ASSERT_EQUAL(written.beat.boot, read->beat.boot);
    CPPUNIT_ASSERT(!read->complete.age(clock_));
    CPPUNIT_ASSERT(read->position == written.position);
    JournalHead without = written;
    without.position.reset();
    CPPUNIT_ASSERT(!auth::parse_journal_head(auth::to_text(without))->position);
  }

  void on_one_machine_no_clock_that_is_set_counts() {
    const SharedMoment then = SharedMoment::now(clock_);
    clock_.advance(milliseconds(1500));
    for (const auto ahead : {seconds(0), seconds(-3600), seconds(3600)}) {
      clock_.set_wall(ahead);
      CPPUNIT_ASSERT(then.age(clock_) == milliseconds(1500));
    }
  }

  void after_a_reboot_the_wall_clock_counts() {
    SharedMoment then = SharedMoment::now(clock_);
    ++then.boot;
    then.at.steady += seconds(100'000);
    clock_.advance(milliseconds(1500));
    CPPUNIT_ASSERT(then.age(clock_) == milliseconds(1500));
  }

  void what_lies_in_the_future_has_no_age() {
    SharedMoment then = SharedMoment::now(clock_);
    then.at.steady += seconds(1);
    CPPUNIT_ASSERT(!then.age(clock_));
    then = SharedMoment::now(clock_);
    ++then.boot;
    then.at.wall += seconds(2);
    CPPUNIT_ASSERT(!then.age(clock_));
  }

  void never_has_no_age() { CPPUNIT_ASSERT(!SharedMoment().age(clock_)); }

  support::ManualClock clock_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(JournalHeadTest);

}  // namespace
