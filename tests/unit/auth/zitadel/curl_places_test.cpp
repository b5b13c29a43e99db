// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <memory>
#include <vector>

#include "auth/zitadel/curl_connections.h"

namespace {

using auth::CurlConnections;
using std::chrono::milliseconds;

class CurlPlacesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlPlacesTest);
  CPPUNIT_TEST(nobody_else_seeks_while_the_first_connection_is_made);
  CPPUNIT_TEST(nobody_seeks_for_a_connection_that_is_no_longer_in_use);
  CPPUNIT_TEST(a_transfer_that_found_no_connection_makes_room_for_another);
  CPPUNIT_TEST(one_seeks_while_one_connection_is_in_use_however_many_it_carries);
  CPPUNIT_TEST(as_many_seek_as_connections_are_in_use);
  CPPUNIT_TEST(a_transfer_that_changes_its_connection_leaves_the_former_one);
  CPPUNIT_TEST(a_new_connection_is_given_few_transfers_until_its_server_had_time_to_tell);
  CPPUNIT_TEST(new_connections_of_one_transfer_each_keep_nobody_from_seeking);
  CPPUNIT_TEST_SUITE_END();

  using Place = std::unique_ptr<CurlConnections::Place>;

  Place seek() { return std::make_unique<CurlConnections::Place>(connections_); }
  Place take(int port, bool opened = false) {
    Place place = seek();
    place->take(port, opened, now_);
    return place;
  }
  // How many more may seek.
  std::size_t room() {
    std::vector<Place> seeking;
    while (connections_.may_seek(now_)) seeking.push_back(seek());
    return seeking.size();
  }

  void nobody_else_seeks_while_the_first_connection_is_made() {
    const Place first = seek();
    CPPUNIT_ASSERT(!connections_.may_seek(now_));
  }

  void nobody_seeks_for_a_connection_that_is_no_longer_in_use() {
    for (int port = 1; port <= 4; ++port) take(port).reset();
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, room());
  }

  void a_transfer_that_found_no_connection_makes_room_for_another() {
    seek().reset();
    CPPUNIT_ASSERT(connections_.may_seek(now_));
  }

  void one_seeks_while_one_connection_is_in_use_however_many_it_carries() {
    const Place places[] = {take(1), take(1), take(1)};
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, room());
  }

  void as_many_seek_as_connections_are_in_use() {
    const Place places[] = {take(1), take(2), take(3)};
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, room());
    const Place seeking = seek();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, room());
  }

  void a_transfer_that_changes_its_connection_leaves_the_former_one() {
    const Place place = take(1);
    place->take(2, false, now_);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, room());
    const Place other = take(3);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, room());
  }

  void a_new_connection_is_given_few_transfers_until_its_server_had_time_to_tell() {
    std::vector<Place> places;
    places.push_back(take(1, true));
    while (connections_.may_seek(now_)) places.push_back(take(1));
    CPPUNIT_ASSERT_EQUAL(auth::kUntoldStreams, places.size());
    CPPUNIT_ASSERT(connections_.all_told_at() == now_ + auth::kTellingTime);
    now_ += auth::kTellingTime - milliseconds(1);
    CPPUNIT_ASSERT(!connections_.may_seek(now_));
    now_ += milliseconds(1);
    CPPUNIT_ASSERT(connections_.may_seek(now_));
    // Another transfer on it does not make it new, also one that had opened another before.
    places.push_back(take(1, true));
    CPPUNIT_ASSERT(connections_.may_seek(now_));
  }

  void new_connections_of_one_transfer_each_keep_nobody_from_seeking() {
    std::vector<Place> places;
    for (int port = 1; port <= 100; ++port) places.push_back(take(port, true));
    CPPUNIT_ASSERT_EQUAL(std::size_t{100}, room());
  }

  CurlConnections connections_;
  CurlConnections::Time now_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlPlacesTest);

}  // namespace
