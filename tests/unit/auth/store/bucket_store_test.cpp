// SPDX-License-Identifier: Apache-2.0
#include "auth/store/bucket_store.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <map>
#include <random>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/store/bucket_index.h"
#include "tests/unit/support/bucket_folder.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::BucketStore;
using auth::bucket::kBucketBytes;
using std::chrono::milliseconds;
using std::chrono::seconds;
using support::put;
using support::store_entry;
using support::store_key;
using Kind = auth::SharedStore::Kind;

class BucketStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BucketStoreTest);
  CPPUNIT_TEST(refuses_a_folder_that_is_a_link);
  CPPUNIT_TEST(refuses_a_folder_of_another_user);
  CPPUNIT_TEST(refuses_a_folder_that_others_may_write_to);
  CPPUNIT_TEST(refuses_what_is_no_folder);
  CPPUNIT_TEST(refuses_what_is_no_file_of_its_own);
  CPPUNIT_TEST(refuses_a_file_of_another_user);
  CPPUNIT_TEST(says_once_that_it_is_out_of_order_and_once_that_it_works_again);
  CPPUNIT_TEST(forgets_entries_that_have_ended);
  CPPUNIT_TEST(keeps_no_entry_that_is_too_large_or_has_ended);
  CPPUNIT_TEST(forgets_what_a_clock_that_was_ahead_has_left);
  CPPUNIT_TEST(keeps_what_was_there_where_it_is_to_stay);
  CPPUNIT_TEST(asks_about_nothing_but_what_is_there);
  CPPUNIT_TEST(keeps_only_the_latest_of_answers_and_refusals_for_a_key);
  CPPUNIT_TEST(no_flood_of_refusals_pushes_out_answers);
  CPPUNIT_TEST(no_flood_of_answers_pushes_out_refusals);
  CPPUNIT_TEST(stays_within_its_bound_and_forgets_first_what_ends_first);
  CPPUNIT_TEST(forgets_no_more_for_a_large_entry_than_lies_in_its_place);
  CPPUNIT_TEST(no_two_entries_lie_in_one_place);
  CPPUNIT_TEST(takes_only_as_much_of_the_disk_as_is_in_use);
  CPPUNIT_TEST(leaves_alone_the_files_of_other_sizes);
  CPPUNIT_TEST(works_beside_what_earlier_versions_left);
  CPPUNIT_TEST(finds_that_its_folder_has_been_replaced);
  CPPUNIT_TEST(finds_that_its_file_has_been_replaced);
  CPPUNIT_TEST(shows_nothing_of_what_it_holds);
  CPPUNIT_TEST(makes_its_folder_and_file_private);
  CPPUNIT_TEST(keeps_the_latest_entry_for_a_key);
  CPPUNIT_TEST(keeps_entries_of_all_sizes);
  CPPUNIT_TEST(takes_no_key_for_another_one_with_the_same_tag);
  CPPUNIT_TEST(serves_two_stores_in_one_process);
  CPPUNIT_TEST(serves_several_threads_at_once);
  CPPUNIT_TEST_SUITE_END();

  auth::WallTime until() const { return clock_.wall() + seconds(30); }

  // It neither finds nor keeps anything, and says why.
  void expect_refusal(const std::string& path, const std::string& why) {
    const support::LogCapture log;
    BucketStore store(path, clock_);
    put(store, 1, until());
    CPPUNIT_ASSERT(!store.get(store_key(1)));
    CPPUNIT_ASSERT_EQUAL("warn: going on without the shared cache in " + path + ": " + why + '\n',
                         log.text());
  }

  void refuses_a_folder_that_is_a_link() {
    const std::filesystem::path real = folder_.outer() / "real";
    std::filesystem::create_directory(real);
    std::filesystem::permissions(real, std::filesystem::perms::owner_all);
    std::filesystem::create_directory_symlink(real, folder_.path());
    expect_refusal(folder_.path(), "it is a link: name the folder itself");
    expect_refusal(folder_.path() + "/", "it is a link: name the folder itself");
    CPPUNIT_ASSERT(std::filesystem::is_empty(real));
  }

  // Only root can give a folder away; to everybody else / is one of another user.
  void refuses_a_folder_of_another_user() {
    if (::geteuid() != 0) return expect_refusal("/usr", "it belongs to another user");
    std::filesystem::create_directory(folder_.path());
    CPPUNIT_ASSERT_EQUAL(0, ::chown(folder_.path().c_str(), 12345, 12345));
    expect_refusal(folder_.path(), "it belongs to another user");
    CPPUNIT_ASSERT(std::filesystem::is_empty(folder_.path()));
  }

  void refuses_a_folder_that_others_may_write_to() {
    std::filesystem::create_directory(folder_.path());
    for (const unsigned mode : {0720U, 0702U, 0770U, 0777U, 01777U}) {
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), mode));
      expect_refusal(folder_.path(), "it may be written to by others: chmod 700 " + folder_.path());
    }
    CPPUNIT_ASSERT(std::filesystem::is_empty(folder_.path()));
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0755));
    BucketStore store(folder_.path(), clock_);
    put(store, 1, until());
    CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
  }

  void refuses_what_is_no_folder() {
    std::ofstream(folder_.path()) << "a file";
    expect_refusal(folder_.path(), "it is not a folder");
    expect_refusal(folder_.path() + "/below", "it cannot be made: Not a directory");
    expect_refusal(folder_.outer() / "none" / "below",
                   "it cannot be made: No such file or directory");
    expect_refusal("/", "it is not a name for a folder of its own");
    expect_refusal("", "it is not a name for a folder of its own");
  }

  // Where the file would be, now with nothing there.
  std::string free_place() {
    BucketStore store(folder_.path(), clock_);
    put(store, 1, until());
    const std::string file = folder_.file();
    std::filesystem::remove(file);
    return file;
  }
  static std::string about(const std::string& file, const std::string& what) {
    return "its file " + file.substr(file.rfind('/') + 1) + ' ' + what;
  }

  // None of them is touched, and none is waited for.
  void refuses_what_is_no_file_of_its_own() {
    const std::string other = (folder_.outer() / "letter").string();
    std::ofstream(other) << "dear friend";
    const std::string file = free_place();
    const auto expect = [&](const std::string& why, int made) {
      CPPUNIT_ASSERT_EQUAL(0, made);
      expect_refusal(folder_.path(), about(file, why));
      CPPUNIT_ASSERT_EQUAL(0, ::remove(file.c_str()));
      CPPUNIT_ASSERT_EQUAL(std::uintmax_t{11}, std::filesystem::file_size(other));
    };
    expect("is a link: remove it", ::symlink(other.c_str(), file.c_str()));
    expect("is a link: remove it", ::symlink("nothing", file.c_str()));
    expect("has another name as well: remove it", ::link(other.c_str(), file.c_str()));
    expect("is not a regular file: remove it", ::mkfifo(file.c_str(), 0600));
    expect("cannot be opened: Is a directory", ::mkdir(file.c_str(), 0700));
    CPPUNIT_ASSERT(!std::filesystem::exists(folder_.path() + "/nothing"));
  }

  // Only root can give a file away, and open what it has given.
  void refuses_a_file_of_another_user() {
    if (::geteuid() != 0) return;
    const std::string file = free_place();
    std::ofstream(file) << "dear friend";
    CPPUNIT_ASSERT_EQUAL(0, ::chown(file.c_str(), 12345, 12345));
    expect_refusal(folder_.path(), about(file, "belongs to another user: remove it"));
    CPPUNIT_ASSERT_EQUAL(std::uintmax_t{11}, std::filesystem::file_size(file));
  }

  void says_once_that_it_is_out_of_order_and_once_that_it_works_again() {
    std::ofstream(folder_.path()) << "a file";
    const support::LogCapture log;
    BucketStore store(folder_.path(), clock_);
    for (int i = 0; i < 100; ++i) {
      put(store, 1, until());
      CPPUNIT_ASSERT(!store.get(store_key(1)));
      clock_.advance(milliseconds(99));
    }
    const std::string said = "warn: going on without the shared cache in " + folder_.path();
    CPPUNIT_ASSERT_EQUAL(said + ": it is not a folder\n", log.text());
    std::filesystem::remove(folder_.path());
    clock_.advance(auth::kBucketPause);
    put(store, 1, until());
    CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
    CPPUNIT_ASSERT_EQUAL(said + ": it is not a folder\ninfo: the shared cache in " +
                             folder_.path() + " works again\n",
                         log.text());
  }

  void forgets_entries_that_have_ended() {
    BucketStore store(folder_.path(), clock_);
    put(store, 1, until());
    clock_.advance(seconds(29));
    CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!store.get(store_key(1)));
  }

  void keeps_no_entry_that_is_too_large_or_has_ended() {
    BucketStore store(folder_.path(), clock_);
    put(store, 1, until(), auth::kMaxSealedBytes + 1);
    put(store, 2, clock_.wall());
    CPPUNIT_ASSERT(!store.get(store_key(1)));
    CPPUNIT_ASSERT(!store.get(store_key(2)));
  }

  // Else its entries would be the last to end, and there would be no room for others.
  void forgets_what_a_clock_that_was_ahead_has_left() {
    support::ManualClock ahead;
    ahead.advance(std::chrono::hours(1));
    BucketStore earlier(folder_.path(), ahead, kBucketBytes);
    for (unsigned i = 0; i < 500; ++i) put(earlier, i, ahead.wall() + seconds(30));
    CPPUNIT_ASSERT(earlier.get(store_key(499)).has_value());
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    for (unsigned i = 0; i < 500; ++i) CPPUNIT_ASSERT(!store.get(store_key(i)));
    for (unsigned i = 0; i < 100; ++i) put(store, i, until());
    for (unsigned i = 0; i < 100; ++i) CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i));
  }

  static bool always(std::string_view) { return true; }
  static bool never(std::string_view) { return false; }

  void keeps_what_was_there_where_it_is_to_stay() {
    BucketStore store(folder_.path(), clock_);
    for (const Kind first : {Kind::kAnswer, Kind::kRefusal}) {
      for (const Kind second : {Kind::kAnswer, Kind::kRefusal}) {
        store.put(store_key(1), {"first", until(), first}, {});
        store.put(store_key(1), {"second", until(), second}, &always);
        CPPUNIT_ASSERT(store.get(store_key(1)) == std::string("first"));
        store.put(store_key(1), {"third", until(), second}, &never);
        CPPUNIT_ASSERT(store.get(store_key(1)) == std::string("third"));
      }
    }
  }

  void asks_about_nothing_but_what_is_there() {
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    std::vector<std::string> asked;
    const auto keeps = [&](std::string_view sealed) {
      asked.emplace_back(sealed);
      return false;
    };
    for (unsigned i = 2; i < 50; ++i) put(store, i, until());
    store.put(store_key(1), {"first", until()}, keeps);
    store.put(store_key(1), {"second", until()}, keeps);
    clock_.advance(seconds(30));
    store.put(store_key(1), {"third", until()}, keeps);
    CPPUNIT_ASSERT(std::vector<std::string>{"first"} == asked);
  }

  void keeps_only_the_latest_of_answers_and_refusals_for_a_key() {
    BucketStore store(folder_.path(), clock_);
    for (unsigned i = 0; i < 10; ++i) {
      const std::string entry = store_entry(i, i % 3 == 0 ? 50 : 5000);
      const Kind kind = i % 2 == 0 ? Kind::kAnswer : Kind::kRefusal;
      // The earlier ones would live longer.
      store.put(store_key(1), {entry, until() + seconds(100 - i), kind}, {});
      CPPUNIT_ASSERT(store.get(store_key(1)) == entry);
    }
    clock_.advance(seconds(30 + 91));
    CPPUNIT_ASSERT(!store.get(store_key(1)));
  }

  void no_flood_of_refusals_pushes_out_answers() {
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    for (unsigned i = 0; i < 190; ++i) put(store, i, until(), 550);
    for (unsigned i = 1000; i < 6000; ++i) {
      // They even live longer.
      store.put(store_key(i), {store_entry(i, 47), until() + seconds(60), Kind::kRefusal}, {});
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i, 47));
      clock_.advance(milliseconds(5));
    }
    for (unsigned i = 0; i < 190; ++i) {
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i, 550));
    }
  }

  void no_flood_of_answers_pushes_out_refusals() {
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    const auto refusal_until = clock_.wall() + seconds(5);
    for (unsigned i = 0; i < 64; ++i) {
      store.put(store_key(i), {store_entry(i, 47), refusal_until, Kind::kRefusal}, {});
    }
    for (unsigned i = 1000; i < 2000; ++i) put(store, i, until(), i % 100 == 0 ? 60000 : 500);
    for (unsigned i = 0; i < 64; ++i) CPPUNIT_ASSERT(store.get(store_key(i)).has_value());
  }

  // Three of four end late. There is room for some 870.
  void stays_within_its_bound_and_forgets_first_what_ends_first() {
    constexpr std::size_t kBytes = 1 << 20;
    constexpr unsigned kCount = 1000;
    const support::LogCapture log;
    BucketStore store(folder_.path(), clock_, kBytes);
    const auto ends_early = [](unsigned i) { return i % 4 == 3; };
    for (unsigned i = 0; i < kCount; ++i) {
      put(store, i, clock_.wall() + (ends_early(i) ? seconds(10) : seconds(1000 + i)), 1000);
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
    unsigned early = 0;
    unsigned late = 0;
    for (unsigned i = 0; i < kCount; ++i) {
      const auto found = store.get(store_key(i));
      if (found) CPPUNIT_ASSERT(*found == store_entry(i, 1000));
      if (found) ++(ends_early(i) ? early : late);
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(early), early < kCount / 4 - 100);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(late), late > kCount / 4 * 3 - 30);
    // Far more than there is room for: the later ones.
    for (unsigned i = kCount; i < 5 * kCount; ++i) {
      put(store, i, clock_.wall() + seconds(1000 + i), 1000);
    }
    CPPUNIT_ASSERT(std::filesystem::file_size(folder_.file()) <= kBytes);
    CPPUNIT_ASSERT(folder_.used_bytes() <= kBytes);
    for (unsigned i = 5 * kCount - 500; i < 5 * kCount; ++i) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(i), store.get(store_key(i)).has_value());
    }
  }

  void forgets_no_more_for_a_large_entry_than_lies_in_its_place() {
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    for (unsigned i = 0; i < 180; ++i) put(store, i, until(), 550);
    put(store, 1000, until(), 30'000);
    CPPUNIT_ASSERT(store.get(store_key(1000)) == store_entry(1000, 30'000));
    unsigned kept = 0;
    for (unsigned i = 0; i < 180; ++i) kept += store.get(store_key(i)).has_value() ? 1 : 0;
    CPPUNIT_ASSERT_MESSAGE(std::to_string(kept), kept >= 180 - 30'000 / 600 - 2);
  }

  void no_two_entries_lie_in_one_place() {
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    std::mt19937 random(1);
    for (int round = 0; round < 1000; ++round) {
      const auto number = static_cast<unsigned>(random() % 300);
      put(store, number, until() + seconds(random() % 30), random() % (round % 20 ? 1000 : 50000));
      clock_.advance(milliseconds(20));
    }
    auth::bucket::Index index{};
    std::ifstream(folder_.file(), std::ios::binary)
        .read(reinterpret_cast<char*>(index.data()), sizeof index);
    const auto now = auth::bucket::seconds_of(clock_.wall());
    std::map<std::size_t, std::size_t> ends;  // by their begins
    for (std::size_t slot = 0; slot < index.size(); ++slot) {
      if (!auth::bucket::is_live(index, slot, now)) continue;
      const std::size_t begin = index[slot].place;
      CPPUNIT_ASSERT(ends.emplace(begin, begin + index[slot].units).second);
    }
    CPPUNIT_ASSERT(ends.size() > 50);
    for (auto next = std::next(ends.begin()); next != ends.end(); ++next) {
      CPPUNIT_ASSERT(std::prev(next)->second <= next->first);
    }
  }

  void takes_only_as_much_of_the_disk_as_is_in_use() {
    BucketStore store(folder_.path(), clock_);
    for (unsigned round = 0; round < 100; ++round) {
      for (unsigned i = 0; i < 10; ++i) put(store, i, until(), 1000);
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(folder_.used_bytes()), folder_.used_bytes() < 200'000);
    // 30 of them at a time, but anywhere.
    for (unsigned i = 0; i < 5000; ++i) {
      put(store, i, until(), 1000);
      clock_.advance(seconds(1));
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(folder_.used_bytes()), folder_.used_bytes() < 9'000'000);
  }

  void leaves_alone_the_files_of_other_sizes() {
    const std::vector<std::size_t> sizes{0, kBucketBytes * 2, kBucketBytes * 3, 1 << 20, 64 << 20};
    for (unsigned i = 0; i < sizes.size(); ++i) {
      BucketStore store(folder_.path(), clock_, sizes[i]);
      put(store, i, until());
    }
    for (unsigned i = 0; i < sizes.size(); ++i) {
      BucketStore store(folder_.path(), clock_, sizes[i]);
      for (unsigned k = 0; k < sizes.size(); ++k) {
        CPPUNIT_ASSERT_EQUAL(k == i, store.get(store_key(k)).has_value());
      }
    }
  }

  // LMDB's folders, one for each boot, and those that were being made or removed.
  void works_beside_what_earlier_versions_left() {
    const support::LogCapture log;
    const std::filesystem::path folder = folder_.path();
    CPPUNIT_ASSERT(std::filesystem::create_directory(folder));
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder.c_str(), 0700));
    for (const char* const name : {"lmdb-1", "lmdb-2", "lmdb-1.new-3", "lmdb-1.old-4"}) {
      CPPUNIT_ASSERT(std::filesystem::create_directory(folder / name));
      std::ofstream(folder / name / "data.mdb") << std::string(8192, '\xa5');
    }
    BucketStore store(folder_.path(), clock_);
    CPPUNIT_ASSERT(!store.get(store_key(1)));
    put(store, 1, until());
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(1));
    CPPUNIT_ASSERT_EQUAL(std::uintmax_t{8192},
                         std::filesystem::file_size(folder / "lmdb-1" / "data.mdb"));
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void finds_that_its_folder_has_been_replaced() {
    BucketStore store(folder_.path(), clock_);
    put(store, 1, until());
    std::filesystem::remove_all(folder_.path());
    put(store, 1, until());
    clock_.advance(auth::kBucketPause);
    CPPUNIT_ASSERT(!store.get(store_key(1)));
    put(store, 2, until());
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(2));
    std::filesystem::rename(folder_.path(), folder_.outer() / "away");
    support::PassingStore(folder_.path(), clock_).put(3);
    clock_.advance(auth::kBucketPause);
    CPPUNIT_ASSERT(store.get(store_key(3)) == store_entry(3));
    CPPUNIT_ASSERT(!store.get(store_key(2)));
  }

  void finds_that_its_file_has_been_replaced() {
    const support::LogCapture log;
    BucketStore store(folder_.path(), clock_);
    put(store, 1, until());
    const std::string file = folder_.file();
    for (const auto& replace : std::vector<std::function<int()>>{
             [&] { return ::mkfifo(file.c_str(), 0600); },
             [&] { return ::symlink("/dev/zero", file.c_str()); },
             [&] { return ::mkdir(file.c_str(), 0700); },
         }) {
      std::filesystem::remove(file);
      CPPUNIT_ASSERT_EQUAL(0, replace());
      clock_.advance(auth::kStoreLogInterval);
      CPPUNIT_ASSERT(!store.get(store_key(1)));
      put(store, 1, until());
      std::filesystem::remove(file);
      clock_.advance(auth::kBucketPause);
      put(store, 1, until());
      CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(1));
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, support::lines_with(log.text(), "going on without"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, support::lines_with(log.text(), "works again"));
  }

  void shows_nothing_of_what_it_holds() {
    {
      BucketStore store(folder_.path(), clock_);
      for (unsigned i = 0; i < 100; ++i) {
        support::keep_sealed_user(store, "a-token-that-" + std::to_string(i) + "-bears",
                                  clock_.wall(), until());
      }
    }
    std::ifstream in(folder_.file(), std::ios::binary);
    const std::string bytes{std::istreambuf_iterator<char>(in), {}};
    CPPUNIT_ASSERT(bytes.size() > 10'000);
    for (const char* const part : {"a-token", "bears", "subject", "4711", "heidi", "example",
                                   "read:messages", "secret", "context"}) {
      CPPUNIT_ASSERT_MESSAGE(part, bytes.find(part) == std::string::npos);
    }
  }

  void makes_its_folder_and_file_private() {
    const mode_t before = ::umask(0);
    {
      BucketStore store(folder_.path(), clock_);
      put(store, 1, until());
    }
    static_cast<void>(::umask(before));
    const auto mode = [](const std::filesystem::path& path) {
      struct stat status {};
      CPPUNIT_ASSERT_EQUAL(0, ::stat(path.c_str(), &status));
      return status.st_mode & 07777U;
    };
    CPPUNIT_ASSERT_EQUAL(0700U, mode(folder_.path()));
    CPPUNIT_ASSERT_EQUAL(0600U, mode(folder_.file()));
  }

  void keeps_the_latest_entry_for_a_key() {
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    store.put(store_key(1), {"first", clock_.wall() + seconds(10)}, {});
    store.put(store_key(1), {"second", clock_.wall() + seconds(20)}, {});
    store.put(store_key(2), {"other", clock_.wall() + seconds(20)}, {});
    clock_.advance(seconds(11));
    // Takes the place of the first, which must not be the second's.
    store.put(store_key(3), {"third", clock_.wall() + seconds(20)}, {});
    CPPUNIT_ASSERT(store.get(store_key(1)) == std::string("second"));
    CPPUNIT_ASSERT(store.get(store_key(2)) == std::string("other"));
  }

  void keeps_entries_of_all_sizes() {
    BucketStore store(folder_.path(), clock_);
    const std::vector<std::size_t> sizes{
        0, 1, 7, 8, 9, 1000, 4095, 4096, 4097, 60000, auth::kMaxSealedBytes};
    for (unsigned round = 0; round < 2; ++round) {
      for (unsigned i = 0; i < sizes.size(); ++i) {
        const std::size_t size = sizes[(i + round) % sizes.size()];
        put(store, i, until(), size);
        CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i, size));
      }
    }
  }

  void takes_no_key_for_another_one_with_the_same_tag() {
    BucketStore store(folder_.path(), clock_);
    const auth::StoreKey first = store_key(1);
    auth::StoreKey second = first;
    second.back() ^= 1;
    store.put(first, {"first", until()}, {});
    CPPUNIT_ASSERT(!store.get(second));
    store.put(second, {"second", until()}, &always);
    CPPUNIT_ASSERT(store.get(second) == std::string("second"));
    CPPUNIT_ASSERT(!store.get(first));
  }

  void serves_two_stores_in_one_process() {
    BucketStore first(folder_.path(), clock_);
    put(first, 1, until());
    {
      BucketStore second(folder_.path(), clock_);
      CPPUNIT_ASSERT(second.get(store_key(1)) == store_entry(1));
      put(second, 2, until());
    }
    CPPUNIT_ASSERT(first.get(store_key(2)) == store_entry(2));
    put(first, 3, until());
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(3));
  }

  // In one bucket, where they get in each other's way.
  void serves_several_threads_at_once() {
    const support::LogCapture log;
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    std::vector<std::thread> threads;
    std::atomic<unsigned> wrong{0};
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (unsigned i = t; i < 8000; i += 4) {
          put(store, i % 300, until(), 10 + i % 50 * 10);
          const auto found = store.get(store_key(i * 7 % 300));
          if (found && *found != store_entry(i * 7 % 300, found->size())) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0U, wrong.load());
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
    for (unsigned i = 0; i < 50; ++i) {
      put(store, i, until());
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i));
    }
  }

  support::BucketFolder folder_;
  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(BucketStoreTest);

}  // namespace
