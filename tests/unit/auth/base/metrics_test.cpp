// SPDX-License-Identifier: Apache-2.0
// Counting, alone and with others, whatever lies in the file.
#include "auth/base/metrics.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <functional>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "auth/base/metrics_file.h"
#include "tests/unit/support/child.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::Counter;
using auth::Gauge;
using auth::Histogram;
using auth::Metrics;
using namespace std::chrono_literals;

constexpr const char* kWhose = "https://zitadel.example 1 2";

std::uint64_t count_of(const Metrics& metrics, Counter counter, std::size_t place = 0) {
  return metrics.look().counts[static_cast<std::size_t>(counter) + place];
}

class MetricsTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(MetricsTest);
  CPPUNIT_TEST(alone_it_counts_for_itself);
  CPPUNIT_TEST(a_duration_falls_into_the_bucket_that_ends_with_it);
  CPPUNIT_TEST(processes_lose_no_count);
  CPPUNIT_TEST(a_killed_writer_loses_nothing_that_it_has_counted);
  CPPUNIT_TEST(the_place_of_a_dead_process_is_taken_back);
  CPPUNIT_TEST(a_process_that_ends_gives_its_place_back);
  CPPUNIT_TEST(two_in_a_process_have_places_of_their_own);
  CPPUNIT_TEST(beyond_the_last_place_it_counts_all_the_same);
  CPPUNIT_TEST(apis_of_one_folder_count_apart);
  CPPUNIT_TEST(a_foreign_file_is_put_aside);
  CPPUNIT_TEST(numbers_of_any_kind_do_no_harm);
  CPPUNIT_TEST(a_file_that_others_may_read_is_put_aside);
  CPPUNIT_TEST(a_link_is_not_followed);
  CPPUNIT_TEST(a_file_that_is_cut_in_use_ends_nobody);
  CPPUNIT_TEST(a_file_that_is_removed_is_made_anew);
  CPPUNIT_TEST(a_folder_of_others_is_refused);
  CPPUNIT_TEST(who_opens_at_the_same_time_counts_together);
  CPPUNIT_TEST(a_full_disk_shows_itself_at_the_start);
  CPPUNIT_TEST(a_minute_is_noted_once);
  CPPUNIT_TEST(old_files_of_other_boots_are_removed);
  CPPUNIT_TEST_SUITE_END();

  support::TemporaryFolder folder_;

  [[nodiscard]] std::string path() const { return folder_.path().string(); }
  [[nodiscard]] std::filesystem::path file() const {
    return folder_.path() / auth::metrics_file_name(kWhose);
  }
  [[nodiscard]] bool share(Metrics& metrics, bool stays = true) const {
    return metrics.share(path(), kWhose, stays).has_value();
  }

  void alone_it_counts_for_itself() {
    Metrics metrics;
    metrics.add(Counter::kFound, 2);
    metrics.set(Gauge::kParked, 3);
    const Metrics::Seen seen = metrics.look();
    CPPUNIT_ASSERT(!seen.is_shared);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, count_of(metrics, Counter::kFound));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seen.processes.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3}, seen.processes.front().gauges[0]);
    CPPUNIT_ASSERT(!std::filesystem::exists(file()));
  }

  void a_duration_falls_into_the_bucket_that_ends_with_it() {
    Metrics metrics;
    const auto observe = [&](std::chrono::nanoseconds took) {
      metrics.observe(Histogram::kAuthorizer, took);
    };
    observe(auth::kBuckets[0]);
    observe(auth::kBuckets[0] + 1ns);
    observe(auth::kBuckets.back() + 1ns);
    observe(-1ns);
    const auto bucket = [&](std::size_t place) {
      return count_of(metrics, Counter::kObserved, auth::kBucketPlaces + place);
    };
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{2}, bucket(0));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, bucket(1));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, bucket(auth::kBuckets.size()));
    CPPUNIT_ASSERT(count_of(metrics, Counter::kNanoseconds, 1) > 10'000'000'000);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, count_of(metrics, Counter::kNanoseconds, 0));
  }

  // How often each counts.
  static constexpr int kEach = 20'000;

  void processes_lose_no_count() {
    const auto count = [this] {
      Metrics metrics;
      if (!share(metrics)) return false;
      for (int i = 0; i < kEach; ++i) metrics.add(Counter::kFound);
      return true;
    };
    support::Child first(count), second(count), third(count);
    for (support::Child* each : {&first, &second, &third}) {
      CPPUNIT_ASSERT_EQUAL(std::string(), each->wait());
    }
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{3} * kEach, count_of(metrics, Counter::kFound));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, metrics.look().processes.size());
  }

  // Runs on until it is killed; returns when it has counted that much.
  void with_a_counting_child(Metrics& metrics, std::uint64_t least,
                             const std::function<void(support::Child&)>& use) {
    support::Child child([this] {
      Metrics own;
      if (!share(own)) return false;
      own.set(Gauge::kParked, 7);
      for (int i = 0; i < 60'000; ++i) {
        own.add(Counter::kFound);
        std::this_thread::sleep_for(1ms);
      }
      return true;
    });
    for (int i = 0; i < 10'000 && count_of(metrics, Counter::kFound) < least; ++i) {
      std::this_thread::sleep_for(1ms);
    }
    CPPUNIT_ASSERT(count_of(metrics, Counter::kFound) >= least);
    use(child);
  }

  void a_killed_writer_loses_nothing_that_it_has_counted() {
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    with_a_counting_child(metrics, 50, [&](support::Child& child) {
      const std::uint64_t before = count_of(metrics, Counter::kFound);
      child.send(SIGKILL);
      CPPUNIT_ASSERT(!child.wait().empty());
      CPPUNIT_ASSERT(count_of(metrics, Counter::kFound) >= before);
      metrics.add(Counter::kFound);
      CPPUNIT_ASSERT(count_of(metrics, Counter::kFound) > before);
    });
  }

  void the_place_of_a_dead_process_is_taken_back() {
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    with_a_counting_child(metrics, 1, [&](support::Child& child) {
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, metrics.look().processes.size());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{7}, metrics.look().processes.back().gauges[0]);
      child.send(SIGKILL);
      CPPUNIT_ASSERT(!child.wait().empty());
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, metrics.look().processes.size());
      Metrics next;
      CPPUNIT_ASSERT(share(next));
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, next.look().processes.back().place);
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, next.look().processes.back().gauges[0]);
    });
  }

  void a_process_that_ends_gives_its_place_back() {
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    {
      Metrics other;
      CPPUNIT_ASSERT(share(other));
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, metrics.look().processes.size());
    }
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, metrics.look().processes.size());
  }

  void two_in_a_process_have_places_of_their_own() {
    Metrics first, second;
    CPPUNIT_ASSERT(share(first) && share(second));
    first.move(Gauge::kAnswers, 2);
    second.move(Gauge::kAnswers, 3);
    second.move(Gauge::kAnswers, -1);
    const auto which = static_cast<std::size_t>(Gauge::kAnswers);
    for (const Metrics* each : {&first, &second}) {
      const auto processes = each->look().processes;
      CPPUNIT_ASSERT_EQUAL(std::size_t{2}, processes.size());
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{4},
                           processes[0].gauges[which] + processes[1].gauges[which]);
    }
  }

  void beyond_the_last_place_it_counts_all_the_same() {
    CPPUNIT_ASSERT(share(*std::make_unique<Metrics>()));
    std::fstream bytes(file(), std::ios::binary | std::ios::in | std::ios::out);
    // Of this process, as all places are: it lives.
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    std::uint64_t owner = 0;
    bytes.seekg(offsetof(auth::MetricsRoom, places));
    bytes.read(reinterpret_cast<char*>(&owner), sizeof owner);
    for (std::size_t i = 0; i < auth::kPlaces; ++i) {
      bytes.seekp(static_cast<std::streamoff>(offsetof(auth::MetricsRoom, places) +
                                              i * sizeof(auth::MetricsRoom::Place)));
      bytes.write(reinterpret_cast<const char*>(&owner), sizeof owner);
    }
    bytes.flush();
    Metrics last;
    CPPUNIT_ASSERT(share(last));
    last.add(Counter::kFound);
    last.set(Gauge::kParked, 5);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, count_of(metrics, Counter::kFound));
    CPPUNIT_ASSERT_EQUAL(auth::kPlaces + 1, last.look().processes.size());
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5}, last.look().processes.back().gauges[0]);
  }

  void apis_of_one_folder_count_apart() {
    Metrics one, other;
    CPPUNIT_ASSERT(share(one));
    CPPUNIT_ASSERT(other.share(path(), "another", true).has_value());
    one.add(Counter::kFound);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, count_of(other, Counter::kFound));
  }

  void a_foreign_file_is_put_aside() {
    const std::string name = auth::metrics_file_name(kWhose);
    const std::string right_size(auth::kMetricsBytes, 'x');
    for (const std::string& bytes : {std::string(), std::string("x"), right_size,
                                     right_size.substr(1), right_size + right_size}) {
      folder_.write(name, bytes);
      Metrics metrics;
      CPPUNIT_ASSERT(share(metrics));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, count_of(metrics, Counter::kFound));
      CPPUNIT_ASSERT_EQUAL(auth::kMetricsBytes, std::filesystem::file_size(file()));
    }
    CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, files());
  }

  void numbers_of_any_kind_do_no_harm() {
    CPPUNIT_ASSERT(share(*std::make_unique<Metrics>()));
    for (const char byte : {'\xff', '\x7f', '\x80', '\x01'}) {
      std::fstream bytes(file(), std::ios::binary | std::ios::in | std::ios::out);
      bytes.seekp(2 * sizeof(std::uint64_t));
      bytes << std::string(auth::kMetricsBytes - 2 * sizeof(std::uint64_t), byte);
      bytes.close();
      Metrics metrics;
      CPPUNIT_ASSERT(share(metrics));
      metrics.tick();
      metrics.add(Counter::kFound);
      const Metrics::Seen seen = metrics.look();
      CPPUNIT_ASSERT(seen.is_shared);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, seen.processes.size());
      for (const auto& each : seen.minutes) CPPUNIT_ASSERT(each.minute < std::uint64_t{1} << 32);
    }
  }

  void a_file_that_others_may_read_is_put_aside() {
    {
      Metrics metrics;
      CPPUNIT_ASSERT(share(metrics));
      metrics.add(Counter::kFound);
    }
    std::filesystem::permissions(file(), static_cast<std::filesystem::perms>(0644));
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{0}, count_of(metrics, Counter::kFound));
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(file().c_str(), &status));
    CPPUNIT_ASSERT_EQUAL(mode_t{0600}, status.st_mode & 07777U);
  }

  void a_link_is_not_followed() {
    const std::string target = folder_.write("target", std::string(auth::kMetricsBytes, 't'));
    std::filesystem::create_symlink(target, file());
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    CPPUNIT_ASSERT(!std::filesystem::is_symlink(file()));
    std::ifstream bytes(target);
    CPPUNIT_ASSERT_EQUAL(int{'t'}, bytes.get());
  }

  void a_file_that_is_cut_in_use_ends_nobody() {
    for (const off_t size : {off_t{0}, off_t{4096}, off_t{auth::kMetricsBytes / 2}}) {
      Metrics metrics;
      CPPUNIT_ASSERT(share(metrics));
      metrics.add(Counter::kFound);
      CPPUNIT_ASSERT_EQUAL(0, ::truncate(file().c_str(), size));
      metrics.tick();
      metrics.add(Counter::kFound);
      static_cast<void>(metrics.look());
      metrics.look_after();
      metrics.add(Counter::kFound);
      CPPUNIT_ASSERT(metrics.look().is_shared);
      CPPUNIT_ASSERT_EQUAL(auth::kMetricsBytes, std::filesystem::file_size(file()));
      CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, count_of(metrics, Counter::kFound));
      std::filesystem::remove(file());
    }
  }

  void a_file_that_is_removed_is_made_anew() {
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    metrics.set(Gauge::kParked, 4);
    std::filesystem::remove(file());
    metrics.look_after();
    metrics.add(Counter::kFound);
    Metrics other;
    CPPUNIT_ASSERT(share(other));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, count_of(other, Counter::kFound));
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{4}, other.look().processes.front().gauges[0]);
  }

  void a_folder_of_others_is_refused() {
    std::filesystem::permissions(folder_.path(), static_cast<std::filesystem::perms>(0777));
    Metrics metrics;
    const auto shared = metrics.share(path(), kWhose, true);
    CPPUNIT_ASSERT(!shared);
    CPPUNIT_ASSERT(shared.error().sentence.find("may be written to by others") !=
                   std::string::npos);
    metrics.add(Counter::kFound);
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{1}, count_of(metrics, Counter::kFound));
    CPPUNIT_ASSERT(!metrics.look().is_shared);
    // Mended, it is found at the next look.
    std::filesystem::permissions(folder_.path(), static_cast<std::filesystem::perms>(0700));
    metrics.look_after();
    CPPUNIT_ASSERT(metrics.look().is_shared);
  }

  void who_opens_at_the_same_time_counts_together() {
    constexpr int kThreads = 8;
    for (int round = 0; round < 20; ++round) {
      // An unsound file first, that all of them want to put aside.
      folder_.write(auth::metrics_file_name(kWhose), "torn");
      std::array<Metrics, kThreads> all;
      std::vector<std::thread> threads;
      for (Metrics& each : all) {
        threads.emplace_back([&] {
          if (!share(each)) return;
          each.look_after();
        });
      }
      for (std::thread& each : threads) each.join();
      for (Metrics& each : all) each.look_after();
      for (Metrics& each : all) each.add(Counter::kFound);
      for (Metrics& each : all) {
        CPPUNIT_ASSERT_EQUAL(std::uint64_t{kThreads}, count_of(each, Counter::kFound));
      }
      CPPUNIT_ASSERT_EQUAL(std::ptrdiff_t{1}, files());
      std::filesystem::remove(file());
    }
  }

  void a_full_disk_shows_itself_at_the_start() {
    CPPUNIT_ASSERT_EQUAL(std::string(), support::run_in_child([this] {
                           static_cast<void>(std::signal(SIGXFSZ, SIG_IGN));
                           const rlimit least{4096, 4096};
                           if (::setrlimit(RLIMIT_FSIZE, &least) != 0) return false;
                           Metrics metrics;
                           const auto shared = metrics.share(path(), kWhose, true);
                           metrics.add(Counter::kFound);
                           return !shared &&
                                  shared.error().sentence.starts_with("has no room for a file") &&
                                  count_of(metrics, Counter::kFound) == 1 && files() == 0;
                         }));
  }

  void a_minute_is_noted_once() {
    Metrics metrics;
    metrics.add(Counter::kFound, 5);
    metrics.tick();
    metrics.add(Counter::kFound, 5);
    metrics.tick();
    const auto minutes = metrics.look().minutes;
    CPPUNIT_ASSERT(minutes.size() == 1 || minutes.size() == 2);  // a minute may end meanwhile
    CPPUNIT_ASSERT_EQUAL(std::uint64_t{5},
                         minutes.front().counts[static_cast<std::size_t>(Counter::kFound)]);
  }

  void old_files_of_other_boots_are_removed() {
    const std::string old = folder_.write("metrics-1-100-0badb007-1-1", "x");
    const std::string young = folder_.write("metrics-1-100-900db007-1-1", "x");
    const std::string other = folder_.write("buckets-1-1", "x");
    const auto long_ago = std::filesystem::file_time_type::clock::now() - 240h;
    std::filesystem::last_write_time(old, long_ago);
    std::filesystem::last_write_time(other, long_ago);
    Metrics metrics;
    CPPUNIT_ASSERT(share(metrics));
    CPPUNIT_ASSERT(!std::filesystem::exists(old));
    CPPUNIT_ASSERT(std::filesystem::exists(young) && std::filesystem::exists(other));
  }

  [[nodiscard]] std::ptrdiff_t files() const {
    return std::distance(std::filesystem::directory_iterator(folder_.path()), {});
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(MetricsTest);

}  // namespace
