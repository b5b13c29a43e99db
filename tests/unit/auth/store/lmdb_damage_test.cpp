// The files of an LMDB store, damaged in all ways: it may forget, but neither fail nor end the
// process.
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/store/lmdb_environment.h"
#include "auth/store/lmdb_store.h"
#include "tests/unit/support/child.h"
#include "tests/unit/support/lmdb_folder.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::LmdbStore;
using support::run_in_child;
using support::store_entry;
using support::store_key;

constexpr unsigned kEntries = 300;
// Values in pages, and in pages of their own.
std::size_t size_of(unsigned number) { return 20 + number % 10 * 300; }

std::string read_file(const std::filesystem::path& path) {
  std::ifstream in(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(in), {}};
}

class LmdbDamageTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LmdbDamageTest);
  CPPUNIT_TEST(makes_anew_a_file_that_was_cut);
  CPPUNIT_TEST(makes_anew_a_file_that_is_cut_while_it_is_open);
  CPPUNIT_TEST(opens_anew_a_file_whose_readers_are_lost);
  CPPUNIT_TEST(makes_anew_a_file_that_is_gone);
  CPPUNIT_TEST(makes_anew_a_file_of_anything_else);
  CPPUNIT_TEST(makes_anew_a_file_of_another_version);
  CPPUNIT_TEST(outlives_damage_in_any_place);
  CPPUNIT_TEST(outlives_damage_in_any_place_while_it_is_open);
  CPPUNIT_TEST_SUITE_END();

  void fill() {
    LmdbStore store(folder_.path(), clock_);
    for (unsigned i = 0; i < kEntries; ++i) {
      store.put(store_key(i), store_entry(i, size_of(i)), until());
    }
    for (unsigned i = 0; i < kEntries; i += 3) {
      store.put(store_key(i), store_entry(i, size_of(i)), until());
    }
    CPPUNIT_ASSERT(store.get(store_key(7)) == store_entry(7, size_of(7)));
  }

  auth::WallTime until() const { return clock_.wall() + std::chrono::seconds(100); }

  // It forgets what was in it, keeps what it is given next, and says so.
  void expect_anew() {
    const support::LogCapture log;
    const std::string ended = run_in_child([&] {
      LmdbStore store(folder_.path(), clock_);
      const bool forgotten = !store.get(store_key(7));
      store.put(store_key(1000), store_entry(1000), until());
      return forgotten && store.get(store_key(1000)) == store_entry(1000);
    });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::string(), ended);
    CPPUNIT_ASSERT(support::PassingStore(folder_.path(), clock_).has(1000));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "going on without"));
  }

  void makes_anew_a_file_that_was_cut() {
    for (const std::size_t size : {0, 1, 100, 4096, 8191, 8192, 100000, (64 << 20) - 1}) {
      fill();
      std::filesystem::resize_file(folder_.data_file(), size);
      expect_anew();
      fill();
      std::filesystem::resize_file(folder_.lock_file(), size % (64 << 10));
      expect_anew();
    }
  }

  void makes_anew_a_file_that_is_cut_while_it_is_open() {
    for (const std::size_t size : {0, 1, 4096, 8192, 100000}) {
      expect_anew_while_open([&] { std::filesystem::resize_file(folder_.data_file(), size); });
    }
    for (const std::size_t size : {0, 1, 4096, 8192}) {
      expect_anew_while_open([&] { std::filesystem::resize_file(folder_.lock_file(), size); });
    }
  }

  void expect_anew_while_open(const std::function<void()>& damage) {
    for (const bool reads_first : {true, false}) {
      fill();
      const support::LogCapture log;
      const std::string ended = run_in_child([&] {
        LmdbStore store(folder_.path(), clock_);
        if (!store.get(store_key(7))) return false;
        damage();
        if (reads_first && store.get(store_key(7))) return false;
        store.put(store_key(8), store_entry(8), until());
        return store.get(store_key(8)) == store_entry(8);
      });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::string(), ended);
    }
  }

  // The table of readers is in the lock file, behind its head. In this process, so that a sanitizer
  // sees what is left behind.
  void opens_anew_a_file_whose_readers_are_lost() {
    constexpr off_t kHead = 128;
    for (const char filling : {'\0', '\xa5'}) {
      fill();
      LmdbStore store(folder_.path(), clock_);
      CPPUNIT_ASSERT(store.get(store_key(7)) == store_entry(7, size_of(7)));
      const auth::Descriptor file(::open(folder_.lock_file().c_str(), O_WRONLY | O_CLOEXEC));
      const std::string readers(4096, filling);
      CPPUNIT_ASSERT_EQUAL(static_cast<ssize_t>(readers.size()),
                           ::pwrite(file.get(), readers.data(), readers.size(), kHead));
      const support::LogCapture log;
      CPPUNIT_ASSERT(!store.get(store_key(7)));
      CPPUNIT_ASSERT_MESSAGE(log.text(),
                             log.text().find("Invalid reuse of reader") != std::string::npos);
      CPPUNIT_ASSERT(store.get(store_key(7)) == store_entry(7, size_of(7)));
    }
  }

  void makes_anew_a_file_that_is_gone() {
    fill();
    std::filesystem::remove(folder_.data_file());
    expect_anew();
    fill();
    std::filesystem::remove(folder_.lock_file());
    expect_anew();
    fill();
    std::filesystem::remove(folder_.data_file());
    std::filesystem::create_directory(folder_.generation() / "data.mdb");
    const support::LogCapture log;
    CPPUNIT_ASSERT(!support::PassingStore(folder_.path(), clock_).has(7));
  }

  void makes_anew_a_file_of_anything_else() {
    for (const char filling : {'\0', '\1', 'a', '\xff'}) {
      fill();
      const std::filesystem::path file = folder_.data_file();
      std::ofstream(file, std::ios::binary) << std::string(1 << 20, filling);
      std::filesystem::resize_file(file, auth::lmdb::kMapBytes);
      expect_anew();
    }
  }

  // The version of LMDB's format stands behind the head of each of the first two pages, and behind
  // the four bytes that mark the file.
  void makes_anew_a_file_of_another_version() {
    fill();
    const auth::Descriptor file(::open(folder_.data_file().c_str(), O_RDWR | O_CLOEXEC));
    for (const long page : {0L, ::sysconf(_SC_PAGESIZE)}) {
      const char version = 2;
      CPPUNIT_ASSERT_EQUAL(ssize_t{1}, ::pwrite(file.get(), &version, 1, page + 16 + 4));
    }
    expect_anew();
  }

  // Bits, bytes and whole pages, at places that come from the round's number alone.
  static std::string damage(const std::string& sound, unsigned round) {
    std::mt19937 random(round);
    const auto below = [&](std::size_t limit) { return random() % limit; };
    std::string damaged = sound;
    for (std::size_t i = 1 + below(8); i > 0; --i) {
      // Half of the time in the head of a page, where it hurts most.
      const std::size_t page = below(sound.size() / 4096) * 4096;
      const std::size_t at = page + (below(2) == 0 ? below(64) : below(4096));
      switch (below(4)) {
        case 0:
          damaged[at] = static_cast<char>(damaged[at] ^ (1 << below(8)));
          break;
        case 1:
          damaged[at] = static_cast<char>(random());
          break;
        case 2:
          damaged.replace(page, 4096, sound, below(sound.size() / 4096) * 4096, 4096);
          break;
        case 3:
          for (std::size_t k = at; k < std::min(at + below(600), damaged.size()); ++k) {
            damaged[k] = static_cast<char>(random());
          }
      }
    }
    return damaged;
  }

  void write_anew(const std::string& content) {
    const std::filesystem::path generation = folder_.generation();
    const std::filesystem::path file = generation / "data.mdb";
    std::ofstream(file, std::ios::binary | std::ios::trunc) << content;
    std::filesystem::resize_file(file, auth::lmdb::kMapBytes);
    std::ofstream(generation / "lock.mdb", std::ios::binary) << std::string(64 << 10, '\0');
  }

  // The part of the file that is in use.
  std::string content() const {
    std::string bytes = read_file(folder_.data_file());
    return bytes.substr(0, (bytes.find_last_not_of('\0') / 4096 + 1) * 4096);
  }

  bool use() {
    LmdbStore store(folder_.path(), clock_);
    for (unsigned i = 0; i < kEntries; i += 5) static_cast<void>(store.get(store_key(i)));
    for (unsigned i = 0; i < 60; ++i) {
      store.put(store_key(i * 7), store_entry(i * 7, size_of(i)), until());
    }
    return store.get(store_key(59 * 7)) == store_entry(59 * 7, size_of(59));
  }

  void outlives_damage_in_any_place() {
    fill();
    const std::string sound = content();
    const support::LogCapture log;
    std::size_t noticed = 0;
    for (unsigned round = 0; round < kRounds; ++round) {
      write_anew(damage(sound, round));
      const std::size_t lines = support::lines_with(log.text(), "going on without");
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(round), std::string(),
                                   run_in_child([&] { return use(); }));
      if (support::lines_with(log.text(), "going on without") > lines) ++noticed;
    }
    // Else the rounds would have shown nothing.
    CPPUNIT_ASSERT_MESSAGE(std::to_string(noticed), noticed > kRounds / 2);
  }

  // What this process has looked at before it is damaged: reading must stand that, too.
  void outlives_damage_in_any_place_while_it_is_open() {
    fill();
    const std::string sound = content();
    const support::LogCapture log;
    for (unsigned round = 0; round < kRounds; ++round) {
      write_anew(sound);
      const std::string ended = run_in_child([&] {
        LmdbStore store(folder_.path(), clock_);
        if (!store.get(store_key(7))) return false;
        const std::string damaged = damage(sound, round);
        const auth::Descriptor file(::open(folder_.data_file().c_str(), O_WRONLY | O_CLOEXEC));
        if (::pwrite(file.get(), damaged.data(), damaged.size(), 0) < 0) return false;
        for (unsigned i = 0; i < kEntries; ++i) static_cast<void>(store.get(store_key(i)));
        clock_.advance(2 * auth::kLmdbPause);
        store.put(store_key(1000), store_entry(1000), until());
        return store.get(store_key(1000)) == store_entry(1000);
      });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(std::to_string(round), std::string(), ended);
    }
  }

  static constexpr unsigned kRounds = 300;

  support::LmdbFolder folder_;
  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LmdbDamageTest);

}  // namespace
