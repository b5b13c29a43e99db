// An LMDB store between processes that are killed, stopped and forked, and on disks that are full
// or may not be written to.
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <lmdb.h>
#include <sched.h>
#include <sys/file.h>
#include <sys/mount.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <functional>
#include <iostream>
#include <optional>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>

#include "auth/base/descriptor.h"
#include "auth/store/lmdb_store.h"
#include "auth/store/lmdb_turn.h"
#include "tests/unit/support/child.h"
#include "tests/unit/support/lmdb_folder.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::Descriptor;
using auth::LmdbStore;
using std::chrono::milliseconds;
using support::Child;
using support::own_namespaces;
using support::run_in_child;
using support::store_entry;
using support::store_key;

constexpr unsigned kKeys = 64;
constexpr unsigned kPatience = 20;  // seconds

// Lets one process tell another that it has come so far.
class Signpost {
 public:
  Signpost() {
    std::array<int, 2> ends{};
    if (::pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    read_ = Descriptor(ends[0]);
    write_ = Descriptor(ends[1]);
  }
  void reach() const {
    if (::write(write_.get(), "!", 1) != 1) throw std::runtime_error("nobody can be told");
  }
  // Throws where the other has ended before.
  void await() {
    write_ = Descriptor();
    char mark = 0;
    if (::read(read_.get(), &mark, 1) != 1) throw std::runtime_error("it never came so far");
  }

 private:
  Descriptor read_{};
  Descriptor write_{};
};

class LmdbProcessesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LmdbProcessesTest);
  CPPUNIT_TEST(outlives_a_thousand_killed_writers);
  CPPUNIT_TEST(forgets_what_killed_readers_were_reading);
  CPPUNIT_TEST(neither_waits_for_a_stopped_writer_nor_fails_to_read);
  CPPUNIT_TEST(does_not_wait_for_a_process_that_stands_still_while_it_opens_the_store);
  CPPUNIT_TEST(goes_on_without_a_disk_that_is_full);
  CPPUNIT_TEST(goes_on_without_a_disk_that_is_full_from_the_start);
  CPPUNIT_TEST(goes_on_where_files_may_not_be_large);
  CPPUNIT_TEST(goes_on_without_a_disk_that_may_not_be_written_to);
  CPPUNIT_TEST(goes_on_without_permission);
  CPPUNIT_TEST(goes_on_where_the_boot_is_not_told_except_in_memory);
  CPPUNIT_TEST(is_opened_anew_after_a_fork);
  CPPUNIT_TEST(tells_other_processes);
  CPPUNIT_TEST_SUITE_END();

  auth::WallTime until() const { return clock_.wall() + std::chrono::seconds(30); }
  support::PassingStore passing() const { return {folder_.path(), clock_}; }

  // Puts one entry after the other, and looks at another one each time.
  bool use(LmdbStore& store, std::mt19937& random) const {
    const auto put = static_cast<unsigned>(random() % kKeys);
    const std::size_t size = 100 + random() % 5 * 1000;
    store.put(store_key(put), store_entry(put, size), until());
    const auto looked_at = static_cast<unsigned>(random() % kKeys);
    const auto found = store.get(store_key(looked_at));
    return !found || *found == store_entry(looked_at, found->size());
  }

  // Kills writers one after the other, each within the time that some writes take.
  void kill_writers(unsigned first, unsigned last, std::mt19937& random) const {
    for (unsigned i = first; i < last; ++i) {
      Signpost begun;
      Child writer([&] {
        LmdbStore store(folder_.path(), clock_);
        std::mt19937 own(i);
        if (!use(store, own)) return false;
        begun.reach();
        while (use(store, own)) continue;
        return false;
      });
      begun.await();
      std::this_thread::sleep_for(std::chrono::microseconds(random() % 1000));
      writer.send(SIGKILL);
      CPPUNIT_ASSERT_EQUAL(std::string("it was ended by signal 9"), writer.wait());
    }
    passing().put(1000 + last);
    CPPUNIT_ASSERT(passing().has(1000 + last));
  }

  // Half of them while another process has the file open. That one is a new one for every ten, so
  // that none comes near the age at which a child process is ended.
  void outlives_a_thousand_killed_writers() {
    const support::LogCapture log;
    std::mt19937 random(1);
    for (unsigned i = 0; i < 1000; i += 20) {
      Signpost come;
      Child companion([&] {
        LmdbStore store(folder_.path(), clock_);
        std::mt19937 own(2);
        come.reach();
        while (use(store, own)) std::this_thread::sleep_for(milliseconds(1));
        return false;
      });
      come.await();
      kill_writers(i, i + 10, random);
      companion.send(SIGTERM);
      // Not that it has found something wrong before.
      CPPUNIT_ASSERT_EQUAL(std::string("it was ended by signal 15"), companion.wait());
      kill_writers(i + 10, i + 20, random);
    }
    // Nothing was lost on the way.
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void forgets_what_killed_readers_were_reading() {
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), store_entry(1), until());
    for (int i = 0; i < 3; ++i) {
      const std::string generation = folder_.generation();
      Signpost reading;
      Child reader([&] {
        MDB_env* environment = nullptr;
        MDB_txn* transaction = nullptr;
        if (mdb_env_create(&environment) != 0 ||
            mdb_env_open(environment, generation.c_str(), MDB_NOTLS, 0600) != 0 ||
            mdb_txn_begin(environment, nullptr, MDB_RDONLY, &transaction) != 0) {
          return false;
        }
        reading.reach();
        for (;;) ::pause();
      });
      reading.await();
      reader.send(SIGKILL);
      CPPUNIT_ASSERT_EQUAL(std::string("it was ended by signal 9"), reader.wait());
      // Each write takes some pages anew, as long as somebody may be reading the old ones.
      for (unsigned n = 0; n < 1000; ++n) store.put(store_key(n % 5), store_entry(n), until());
    }
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(folder_.data_file().c_str(), &status));
    CPPUNIT_ASSERT_MESSAGE(std::to_string(status.st_blocks), status.st_blocks * 512 < 16 << 20);
  }

  void neither_waits_for_a_stopped_writer_nor_fails_to_read() {
    const support::LogCapture log;
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), store_entry(1), until());
    const Descriptor data(::open(folder_.data_file().c_str(), O_RDWR | O_CLOEXEC));
    CPPUNIT_ASSERT_EQUAL(0, ::flock(data.get(), LOCK_EX));
    const auto begun = std::chrono::steady_clock::now();
    for (int i = 0; i < 100; ++i) {
      store.put(store_key(2), store_entry(2), until());
      CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
    }
    CPPUNIT_ASSERT(passing().has(1));
    const auto passed = std::chrono::steady_clock::now() - begun;
    // It has waited once, and not again for a second.
    CPPUNIT_ASSERT(passed >= auth::lmdb::kTurnWait);
    CPPUNIT_ASSERT(passed < auth::lmdb::kTurnWait * 20);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1},
                         support::lines_with(log.text(), "others have kept it locked"));
    CPPUNIT_ASSERT_EQUAL(0, ::flock(data.get(), LOCK_UN));
    clock_.advance(auth::kLmdbPause);
    store.put(store_key(2), store_entry(2), until());
    CPPUNIT_ASSERT(store.get(store_key(2)) == store_entry(2));
  }

  void does_not_wait_for_a_process_that_stands_still_while_it_opens_the_store() {
    passing().put(1);
    Signpost opening;
    // What it holds meanwhile: its turn, and LMDB's lock, on the first byte of the lock file.
    Child still([&] {
      const auth::lmdb::LockFileTurn turn(
          Descriptor(::open(folder_.data_file().c_str(), O_RDWR | O_CLOEXEC)));
      const Descriptor locks(::open(folder_.lock_file().c_str(), O_RDWR | O_CLOEXEC));
      struct flock first {};
      first.l_type = F_WRLCK;
      first.l_whence = SEEK_SET;
      first.l_len = 1;
      if (!turn.taken() || ::fcntl(locks.get(), F_SETLK, &first) != 0) return false;
      opening.reach();
      for (;;) ::pause();
    });
    opening.await();
    const support::LogCapture log;
    const std::string ended = run_in_child([&] {
      ::alarm(kPatience);
      LmdbStore store(folder_.path(), clock_);
      store.put(store_key(2), store_entry(2), until());
      return !store.get(store_key(1));
    });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::string(), ended);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "others have kept it locked"));
    still.send(SIGKILL);
    CPPUNIT_ASSERT_EQUAL(std::string("it was ended by signal 9"), still.wait());
    CPPUNIT_ASSERT(passing().has(1));
  }

  // In a child process: what it mounts nobody else sees. Not in a chroot that is no mount point.
  static bool enter_own_mounts() {
    return own_namespaces(CLONE_NEWNS) &&
           ::mount("none", "/", nullptr, MS_REC | MS_PRIVATE, nullptr) == 0;
  }

  static bool has_own_disks() {
    const bool found = run_in_child(&enter_own_mounts).empty();
    if (!found) std::cerr << "\nno disk can be had here: only the limit of file sizes is tested\n";
    return found;
  }

  // In a child process. The disk ends with it.
  bool with_disk(const std::string& size, const std::function<bool()>& run) const {
    const std::string options = "size=" + size + ",mode=700,uid=" + std::to_string(::geteuid()) +
                                ",gid=" + std::to_string(::getegid());
    const std::string outer = folder_.outer();
    return enter_own_mounts() && ::mount("none", outer.c_str(), "tmpfs", 0, options.c_str()) == 0 &&
           run();
  }

  bool change_disk(unsigned long flags, const char* options) const {
    return ::mount("none", folder_.outer().c_str(), "tmpfs", MS_REMOUNT | flags, options) == 0;
  }

  void goes_on_without_a_disk_that_is_full() {
    if (!has_own_disks()) return;
    const support::LogCapture log;
    const std::string ended = run_in_child([&] {
      return with_disk("1m", [&] {
        LmdbStore store(folder_.path(), clock_);
        for (unsigned i = 0; i < 200; ++i) {
          store.put(store_key(i), store_entry(i, 20000), until());
        }
        const bool had_room = store.get(store_key(10)) == store_entry(10, 20000);
        const bool was_full = !store.get(store_key(199));
        if (!had_room || !was_full || !change_disk(0, "size=8m")) return false;
        clock_.advance(auth::kLmdbPause);
        store.put(store_key(199), store_entry(199, 20000), until());
        return store.get(store_key(199)) == store_entry(199, 20000) && passing().has(10, 20000);
      });
    });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::string(), ended);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "going on without"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log.text(), "works again"));
  }

  void goes_on_without_a_disk_that_is_full_from_the_start() {
    if (!has_own_disks()) return;
    for (const char* const size : {"4k", "8k", "64k", "72k"}) {
      const support::LogCapture log;
      const std::string ended = run_in_child([&] {
        return with_disk(size, [&] {
          LmdbStore store(folder_.path(), clock_);
          for (unsigned i = 0; i < 20; ++i) {
            store.put(store_key(i), store_entry(i, 1000), until());
            if (store.get(store_key(i))) return false;
          }
          if (!change_disk(0, "size=8m")) return false;
          clock_.advance(auth::kLmdbPause);
          store.put(store_key(1), store_entry(1), until());
          return store.get(store_key(1)) == store_entry(1);
        });
      });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(size + log.text(), std::string(), ended);
    }
  }

  // SIGXFSZ would end the process.
  void goes_on_where_files_may_not_be_large() {
    const auto with_limit = [&](bool has_been_made) {
      const support::LogCapture log;
      const std::string ended = run_in_child([&] {
        const rlimit limit{1 << 20, 1 << 20};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
        LmdbStore store(folder_.path(), clock_);
        store.put(store_key(1), store_entry(1), until());
        return !store.get(store_key(1));
      });
      CPPUNIT_ASSERT_EQUAL(std::string(), ended);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                   support::lines_with(log.text(), "ulimit -f"));
      CPPUNIT_ASSERT_EQUAL(has_been_made, !std::filesystem::is_empty(folder_.path()));
    };
    with_limit(false);
    passing().put(1);
    with_limit(true);
  }

  void goes_on_without_a_disk_that_may_not_be_written_to() {
    const auto try_it = [&] {
      const bool had = passing().has(1);
      passing().put(2);
      return !had && !passing().has(2);
    };
    const support::LogCapture log;
    if (has_own_disks()) {
      CPPUNIT_ASSERT_EQUAL(std::string(), run_in_child([&] {
                             return with_disk("8m", [&] {
                               passing().put(1);
                               return passing().has(1) && change_disk(MS_RDONLY, "size=8m") &&
                                      try_it();
                             });
                           }));
      CPPUNIT_ASSERT(support::lines_with(log.text(), "Read-only file system") > 0);
    } else if (::geteuid() == 0) {
      std::cerr << "\nroot may write everywhere: a folder that is read-only is not tested\n";
    } else {
      std::filesystem::create_directory(folder_.path());
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0500));
      CPPUNIT_ASSERT(try_it());
      CPPUNIT_ASSERT(support::lines_with(log.text(), "Permission denied") > 0);
    }
  }

  // To root, no permission is needed.
  void goes_on_without_permission() {
    passing().put(1);
    const support::LogCapture log;
    CPPUNIT_ASSERT_EQUAL(
        std::string(), run_in_child([&] {
          if (::geteuid() == 0 ? ::seteuid(12345) != 0 : ::chmod(folder_.path().c_str(), 0) != 0) {
            return false;
          }
          LmdbStore store(folder_.path(), clock_);
          store.put(store_key(2), store_entry(2), until());
          return !store.get(store_key(1)) && !store.get(store_key(2));
        }));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "Permission denied"));
    static_cast<void>(::chmod(folder_.path().c_str(), 0700));
  }

  // As under systemd's ProcSubset=pid. After a crash of the machine, what was not written with
  // fsync may be anything; in memory, nothing is left of it.
  void goes_on_where_the_boot_is_not_told_except_in_memory() {
    if (!has_own_disks()) return;
    const auto hide_boot = [] {
      return ::mount("none", "/proc/sys/kernel/random", "tmpfs", 0, "size=4k") == 0;
    };
    const support::LogCapture log;
    CPPUNIT_ASSERT_EQUAL(std::string(), run_in_child([&] {
                           passing().put(1);
                           if (!enter_own_mounts() || !hide_boot()) return false;
                           return !passing().has(1);
                         }));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "/proc does not tell"));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::string(), run_in_child([&] {
                                   return with_disk("8m", [&] {
                                     if (!hide_boot()) return false;
                                     passing().put(1);
                                     return passing().has(1);
                                   });
                                 }));
  }

  void is_opened_anew_after_a_fork() {
    const support::LogCapture log;
    LmdbStore store(folder_.path(), clock_);
    store.put(store_key(1), store_entry(1), until());
    for (unsigned i = 2; i < 5; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string(), run_in_child([&] {
                             if (store.get(store_key(1)) != store_entry(1)) return false;
                             store.put(store_key(i), store_entry(i), until());
                             const bool kept = store.get(store_key(i)) == store_entry(i);
                             LmdbStore another(folder_.path(), clock_);
                             return kept && another.get(store_key(i)) == store_entry(i);
                           }));
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i));
      store.put(store_key(i), store_entry(i, 3000), until());
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i, 3000));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  void tells_other_processes() {
    const std::string ended = run_in_child([&] {
      passing().put(1);
      return true;
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), ended);
    CPPUNIT_ASSERT(passing().has(1));
    CPPUNIT_ASSERT(!passing().has(2));
  }

  support::LmdbFolder folder_;
  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LmdbProcessesTest);

}  // namespace
