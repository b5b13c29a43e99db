// SPDX-License-Identifier: Apache-2.0
// A bucket store between processes that are killed, stopped and forked, and on disks that are full
// or may not be written to.
#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/store/bucket_index.h"
#include "auth/store/bucket_store.h"
#include "tests/unit/support/bucket_folder.h"
#include "tests/unit/support/child.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"

namespace {

using auth::BucketStore;
using auth::Descriptor;
using auth::bucket::kBucketBytes;
using support::Child;
using support::own_namespaces;
using support::put;
using support::run_in_child;
using support::store_entry;
using support::store_key;
using Kind = auth::SharedStore::Kind;

constexpr unsigned kPatience = 20;  // seconds

// Ends the process where something waits after all.
class Alarm {
 public:
  Alarm() { ::alarm(kPatience); }
  ~Alarm() { ::alarm(0); }
  Alarm(const Alarm&) = delete;
  Alarm& operator=(const Alarm&) = delete;
};

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

// In a child process: as on a file system without such locks.
bool forbid_locks() {
  std::array<sock_filter, 6> filter{{
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_fcntl, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[1])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, F_OFD_SETLK, 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOLCK),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  }};
  const sock_fprog program{filter.size(), filter.data()};
  return ::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         ::prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program) == 0;
}

class BucketProcessesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(BucketProcessesTest);
  CPPUNIT_TEST(outlives_a_hundred_killed_writers);
  CPPUNIT_TEST(waits_for_no_process_that_was_stopped_while_it_writes);
  CPPUNIT_TEST(waits_for_no_thread_that_writes);
  CPPUNIT_TEST(loses_next_to_nothing_of_fifty_processes_at_once);
  CPPUNIT_TEST(goes_on_where_the_file_system_has_no_locks);
  CPPUNIT_TEST(goes_on_without_a_disk_that_is_full);
  CPPUNIT_TEST(goes_on_without_a_disk_that_is_full_from_the_start);
  CPPUNIT_TEST(goes_on_where_files_may_not_be_large);
  CPPUNIT_TEST(goes_on_without_a_disk_that_may_not_be_written_to);
  CPPUNIT_TEST(goes_on_without_permission);
  CPPUNIT_TEST(is_opened_anew_after_a_fork);
  CPPUNIT_TEST(is_not_locked_by_a_fork_while_it_is_written_to);
  CPPUNIT_TEST(tells_other_processes);
  CPPUNIT_TEST_SUITE_END();

  auth::WallTime until() const { return clock_.wall() + std::chrono::seconds(30); }
  support::PassingStore passing() const { return {folder_.path(), clock_}; }

  // Puts an entry, and looks for another one.
  bool use(BucketStore& store, std::mt19937& random) const {
    constexpr unsigned kKeys = 400;
    put(store, static_cast<unsigned>(random() % kKeys), until(), 100 + random() % 5 * 1000);
    const auto number = static_cast<unsigned>(random() % kKeys);
    const auto found = store.get(store_key(number));
    return !found || *found == store_entry(number, found->size());
  }

  // All in one bucket, where there is never enough room. Each is killed somewhere in its writing.
  void outlives_a_hundred_killed_writers() {
    const support::LogCapture log;
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    std::mt19937 random(1);
    for (unsigned i = 0; i < 100; ++i) {
      Signpost begun;
      Child writer([&] {
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
      CPPUNIT_ASSERT(use(store, random));
      put(store, 1000 + i, until());
      CPPUNIT_ASSERT(store.get(store_key(1000 + i)) == store_entry(1000 + i));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  // Whoever writes to the bucket stands still until end_writing.
  void expect_no_waiting(BucketStore& store, const std::function<void()>& end_writing) {
    for (unsigned i = 0; i < 1000; ++i) {
      CPPUNIT_ASSERT(store.get(store_key(1)) == store_entry(1));
      put(store, 2, until());
      CPPUNIT_ASSERT(!store.get(store_key(2)));
      store.put(store_key(3), {store_entry(3), until(), Kind::kRefusal}, {});
      CPPUNIT_ASSERT(store.get(store_key(3)) == store_entry(3));
    }
    store.put(store_key(1), {"revoked", until(), Kind::kRefusal}, {});
    CPPUNIT_ASSERT(store.get(store_key(1)) == std::string("revoked"));
    end_writing();
    put(store, 2, until());
    CPPUNIT_ASSERT(store.get(store_key(2)) == store_entry(2));
  }

  void waits_for_no_process_that_was_stopped_while_it_writes() {
    const Alarm alarm;
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    put(store, 1, until());
    Signpost writing;
    Child writer([&] {
      // Nobody could end it once it is stopped, if the alarm ended this process.
      if (::prctl(PR_SET_PDEATHSIG, SIGKILL) != 0) return false;
      store.put(store_key(1), {"another answer", until()}, [&](std::string_view) {
        writing.reach();
        for (;;) ::pause();
        return true;
      });
      return false;
    });
    writing.await();
    writer.send(SIGSTOP);
    expect_no_waiting(store, [&] {
      writer.send(SIGKILL);
      CPPUNIT_ASSERT_EQUAL(std::string("it was ended by signal 9"), writer.wait());
    });
  }

  void waits_for_no_thread_that_writes() {
    const Alarm alarm;
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    put(store, 1, until());
    std::promise<void> writing;
    std::promise<void> may_end;
    std::thread writer([&] {
      store.put(store_key(1), {"another answer", until()}, [&](std::string_view) {
        writing.set_value();
        may_end.get_future().wait();
        return true;
      });
    });
    writing.get_future().wait();
    const auto end_writing = [&] {
      may_end.set_value();
      writer.join();
    };
    try {
      expect_no_waiting(store, end_writing);
    } catch (...) {
      if (writer.joinable()) end_writing();
      throw;
    }
  }

  // Each opens the store, looks for a token that nobody knows and tells what it has learned of it,
  // as under plain CGI. They begin when all are there.
  void loses_next_to_nothing_of_fifty_processes_at_once() {
    constexpr unsigned kProcesses = 50;
    const support::LogCapture log;
    std::array<int, 2> gate{};
    CPPUNIT_ASSERT_EQUAL(0, ::pipe2(gate.data(), O_CLOEXEC));
    const Descriptor closed(gate[0]);
    Descriptor open(gate[1]);
    std::vector<std::unique_ptr<Child>> children;
    for (unsigned i = 0; i < kProcesses; ++i) {
      children.push_back(std::make_unique<Child>([&, i] {
        open = Descriptor();
        char mark = 0;
        if (::read(closed.get(), &mark, 1) != 0) return false;
        BucketStore store(folder_.path(), clock_);
        if (store.get(store_key(i))) return false;
        put(store, i, until());
        return true;
      }));
    }
    open = Descriptor();
    for (const auto& child : children) CPPUNIT_ASSERT_EQUAL(std::string(), child->wait());
    // Who writes to a bucket to which another one writes at that moment, however long it has been
    // stopped there, loses its entry. Of each bucket somebody's is kept.
    std::map<std::uint64_t, std::vector<unsigned>> sharing;
    for (unsigned i = 0; i < kProcesses; ++i) sharing[bucket_of(i)].push_back(i);
    CPPUNIT_ASSERT(sharing.size() >= kProcesses * 9 / 10);
    for (const auto& [bucket, processes] : sharing) {
      CPPUNIT_ASSERT_MESSAGE(std::to_string(bucket),
                             std::any_of(processes.begin(), processes.end(),
                                         [&](unsigned i) { return passing().has(i); }));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  static std::uint64_t bucket_of(unsigned number) {
    std::uint64_t begin = 0;
    std::memcpy(&begin, store_key(number).data(), sizeof begin);
    return begin % (auth::kBucketStoreBytes / kBucketBytes);
  }

  void goes_on_where_the_file_system_has_no_locks() {
    const support::LogCapture log;
    const std::string ended = run_in_child([&] {
      if (!forbid_locks()) return false;
      const Descriptor file(::memfd_create("test", MFD_CLOEXEC));
      struct flock range {};
      range.l_type = F_WRLCK;
      if (::fcntl(file.get(), F_OFD_SETLK, &range) == 0 || errno != ENOLCK) return false;
      BucketStore store(folder_.path(), clock_);
      std::mt19937 random(1);
      for (int i = 0; i < 1000; ++i) {
        if (!use(store, random)) return false;
      }
      put(store, 1, until());
      return store.get(store_key(1)) == store_entry(1);
    });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::string(), ended);
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
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
        BucketStore store(folder_.path(), clock_);
        for (unsigned i = 0; i < 200; ++i) put(store, i, until(), 20000);
        const bool had_room = store.get(store_key(10)) == store_entry(10, 20000);
        const bool was_full = !store.get(store_key(199));
        if (!had_room || !was_full || !change_disk(0, "size=8m")) return false;
        clock_.advance(auth::kBucketPause);
        put(store, 199, until(), 20000);
        return store.get(store_key(199)) == store_entry(199, 20000) && passing().has(10, 20000);
      });
    });
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::string(), ended);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(
        log.text(), std::size_t{1},
        support::lines_with(log.text(), "its file cannot be written to: No space left on device"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log.text(), "works again"));
  }

  // It keeps what there is room for.
  void goes_on_without_a_disk_that_is_full_from_the_start() {
    if (!has_own_disks()) return;
    for (const char* const size : {"4k", "8k", "64k"}) {
      const support::LogCapture log;
      const std::string ended = run_in_child([&] {
        return with_disk(size, [&] {
          BucketStore store(folder_.path(), clock_);
          for (unsigned i = 0; i < 20; ++i) {
            put(store, i, until(), 5000);
            const auto found = store.get(store_key(i));
            if (found && *found != store_entry(i, 5000)) return false;
          }
          if (store.get(store_key(19)) || !change_disk(0, "size=8m")) return false;
          clock_.advance(auth::kBucketPause);
          put(store, 1, until());
          return store.get(store_key(1)) == store_entry(1);
        });
      });
      CPPUNIT_ASSERT_EQUAL_MESSAGE(size + log.text(), std::string(), ended);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                   support::lines_with(log.text(), "No space left on device"));
    }
  }

  // SIGXFSZ would end the process.
  void goes_on_where_files_may_not_be_large() {
    const auto with_limit = [&] {
      const support::LogCapture log;
      const std::string ended = run_in_child([&] {
        const rlimit limit{1 << 20, 1 << 20};
        if (::setrlimit(RLIMIT_FSIZE, &limit) != 0) return false;
        BucketStore store(folder_.path(), clock_);
        for (unsigned i = 0; i < 100; ++i) {
          put(store, i, until());
          if (store.get(store_key(i))) return false;
        }
        BucketStore small(folder_.path(), clock_, 1 << 20);
        put(small, 1, until());
        return small.get(store_key(1)) == store_entry(1);
      });
      CPPUNIT_ASSERT_EQUAL(std::string(), ended);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                   support::lines_with(log.text(), "ulimit -f"));
    };
    with_limit();
    CPPUNIT_ASSERT(!passing().has(1));
    passing().put(1);
    with_limit();
    CPPUNIT_ASSERT(passing().has(1));
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
          BucketStore store(folder_.path(), clock_);
          put(store, 2, until());
          return !store.get(store_key(1)) && !store.get(store_key(2));
        }));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(log.text(), std::size_t{1},
                                 support::lines_with(log.text(), "Permission denied"));
    static_cast<void>(::chmod(folder_.path().c_str(), 0700));
  }

  void is_opened_anew_after_a_fork() {
    const support::LogCapture log;
    BucketStore store(folder_.path(), clock_);
    put(store, 1, until());
    for (unsigned i = 2; i < 5; ++i) {
      CPPUNIT_ASSERT_EQUAL(std::string(), run_in_child([&] {
                             if (store.get(store_key(1)) != store_entry(1)) return false;
                             put(store, i, until());
                             const bool kept = store.get(store_key(i)) == store_entry(i);
                             BucketStore another(folder_.path(), clock_);
                             return kept && another.get(store_key(i)) == store_entry(i);
                           }));
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i));
      put(store, i, until(), 3000);
      CPPUNIT_ASSERT(store.get(store_key(i)) == store_entry(i, 3000));
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
  }

  // The child is made while its parent writes: that lock is not the child's, and not for ever.
  void is_not_locked_by_a_fork_while_it_is_written_to() {
    BucketStore store(folder_.path(), clock_, kBucketBytes);
    put(store, 1, until());
    Signpost tried;
    std::unique_ptr<Child> child;
    store.put(store_key(1), {"another answer", until()}, [&](std::string_view) {
      child = std::make_unique<Child>([&] {
        put(store, 2, until());
        if (store.get(store_key(2))) return false;
        tried.reach();
        const auto patience = std::chrono::steady_clock::now() + std::chrono::seconds(kPatience);
        while (!store.get(store_key(2)) && std::chrono::steady_clock::now() < patience) {
          put(store, 2, until());
        }
        return store.get(store_key(2)) == store_entry(2);
      });
      tried.await();
      return true;
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), child->wait());
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

  support::BucketFolder folder_;
  support::ManualClock clock_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(BucketProcessesTest);

}  // namespace
