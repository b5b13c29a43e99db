#include "auth/store/lmdb_store.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "auth/store/lmdb_environment.h"
#include "tests/unit/support/lmdb_folder.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::LmdbStore;
using std::chrono::seconds;
using support::store_entry;
using support::store_key;

class LmdbStoreTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LmdbStoreTest);
  CPPUNIT_TEST(refuses_a_folder_that_is_a_link);
  CPPUNIT_TEST(refuses_a_folder_of_another_user);
  CPPUNIT_TEST(refuses_a_folder_that_others_may_write_to);
  CPPUNIT_TEST(refuses_what_is_no_folder);
  CPPUNIT_TEST(says_once_that_it_is_out_of_order_and_once_that_it_works_again);
  CPPUNIT_TEST(forgets_entries_that_have_ended);
  CPPUNIT_TEST(keeps_no_entry_that_is_too_large_or_has_ended);
  CPPUNIT_TEST(removes_what_belongs_to_another_boot);
  CPPUNIT_TEST(removes_nothing_that_is_not_its_own);
  CPPUNIT_TEST(stays_within_its_bound_and_forgets_first_what_ends_first);
  CPPUNIT_TEST(shrinks_to_what_is_in_use);
  CPPUNIT_TEST(finds_that_it_has_been_replaced);
  CPPUNIT_TEST(shows_nothing_of_what_it_holds);
  CPPUNIT_TEST(makes_its_folder_and_files_private);
  CPPUNIT_TEST(keeps_the_latest_entry_for_a_key);
  CPPUNIT_TEST(keeps_entries_of_all_sizes);
  CPPUNIT_TEST(serves_two_stores_in_one_process);
  CPPUNIT_TEST(serves_several_threads_at_once);
  CPPUNIT_TEST_SUITE_END();

  // It neither finds nor keeps anything, and says why.
  void expect_refusal(const std::string& path, const std::string& why) {
    const support::LogCapture log;
    LmdbStore store(path, clock_);
    store.put(store_key(1), store_entry(1), until());
    CPPUNIT_ASSERT(!store.get(store_key(1)));
    CPPUNIT_ASSERT_EQUAL(
        "warn: going on without the shared cache in " + path + ": it " + why + '\n', log.text());
  }

  auth::WallTime until() const { return clock_.wall() + seconds(30); }

  void refuses_a_folder_that_is_a_link() {
    const std::filesystem::path real = folder_.outer() / "real";
    std::filesystem::create_directory(real);
    std::filesystem::permissions(real, std::filesystem::perms::owner_all);
    std::filesystem::create_directory_symlink(real, folder_.path());
    expect_refusal(folder_.path(), "is a link: name the folder itself");
    expect_refusal(folder_.path() + "/", "is a link: name the folder itself");
    CPPUNIT_ASSERT(std::filesystem::is_empty(real));
  }

  // Only root can give a folder away; to everybody else / is one of another user.
  void refuses_a_folder_of_another_user() {
    if (::geteuid() != 0) return expect_refusal("/usr", "belongs to another user");
    std::filesystem::create_directory(folder_.path());
    CPPUNIT_ASSERT_EQUAL(0, ::chown(folder_.path().c_str(), 12345, 12345));
    expect_refusal(folder_.path(), "belongs to another user");
    CPPUNIT_ASSERT(std::filesystem::is_empty(folder_.path()));
  }

  void refuses_a_folder_that_others_may_write_to() {
    std::filesystem::create_directory(folder_.path());
    for (const unsigned mode : {0720U, 0702U, 0770U, 0777U, 01777U}) {
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), mode));
      expect_refusal(folder_.path(), "may be written to by others: chmod 700 " + folder_.path());
    }
    CPPUNIT_ASSERT(std::filesystem::is_empty(folder_.path()));
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0755));
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), store_entry(1), until());
    CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
  }

  void refuses_what_is_no_folder() {
    std::ofstream(folder_.path()) << "a file";
    expect_refusal(folder_.path(), "is not a folder");
    expect_refusal(folder_.path() + "/below", "cannot be made: Not a directory");
    expect_refusal(folder_.outer() / "none" / "below", "cannot be made: No such file or directory");
    expect_refusal("/", "is not a name for a folder of its own");
    expect_refusal("", "is not a name for a folder of its own");
  }

  void says_once_that_it_is_out_of_order_and_once_that_it_works_again() {
    std::ofstream(folder_.path()) << "a file";
    const support::LogCapture log;
    LmdbStore store(folder_.path(), clock_);
    for (int i = 0; i < 100; ++i) {
      store.put(store_key(1), store_entry(1), until());
      CPPUNIT_ASSERT(!store.get(store_key(1)));
      clock_.advance(std::chrono::milliseconds(99));
    }
    const std::string said = "warn: going on without the shared cache in " + folder_.path();
    CPPUNIT_ASSERT_EQUAL(said + ": it is not a folder\n", log.text());
    std::filesystem::remove(folder_.path());
    clock_.advance(auth::kLmdbPause);
    store.put(store_key(1), store_entry(1), until());
    CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
    CPPUNIT_ASSERT_EQUAL(said + ": it is not a folder\ninfo: the shared cache in " +
                             folder_.path() + " works again\n",
                         log.text());
  }

  void forgets_entries_that_have_ended() {
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), store_entry(1), until());
    clock_.advance(seconds(29));
    CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
    clock_.advance(seconds(1));
    CPPUNIT_ASSERT(!store.get(store_key(1)));
  }

  void keeps_no_entry_that_is_too_large_or_has_ended() {
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), store_entry(1, auth::kMaxSealedBytes + 1), until());
    store.put(store_key(2), store_entry(2), clock_.wall());
    CPPUNIT_ASSERT(!store.get(store_key(1)));
    CPPUNIT_ASSERT(!store.get(store_key(2)));
  }

  void removes_what_belongs_to_another_boot() {
    const std::filesystem::path store(folder_.path());
    std::filesystem::create_directory(store);
    std::filesystem::permissions(store, std::filesystem::perms::owner_all);
    const auto leave = [&](const std::string& name, std::chrono::minutes age) {
      std::filesystem::create_directory(store / name);
      for (const char* const file : {"data.mdb", "lock.mdb"}) {
        std::ofstream(store / name / file) << "anything";
        std::filesystem::last_write_time(store / name / file,
                                         std::filesystem::file_time_type::clock::now() - age);
      }
    };
    leave("lmdb-of-another-boot", std::chrono::minutes(61));
    leave("lmdb-of-another-machine", std::chrono::minutes(59));
    LmdbStore(folder_.path(), clock_).put(store_key(1), store_entry(1), until());
    CPPUNIT_ASSERT(!std::filesystem::exists(store / "lmdb-of-another-boot"));
    CPPUNIT_ASSERT(std::filesystem::exists(store / "lmdb-of-another-machine"));
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(1));
  }

  void removes_nothing_that_is_not_its_own() {
    const std::filesystem::path store(folder_.path());
    std::filesystem::create_directories(store / "lmdb-with-more");
    std::filesystem::create_directories(store / "other");
    std::filesystem::permissions(store, std::filesystem::perms::owner_all);
    std::ofstream(store / "lmdb-with-more" / "letter") << "dear friend";
    std::ofstream(store / "other" / "data.mdb") << "data";
    std::filesystem::create_directory_symlink(store / "other", store / "lmdb-link");
    const auto old = std::filesystem::file_time_type::clock::now() - std::chrono::hours(2);
    std::filesystem::last_write_time(store / "lmdb-with-more", old);
    std::filesystem::last_write_time(store / "other" / "data.mdb", old);
    LmdbStore(folder_.path(), clock_).put(store_key(1), store_entry(1), until());
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(1));
    CPPUNIT_ASSERT(std::filesystem::exists(store / "lmdb-with-more" / "letter"));
    CPPUNIT_ASSERT(std::filesystem::exists(store / "other" / "data.mdb"));
  }

  std::size_t disk_bytes() const {
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(folder_.data_file().c_str(), &status));
    return static_cast<std::size_t>(status.st_blocks) * 512;
  }

  // Entries of 64 KiB, a fifth more than there is room for. Three of four end late.
  void stays_within_its_bound_and_forgets_first_what_ends_first() {
    const support::LogCapture log;
    LmdbStore store(folder_.path(), clock_);
    constexpr unsigned kCount = (64 << 20) / (64 << 10) * 6 / 5;
    const auto ends_early = [](unsigned i) { return i % 4 == 3; };
    for (unsigned i = 0; i < kCount; ++i) {
      store.put(store_key(i), store_entry(i, auth::kMaxSealedBytes),
                clock_.wall() + (ends_early(i) ? seconds(10) : seconds(1000 + i)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
    CPPUNIT_ASSERT(disk_bytes() <= auth::lmdb::kMapBytes);
    unsigned early = 0;
    std::vector<unsigned> late;
    for (unsigned i = 0; i < kCount; ++i) {
      const auto found = store.get(store_key(i));
      if (!found) continue;
      CPPUNIT_ASSERT(*found == store_entry(i, auth::kMaxSealedBytes));
      if (ends_early(i)) {
        ++early;
      } else {
        late.push_back(i);
      }
    }
    // The last of them at most: what was put is there at first.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(early), early <= 1);
    CPPUNIT_ASSERT_MESSAGE(std::to_string(late.size()), late.size() > kCount / 2);
    // Of those that end late, the later ones.
    for (unsigned i = late.front(); i < kCount; ++i) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(i), ends_early(i) || store.get(store_key(i)));
    }
  }

  void shrinks_to_what_is_in_use() {
    LmdbStore store(folder_.path(), clock_);
    for (unsigned i = 0; i < 5000; ++i) {
      store.put(store_key(i), store_entry(i, 1000), until());
      clock_.advance(seconds(1));
    }
    // 30 of them at a time.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(disk_bytes()), disk_bytes() < 1 << 20);
  }

  void finds_that_it_has_been_replaced() {
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), store_entry(1), until());
    std::filesystem::remove_all(folder_.path());
    clock_.advance(auth::kLmdbPause);
    CPPUNIT_ASSERT(!store.get(store_key(1)));
    store.put(store_key(2), store_entry(2), until());
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(2));
  }

  void shows_nothing_of_what_it_holds() {
    {
      LmdbStore store(folder_.path(), clock_);
      for (unsigned i = 0; i < 100; ++i) {
        support::keep_sealed_user(store, "a-token-that-" + std::to_string(i) + "-bears",
                                  clock_.wall(), until());
      }
    }
    for (const auto& file : {folder_.data_file(), folder_.lock_file()}) {
      std::ifstream in(file, std::ios::binary);
      const std::string bytes{std::istreambuf_iterator<char>(in), {}};
      CPPUNIT_ASSERT(!bytes.empty());
      for (const char* const part : {"a-token", "bears", "subject", "4711", "heidi", "example",
                                     "read:messages", "secret", "context"}) {
        CPPUNIT_ASSERT_MESSAGE(part, bytes.find(part) == std::string::npos);
      }
    }
  }

  void makes_its_folder_and_files_private() {
    const mode_t before = ::umask(0);
    LmdbStore(folder_.path(), clock_).put(store_key(1), store_entry(1), until());
    static_cast<void>(::umask(before));
    const auto mode = [](const std::filesystem::path& path) {
      struct stat status {};
      CPPUNIT_ASSERT_EQUAL(0, ::stat(path.c_str(), &status));
      return status.st_mode & 07777U;
    };
    CPPUNIT_ASSERT_EQUAL(0700U, mode(folder_.path()));
    CPPUNIT_ASSERT_EQUAL(0700U, mode(folder_.generation()));
    CPPUNIT_ASSERT_EQUAL(0600U, mode(folder_.data_file()));
    CPPUNIT_ASSERT_EQUAL(0600U, mode(folder_.lock_file()));
  }

  void keeps_the_latest_entry_for_a_key() {
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), "first", clock_.wall() + seconds(10));
    store.put(store_key(1), "second", clock_.wall() + seconds(20));
    store.put(store_key(2), "other", clock_.wall() + seconds(20));
    clock_.advance(seconds(11));
    // Makes room, which must not take the second for the first.
    store.put(store_key(3), "third", clock_.wall() + seconds(20));
    CPPUNIT_ASSERT(store.get(store_key(1)) == std::string("second"));
    CPPUNIT_ASSERT(store.get(store_key(2)) == std::string("other"));
  }

  void keeps_entries_of_all_sizes() {
    LmdbStore store(folder_.path(), clock_);
    const std::vector<std::size_t> sizes{
        0, 1, 1000, 2027, 2028, 2029, 4096, 60000, auth::kMaxSealedBytes};
    for (unsigned round = 0; round < 2; ++round) {
      for (unsigned i = 0; i < sizes.size(); ++i) {
        const std::size_t size = sizes[(i + round) % sizes.size()];
        store.put(store_key(i), std::string(size, 'x'), until());
        CPPUNIT_ASSERT(store.get(store_key(i)) == std::string(size, 'x'));
      }
    }
  }

  // LMDB itself would not bear it.
  void serves_two_stores_in_one_process() {
    LmdbStore first(folder_.path(), clock_);
    first.put(store_key(1), store_entry(1), until());
    {
      LmdbStore second(folder_.path(), clock_);
      CPPUNIT_ASSERT(second.get(store_key(1)) == store_entry(1));
      second.put(store_key(2), store_entry(2), until());
    }
    CPPUNIT_ASSERT(first.get(store_key(2)) == store_entry(2));
    first.put(store_key(3), store_entry(3), until());
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(3));
  }

  void serves_several_threads_at_once() {
    const support::LogCapture log;
    LmdbStore store(folder_.path(), clock_);
    std::vector<std::thread> threads;
    std::atomic<unsigned> wrong{0};
    for (unsigned t = 0; t < 4; ++t) {
      threads.emplace_back([&, t] {
        for (unsigned i = t; i < 800; i += 4) {
          store.put(store_key(i % 50), store_entry(i % 50), until());
          const auto found = store.get(store_key(i % 50));
          if (found && *found != store_entry(i % 50)) ++wrong;
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    CPPUNIT_ASSERT_EQUAL(0U, wrong.load());
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
    for (unsigned i = 0; i < 50; ++i) {
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i));
    }
  }

  support::LmdbFolder folder_;
  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LmdbStoreTest);

}  // namespace
