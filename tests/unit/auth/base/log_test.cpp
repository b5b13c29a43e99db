// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log.h"

#include <cppunit/extensions/HelperMacros.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::LogLevel;

class LogTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogTest);
  CPPUNIT_TEST(shows_control_characters_and_cuts_what_is_too_long);
  CPPUNIT_TEST(writes_lines_with_their_time_to_the_file_alone);
  CPPUNIT_TEST(drops_the_same_lines_with_a_file);
  CPPUNIT_TEST(makes_no_file_where_there_is_nothing_to_say);
  CPPUNIT_TEST(tells_standard_error_once_why_the_file_does_not_take_lines);
  CPPUNIT_TEST(tells_it_again_after_it_was_to_open_the_file_again);
  CPPUNIT_TEST(writes_why_it_does_not_start_to_both);
  CPPUNIT_TEST(opens_no_file_where_none_is_named);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { path_ = (folder_.path() / "api.log").string(); }
  void tearDown() override { auth::set_log_file(""); }

 private:
  [[nodiscard]] std::string text() const {
    std::ifstream file(path_, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  // The digits in front of " zitadel-fcgi" of each line.
  static std::string with_times_of_zero(std::string lines) {
    bool is_time = true;
    for (char& byte : lines) {
      if (is_time && byte >= '0' && byte <= '9') byte = '0';
      is_time = byte == '\n' || (is_time && byte != ' ');
    }
    return lines;
  }

  void shows_control_characters_and_cuts_what_is_too_long() {
    const support::LogCapture log;
    auth::log(LogLevel::kWarn, "a\nb\x1b[0m\x7f");
    auth::log(LogLevel::kWarn, std::string(4001, '\n'));
    std::string cut;
    for (int i = 0; i < 4000; ++i) cut += "\\x0a";
    CPPUNIT_ASSERT_EQUAL("warn: a\\x0ab\\x1b[0m\\x7f\nwarn: " + cut + "\n", log.text());
  }

  void writes_lines_with_their_time_to_the_file_alone() {
    const support::LogCapture log;
    auth::set_log_file(path_);
    auth::log(LogLevel::kInfo, "one");
    auth::log(LogLevel::kError, "t\nwo");
    CPPUNIT_ASSERT_EQUAL(std::string(), log.text());
    const std::string head =
        "0000-00-00T00:00:00Z zitadel-fcgi[" + std::to_string(::getpid()) + "] ";
    const std::string expected = head + "info: one\n" + head + "error: t\\x0awo\n";
    CPPUNIT_ASSERT_EQUAL(expected, with_times_of_zero(text()));
  }

  void drops_the_same_lines_with_a_file() {
    const support::LogCapture log(LogLevel::kWarn);
    auth::set_log_file(path_);
    auth::log(LogLevel::kInfo, "not this");
    auth::log(LogLevel::kWarn, "this");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(text(), ""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(text(), "warn: this"));
  }

  void makes_no_file_where_there_is_nothing_to_say() {
    const support::LogCapture log(LogLevel::kError);
    auth::set_log_file(path_);
    auth::log(LogLevel::kWarn, "not this");
    CPPUNIT_ASSERT(!std::filesystem::exists(path_));
  }

  void tells_standard_error_once_why_the_file_does_not_take_lines() {
    const support::LogCapture log;
    std::filesystem::create_directory(path_);
    auth::set_log_file(path_);
    auth::log(LogLevel::kWarn, "one");
    auth::log(LogLevel::kWarn, "two");
    CPPUNIT_ASSERT_EQUAL("error: ZITADEL_LOG_FILE " + path_ +
                             " cannot be opened: Is a directory; lines go to standard error\n"
                             "warn: one\nwarn: two\n",
                         log.text());
    std::filesystem::remove(path_);
    auth::log(LogLevel::kWarn, "three");
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, support::lines_with(log.text(), ""));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(text(), "warn: three"));
  }

  void tells_it_again_after_it_was_to_open_the_file_again() {
    const support::LogCapture log;
    auth::set_log_file(path_);
    auth::log(LogLevel::kWarn, "one");
    std::filesystem::remove(path_);
    std::filesystem::create_directory(path_);
    auth::reopen_log_file();
    auth::log(LogLevel::kWarn, "two");
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log.text(), "cannot be opened"));
    auth::reopen_log_file();
    CPPUNIT_ASSERT_EQUAL(std::size_t{2}, support::lines_with(log.text(), "cannot be opened"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{3}, support::lines_with(log.text(), ""));
  }

  void writes_why_it_does_not_start_to_both() {
    const support::LogCapture log;
    auth::set_log_file(path_);
    auth::log_failed_start("no");
    CPPUNIT_ASSERT_EQUAL(std::string("error: no\n"), log.text());
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(text(), "error: no"));
    auth::set_log_file("");
    auth::log_failed_start("once");
    CPPUNIT_ASSERT_EQUAL(std::string("error: no\nerror: once\n"), log.text());
  }

  void opens_no_file_where_none_is_named() {
    const support::LogCapture log;
    auth::reopen_log_file();
    auth::log(LogLevel::kWarn, "one");
    CPPUNIT_ASSERT_EQUAL(std::string("warn: one\n"), log.text());
  }

  support::TemporaryFolder folder_;
  std::string path_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogTest);

}  // namespace
