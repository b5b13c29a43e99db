#include "auth/admission.h"

#include <cppunit/extensions/HelperMacros.h>

#include <deque>
#include <string>
#include <string_view>
#include <vector>

namespace {

using auth::Admission;
using auth::Asker;
using auth::Reason;
using auth::Standing;
using auth::SteadyTime;
using std::chrono::seconds;

class Turn final : public Admission::Turn {
 public:
  explicit Turn(const Asker& asker) : Admission::Turn(asker) {}
};

constexpr std::size_t kAll = 1000;

class AdmissionTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(AdmissionTest);
  CPPUNIT_TEST(no_client_has_more_than_half_of_the_places);
  CPPUNIT_TEST(new_tokens_leave_a_quarter_of_the_places);
  CPPUNIT_TEST(leaving_a_place_makes_room);
  CPPUNIT_TEST(clients_that_are_not_known_share_what_there_is);
  CPPUNIT_TEST(a_client_alone_has_half_of_the_slots);
  CPPUNIT_TEST(another_client_starts_at_once);
  CPPUNIT_TEST(new_tokens_leave_a_quarter_of_the_slots);
  CPPUNIT_TEST(known_tokens_go_first);
  CPPUNIT_TEST(clients_take_turns);
  CPPUNIT_TEST(who_leaves_the_line_is_not_sent);
  CPPUNIT_TEST(an_ended_question_frees_its_slot);
  CPPUNIT_TEST(gives_who_waits_longest_whatever_line_it_is_in);
  CPPUNIT_TEST(a_network_of_ipv6_is_one_client);
  CPPUNIT_TEST(few_slots_are_enough);
  CPPUNIT_TEST_SUITE_END();

  std::deque<Turn> turns_{};
  SteadyTime now_{seconds(1000)};

  static Asker asker(std::string_view address, Standing standing = Standing::kNew) {
    return {standing, Asker::client_of(address)};
  }
  static Asker known(std::string_view address = "192.0.2.1") {
    return asker(address, Standing::kKnown);
  }

  Admission::Turn& wait(Admission& admission, const Asker& asker) {
    turns_.emplace_back(asker);
    admission.wait(turns_.back(), now_);
    return turns_.back();
  }

  // How many of the client's questions are sent, until no more may be.
  static std::size_t sent(Admission& admission, std::size_t slots) {
    std::size_t count = 0;
    while (admission.next(slots) != nullptr) ++count;
    return count;
  }

  static std::size_t places(Admission& admission, const Asker& asker) {
    std::size_t count = 0;
    while (!admission.take_place(asker)) ++count;
    return count;
  }

  void no_client_has_more_than_half_of_the_places() {
    Admission admission(kAll);
    CPPUNIT_ASSERT_EQUAL(kAll / 2, places(admission, asker("192.0.2.1")));
    CPPUNIT_ASSERT(admission.take_place(asker("192.0.2.1")) == Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(!admission.take_place(asker("192.0.2.2")));
    CPPUNIT_ASSERT(!admission.take_place(known("192.0.2.1")));
  }

  void new_tokens_leave_a_quarter_of_the_places() {
    Admission admission(kAll);
    CPPUNIT_ASSERT_EQUAL(kAll / 2, places(admission, asker("192.0.2.1")));
    CPPUNIT_ASSERT_EQUAL(kAll / 4, places(admission, asker("192.0.2.2")));
    CPPUNIT_ASSERT(admission.take_place(asker("192.0.2.3")) == Reason::kTooManyWaiting);
    CPPUNIT_ASSERT_EQUAL(kAll / 4, places(admission, known()));
    CPPUNIT_ASSERT(admission.take_place(known()) == Reason::kTooManyWaiting);
  }

  void leaving_a_place_makes_room() {
    Admission admission(4);
    for (const Asker& each : {asker("192.0.2.1"), known()}) {
      const std::size_t most = places(admission, each);
      for (std::size_t i = 0; i < most; ++i) admission.leave_place(each);
      CPPUNIT_ASSERT_EQUAL(most, places(admission, each));
      for (std::size_t i = 0; i < most; ++i) admission.leave_place(each);
    }
  }

  void clients_that_are_not_known_share_what_there_is() {
    Admission admission(3);
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, places(admission, asker("")));
    CPPUNIT_ASSERT(admission.take_place(asker("no address")) == Reason::kTooManyWaiting);
    Admission slots(kAll);
    for (std::size_t i = 0; i < 10; ++i) wait(slots, asker(""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, sent(slots, 4));
  }

  void a_client_alone_has_half_of_the_slots() {
    Admission admission(kAll);
    for (std::size_t i = 0; i < kAll; ++i) wait(admission, asker("192.0.2.1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, sent(admission, 100));
  }

  void another_client_starts_at_once() {
    Admission admission(kAll);
    for (std::size_t i = 0; i < 300; ++i) wait(admission, asker("192.0.2.1"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{50}, sent(admission, 100));
    const Admission::Turn& other = wait(admission, asker("192.0.2.2"));
    CPPUNIT_ASSERT(admission.next(100) == &other);
    for (std::size_t i = 0; i < 300; ++i) wait(admission, asker("192.0.2.2"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{24}, sent(admission, 100));
    // A third one waits for one turn of the second: the first has more than its share by now.
    const Admission::Turn& third = wait(admission, asker("192.0.2.3"));
    for (std::size_t i = 0; i < 2; ++i) {
      CPPUNIT_ASSERT(admission.next(100) == nullptr);
      admission.end(turns_[i]);
      CPPUNIT_ASSERT_EQUAL(i == 1, admission.next(100) == &third);
    }
  }

  void new_tokens_leave_a_quarter_of_the_slots() {
    Admission admission(kAll);
    for (int client = 0; client < 100; ++client) {
      for (int i = 0; i < 10; ++i) wait(admission, asker("192.0.2." + std::to_string(client)));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{75}, sent(admission, 100));
    for (int i = 0; i < 100; ++i) wait(admission, known());
    CPPUNIT_ASSERT_EQUAL(std::size_t{25}, sent(admission, 100));
  }

  void known_tokens_go_first() {
    Admission admission(kAll);
    const Admission::Turn& stranger = wait(admission, asker("192.0.2.1"));
    const Admission::Turn& first = wait(admission, known());
    const Admission::Turn& second = wait(admission, known());
    CPPUNIT_ASSERT(admission.next(100) == &first);
    CPPUNIT_ASSERT(admission.next(100) == &second);
    CPPUNIT_ASSERT(admission.next(100) == &stranger);
    CPPUNIT_ASSERT(admission.next(100) == nullptr);
  }

  void clients_take_turns() {
    Admission admission(kAll);
    std::vector<const Admission::Turn*> expected(9);
    for (std::size_t client = 0; client < 3; ++client) {
      for (std::size_t i = 0; i < 3; ++i) {
        expected[i * 3 + client] = &wait(admission, asker("192.0.2." + std::to_string(client)));
      }
    }
    for (const Admission::Turn* each : expected) CPPUNIT_ASSERT(admission.next(kAll) == each);
  }

  void who_leaves_the_line_is_not_sent() {
    Admission admission(kAll);
    for (const Asker& each : {asker("192.0.2.1"), known()}) {
      Admission::Turn& gone = wait(admission, each);
      const Admission::Turn& stays = wait(admission, each);
      admission.end(gone);
      CPPUNIT_ASSERT(!Admission::is_waiting(gone));
      CPPUNIT_ASSERT(admission.next(100) == &stays);
      CPPUNIT_ASSERT(admission.next(100) == nullptr);
      admission.end(gone);
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, admission.under_way());
  }

  void an_ended_question_frees_its_slot() {
    Admission admission(kAll);
    for (const Asker& each : {asker("192.0.2.1"), known()}) {
      Admission::Turn& first = wait(admission, each);
      const Admission::Turn& second = wait(admission, each);
      CPPUNIT_ASSERT(admission.next(1) == &first);
      CPPUNIT_ASSERT(admission.next(1) == nullptr);
      admission.end(first);
      CPPUNIT_ASSERT(admission.next(1) == &second);
      admission.end(turns_.back());
      CPPUNIT_ASSERT_EQUAL(std::size_t{0}, admission.under_way());
    }
  }

  void gives_who_waits_longest_whatever_line_it_is_in() {
    Admission admission(kAll);
    std::vector<const Admission::Turn*> expected;
    for (const Asker& each : {asker("192.0.2.1"), known(), asker("192.0.2.2"), asker("")}) {
      expected.push_back(&wait(admission, each));
      now_ += seconds(1);
    }
    CPPUNIT_ASSERT(admission.waiting_since(SteadyTime(seconds(999))) == nullptr);
    for (std::size_t i = 0; i < expected.size(); ++i) {
      const SteadyTime then{seconds(1000 + static_cast<int>(i))};
      CPPUNIT_ASSERT(admission.waiting_since(then) == expected[i]);
      CPPUNIT_ASSERT(admission.waiting_since(then) == nullptr);
    }
    CPPUNIT_ASSERT(admission.next(100) == nullptr);
  }

  void a_network_of_ipv6_is_one_client() {
    Admission admission(kAll);
    CPPUNIT_ASSERT_EQUAL(kAll / 2, places(admission, asker("2001:db8:1:1::1")));
    CPPUNIT_ASSERT(admission.take_place(asker("2001:db8:1:1:ffff::2")) ==
                   Reason::kTooManyFromClient);
    CPPUNIT_ASSERT(!admission.take_place(asker("2001:db8:1:2::1")));
    CPPUNIT_ASSERT(Asker::client_of("192.0.2.1") == Asker::client_of("::ffff:192.0.2.1"));
    CPPUNIT_ASSERT(Asker::client_of("192.0.2.1") != Asker::client_of("192.0.2.2"));
  }

  void few_slots_are_enough() {
    for (const std::size_t slots : {1U, 2U, 3U}) {
      Admission admission(kAll);
      for (int i = 0; i < 5; ++i) wait(admission, asker("192.0.2.1"));
      CPPUNIT_ASSERT(sent(admission, slots) >= 1);
    }
    Admission one(1);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, places(one, asker("192.0.2.1")));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(AdmissionTest);

}  // namespace
