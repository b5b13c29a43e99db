// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/rules_file.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <filesystem>
#include <fstream>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <thread>

#include "auth/base/descriptor.h"
#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using fcgi::Rules;
using fcgi::RulesFile;
using std::chrono::milliseconds;

// Standard error, which nobody reads until drain is called: who writes a line waits.
class FullPipe {
 public:
  FullPipe() : standard_error_(::fcntl(STDERR_FILENO, F_DUPFD_CLOEXEC, 3)) {
    int ends[2];
    CPPUNIT_ASSERT_EQUAL(0, ::pipe2(ends, O_CLOEXEC | O_NONBLOCK));
    reader_ = auth::Descriptor(ends[0]);
    const auth::Descriptor writer(ends[1]);
    while (::write(writer.get(), "x", 1) == 1) ++size_;
    CPPUNIT_ASSERT_EQUAL(0, ::fcntl(writer.get(), F_SETFL, 0));
    CPPUNIT_ASSERT_EQUAL(STDERR_FILENO, ::dup2(writer.get(), STDERR_FILENO));
  }

  void drain() {
    CPPUNIT_ASSERT_EQUAL(STDERR_FILENO, ::dup2(standard_error_.get(), STDERR_FILENO));
    std::string bytes(size_, '\0');
    CPPUNIT_ASSERT(::read(reader_.get(), bytes.data(), bytes.size()) > 0);
  }

 private:
  const auth::Descriptor standard_error_;
  auth::Descriptor reader_{};
  std::size_t size_ = 0;
};

class RulesFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RulesFileTest);
  CPPUNIT_TEST(does_not_open_without_rules);
  CPPUNIT_TEST(names_setting_file_and_line_in_each_mistake);
  CPPUNIT_TEST(waits_for_no_pipe);
  CPPUNIT_TEST(keeps_the_old_rules_where_the_new_ones_are_broken);
  CPPUNIT_TEST(keeps_the_old_rules_where_the_file_has_gone);
  CPPUNIT_TEST(reports_a_broken_file_once);
  CPPUNIT_TEST(looks_no_more_often_than_once_a_second);
  CPPUNIT_TEST(takes_over_what_has_changed);
  CPPUNIT_TEST(takes_over_a_file_put_in_the_place_of_another);
  CPPUNIT_TEST(takes_over_nothing_that_is_being_written);
  CPPUNIT_TEST(takes_over_nothing_that_an_editor_is_writing);
  CPPUNIT_TEST(takes_over_nothing_that_was_emptied_to_be_written);
  CPPUNIT_TEST(goes_by_no_clock_while_it_looks_every_second);
  CPPUNIT_TEST(goes_by_the_files_time_after_a_while_without_requests);
  CPPUNIT_TEST(does_not_open_what_is_being_written);
  CPPUNIT_TEST(gives_up_on_what_is_written_to_again_and_again);
  CPPUNIT_TEST(keeps_nobody_waiting_who_does_not_look);
  CPPUNIT_TEST(rules_in_use_outlive_their_file);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    log_.emplace();
    clock_.set_wall(wall_ + kHour);  // whatever is written here is old
  }
  void tearDown() override { log_.reset(); }

 private:
  auth::Mistakes mistakes_of(const std::string& path) {
    auto opened = RulesFile::open(path, clock_);
    CPPUNIT_ASSERT_MESSAGE(path, !opened);
    return opened.error();
  }

  std::unique_ptr<RulesFile> open(milliseconds rest = milliseconds(1000)) {
    auto opened = RulesFile::open(path_, clock_, rest);
    CPPUNIT_ASSERT(opened.has_value());
    return *std::move(opened);
  }

  static bool opens(const Rules& rules, std::string_view path) {
    return rules.find(path, "GET").has_value();
  }

  bool opens_at_the_next_look(RulesFile& file, std::string_view path) {
    clock_.advance(milliseconds(1000));
    return opens(*file.current(), path);
  }

  // When it was seen to rest for a second.
  bool opens_soon(RulesFile& file, std::string_view path) {
    static_cast<void>(opens_at_the_next_look(file, path));
    return opens_at_the_next_look(file, path);
  }

  void does_not_open_without_rules() {
    CPPUNIT_ASSERT(mistakes_of(folder_.path() / "none")[0].find("No such file") !=
                   std::string::npos);
    CPPUNIT_ASSERT(mistakes_of(folder_.path())[0].find("no regular file") != std::string::npos);
    CPPUNIT_ASSERT(mistakes_of(folder_.write("empty", ""))[0].find("no rule") != std::string::npos);
    CPPUNIT_ASSERT(mistakes_of(folder_.write("large", std::string(2 << 20, '\n')))[0].find(
                       "larger") != std::string::npos);
  }

  void names_setting_file_and_line_in_each_mistake() {
    const std::string path = folder_.write("rules", "a token\n/ token\n/b nothing\n");
    const auth::Mistakes mistakes = mistakes_of(path);
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, mistakes.size());
    CPPUNIT_ASSERT(mistakes[0].starts_with("ZITADEL_RULES " + path + ": line 1: "));
    CPPUNIT_ASSERT(mistakes[1].starts_with("ZITADEL_RULES " + path + ": line 3: "));
  }

  void waits_for_no_pipe() {
    const std::string path = folder_.path() / "pipe";
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(path.c_str(), 0600));
    CPPUNIT_ASSERT(mistakes_of(path)[0].find("no regular file") != std::string::npos);
  }

  void keeps_the_old_rules_where_the_new_ones_are_broken() {
    const auto file = open();
    folder_.write("rules", "/ public\n/b nothing\n");
    CPPUNIT_ASSERT(opens_soon(*file, "/a"));
    CPPUNIT_ASSERT(!opens(*file->current(), "/b"));
    CPPUNIT_ASSERT(log_->text().find("line 2: ") != std::string::npos);
    CPPUNIT_ASSERT(log_->text().find("stay in force") != std::string::npos);
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_soon(*file, "/b"));
  }

  void keeps_the_old_rules_where_the_file_has_gone() {
    const auto file = open();
    std::filesystem::remove(path_);
    CPPUNIT_ASSERT(opens_soon(*file, "/a"));
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_soon(*file, "/b"));
  }

  void reports_a_broken_file_once() {
    const auto file = open();
    folder_.write("rules", "nothing\n");
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(opens_soon(*file, "/a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "line 1: "));
  }

  void looks_no_more_often_than_once_a_second() {
    const auto file = open();
    CPPUNIT_ASSERT(opens_at_the_next_look(*file, "/a"));
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(!opens_at_the_next_look(*file, "/b"));
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!opens(*file->current(), "/b"));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(opens(*file->current(), "/b"));
  }

  void takes_over_what_has_changed() {
    const auto file = open();
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_soon(*file, "/b"));
    CPPUNIT_ASSERT(!opens(*file->current(), "/a"));
    CPPUNIT_ASSERT(log_->text().find("changed rules are in force") != std::string::npos);
  }

  // As editors and configuration management do.
  void takes_over_a_file_put_in_the_place_of_another() {
    const auto file = open();
    std::filesystem::rename(folder_.write("new", "/b public\n"), path_);
    CPPUNIT_ASSERT(opens_soon(*file, "/b"));
  }

  // Rules that let everybody in but to /staff, in two parts.
  static constexpr const char* kHalf = "/ public\n";
  static constexpr const char* kWhole = "/ public\n/staff token POST\n";

  void append(const std::string& text) const { std::ofstream(path_, std::ios::app) << text; }

  // All at once, at the end of a second in which the file was looked at.
  void assert_whole_after_two_looks(RulesFile& file) {
    for (int i = 0; i < 2; ++i) CPPUNIT_ASSERT(!opens_at_the_next_look(file, "/staff"));
    CPPUNIT_ASSERT(opens(*file.current(), "/other"));
  }

  void takes_over_nothing_that_is_being_written() {
    const auto file = open();
    folder_.write("rules", kHalf);
    CPPUNIT_ASSERT(!opens_at_the_next_look(*file, "/staff"));
    append("/staff token POST\n");
    assert_whole_after_two_looks(*file);
  }

  // An editor keeps the old file under another name, and writes a new one where it was.
  void takes_over_nothing_that_an_editor_is_writing() {
    const auto file = open();
    std::filesystem::rename(path_, path_ + '~');
    CPPUNIT_ASSERT(opens_at_the_next_look(*file, "/a"));
    folder_.write("rules", kHalf);
    CPPUNIT_ASSERT(!opens_at_the_next_look(*file, "/staff"));
    append("/staff token POST\n");
    assert_whole_after_two_looks(*file);
  }

  void takes_over_nothing_that_was_emptied_to_be_written() {
    const auto file = open();
    folder_.write("rules", "");
    for (int i = 0; i < 3; ++i) CPPUNIT_ASSERT(opens_at_the_next_look(*file, "/a"));
    folder_.write("rules", kHalf);
    CPPUNIT_ASSERT(!opens_at_the_next_look(*file, "/staff"));
    folder_.write("rules", kWhole);
    assert_whole_after_two_looks(*file);
  }

  // The file's time is no help: it is another machine's.
  void goes_by_no_clock_while_it_looks_every_second() {
    for (const auto ahead : {-kHour, kHour}) {
      clock_.set_wall(wall_ + ahead);
      folder_.write("rules", "/a public\n");
      const auto file = open(milliseconds(100));
      folder_.write("rules", kHalf);
      CPPUNIT_ASSERT(!opens_at_the_next_look(*file, "/staff"));
      folder_.write("rules", kWhole);
      assert_whole_after_two_looks(*file);
    }
  }

  // It was closed while nobody came.
  void goes_by_the_files_time_after_a_while_without_requests() {
    const auto file = open();
    folder_.write("rules", "/b public\n");
    clock_.advance(kHour);
    CPPUNIT_ASSERT(!opens(*file->current(), "/a"));
  }

  void does_not_open_what_is_being_written() {
    clock_.set_wall(wall_);
    folder_.write("rules", kHalf);
    std::thread writer([this] {
      std::this_thread::sleep_for(kRest / 2);
      append("/staff token POST\n");
    });
    const auto file = open(kRest);
    writer.join();
    CPPUNIT_ASSERT(opens(*file->current(), "/other"));
    CPPUNIT_ASSERT(!opens(*file->current(), "/staff"));
  }

  void gives_up_on_what_is_written_to_again_and_again() {
    clock_.set_wall(wall_);
    std::atomic<int> written{0};
    std::atomic<bool> over{false};
    std::thread writer([&] {
      for (; !over; ++written) append("#\n");
    });
    while (written == 0) std::this_thread::yield();
    auto opened = RulesFile::open(path_, clock_, milliseconds(100));
    over = true;
    writer.join();
    CPPUNIT_ASSERT(!opened);
    CPPUNIT_ASSERT(opened.error()[0].find("again and again: write another file") !=
                   std::string::npos);
  }

  // One of two looks, and what it says of that is not read: that is what a slow disk is like.
  void keeps_nobody_waiting_who_does_not_look() {
    const auto file = open();
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(!opens_at_the_next_look(*file, "/b"));
    clock_.advance(milliseconds(1000));
    log_.reset();
    FullPipe full;
    std::promise<void> answered;
    std::atomic<bool> is_first{true};
    const auto call = [&] {
      while (!opens(*file->current(), "/b")) std::this_thread::yield();
      if (is_first.exchange(false)) answered.set_value();
    };
    std::thread one(call);
    std::thread other(call);
    const auto outcome = answered.get_future().wait_for(std::chrono::seconds(10));
    full.drain();
    one.join();
    other.join();
    CPPUNIT_ASSERT(outcome == std::future_status::ready);
  }

  void rules_in_use_outlive_their_file() {
    auto file = open();
    const std::shared_ptr<const Rules> used = file->current();
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_soon(*file, "/b"));
    file.reset();
    CPPUNIT_ASSERT(opens(*used, "/a"));
  }

  static constexpr milliseconds kHour{3'600'000};
  static constexpr milliseconds kRest{400};
  const support::TemporaryFolder folder_{};
  const std::string path_ = folder_.write("rules", "/a public\n");
  support::ManualClock clock_{};
  // From the clock's start to now.
  const milliseconds wall_ = std::chrono::duration_cast<milliseconds>(
      auth::SystemClock().wall_microseconds() - support::ManualClock::kStart);
  std::optional<support::LogCapture> log_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(RulesFileTest);

}  // namespace
