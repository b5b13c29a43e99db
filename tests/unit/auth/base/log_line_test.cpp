// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_line.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <thread>

#include "auth/base/json.h"
#include "auth/base/log.h"
#include "auth/base/log_request.h"
#include "auth/base/log_section.h"
#include "tests/unit/support/log_capture.h"

namespace {

using auth::LogFormat;
using auth::LogLevel;
using auth::LogLine;
using auth::LogRequest;
using auth::LogSection;

class LogLineTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogLineTest);
  CPPUNIT_TEST(is_one_object_of_json_whatever_it_says);
  CPPUNIT_TEST(names_the_request_that_it_is_about);
  CPPUNIT_TEST(names_the_request_of_its_own_thread_alone);
  CPPUNIT_TEST(names_the_section_that_a_thread_is_of);
  CPPUNIT_TEST(names_the_section_in_json);
  CPPUNIT_TEST(fits_at_its_longest);
  CPPUNIT_TEST(tells_the_journal_the_level_and_what_it_does_not_know);
  CPPUNIT_TEST(is_as_everywhere_where_standard_error_is_another_file);
  CPPUNIT_TEST_SUITE_END();

 public:
  void tearDown() override {
    auth::set_log_format(LogFormat::kText);
    CPPUNIT_ASSERT_EQUAL(0, ::unsetenv("JOURNAL_STREAM"));
  }

 private:
  static std::string line(std::string_view level, std::string_view message,
                          std::string_view request, LogFormat format,
                          LogLine::For reader = LogLine::For::kFile) {
    return std::string(LogLine({level, '4'}, message, {"", request}, format, reader).text());
  }

  void is_one_object_of_json_whatever_it_says() {
    for (int code = 0; code < 256; ++code) {
      const std::string message = "a" + std::string(1, static_cast<char>(code)) + "\"z";
      const std::string text = line("warn", message, "r-1", LogFormat::kJson);
      CPPUNIT_ASSERT_EQUAL(text.size() - 1, text.find('\n'));
      if (code == 0) continue;  // no member with U+0000 is read here
      const auto object = auth::Json::parse(text);
      CPPUNIT_ASSERT_MESSAGE(text, object.has_value());
      CPPUNIT_ASSERT_EQUAL(std::string("warn"), object->text_of("level").value_or(""));
      CPPUNIT_ASSERT_EQUAL(std::string("r-1"), object->text_of("request").value_or(""));
      CPPUNIT_ASSERT(object->integer_of("pid") == std::int64_t{::getpid()});
      CPPUNIT_ASSERT_EQUAL(std::size_t{20}, object->text_of("time").value_or("").size());
      const std::string read = object->text_of("message").value_or("");
      CPPUNIT_ASSERT(code >= 128 ? read.starts_with("a\\x") : read == message);
    }
    CPPUNIT_ASSERT(line("info", "m", "", LogFormat::kJson).find("request") == std::string::npos);
  }

  void names_the_request_that_it_is_about() {
    const support::LogCapture log;
    {
      const LogRequest outer("outer");
      {
        const LogRequest inner(std::string(1000, 'x'));
        auth::log(LogLevel::kInfo, "in");
      }
      auth::log(LogLevel::kInfo, "out");
      const LogRequest none("");
      auth::log(LogLevel::kInfo, "none");
    }
    auth::log(LogLevel::kInfo, "after");
    CPPUNIT_ASSERT_EQUAL("info: in [request " + std::string(128, 'x') +
                             "]\ninfo: out [request outer]\ninfo: none\ninfo: after\n",
                         log.text());
  }

  void names_the_request_of_its_own_thread_alone() {
    const support::LogCapture log;
    const LogRequest here("here");
    std::thread([] { auth::log(LogLevel::kInfo, "there"); }).join();
    CPPUNIT_ASSERT_EQUAL(std::string("info: there\n"), log.text());
  }

  void names_the_section_that_a_thread_is_of() {
    const support::LogCapture log;
    {
      const LogSection section(LogSection::name_of("b.example /x"));
      auth::log(LogLevel::kInfo, "here");
      LogSection::start([] { auth::log(LogLevel::kInfo, "its thread"); }).join();
      std::thread([] { auth::log(LogLevel::kInfo, "another"); }).join();
      const LogSection none(LogSection::name_of(""));
      auth::log(LogLevel::kInfo, "none");
      LogSection::start([] { auth::log(LogLevel::kInfo, "none either"); }).join();
    }
    LogSection::start([] { auth::log(LogLevel::kInfo, "after"); }).join();
    CPPUNIT_ASSERT_EQUAL(
        std::string("info: [b.example /x] here\ninfo: [b.example /x] its thread\ninfo: another\n"
                    "info: none\ninfo: none either\ninfo: after\n"),
        log.text());
  }

  void names_the_section_in_json() {
    const LogLine line({"warn", '4'}, "m", {"b\"\n", "r"}, LogFormat::kJson, LogLine::For::kFile);
    const auto object = auth::Json::parse(line.text());
    CPPUNIT_ASSERT(object.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("b\"\n"), object->text_of("section").value_or(""));
    CPPUNIT_ASSERT_EQUAL(std::string("r"), object->text_of("request").value_or(""));
  }

  void fits_at_its_longest() {
    for (const char byte : {'\x01', '"', '\xff', 'a'}) {
      for (const auto format : {LogFormat::kText, LogFormat::kJson}) {
        for (const auto reader : {LogLine::For::kFile, LogLine::For::kJournal}) {
          const std::string name(200, byte);
          const LogLine line({"error", '4'}, std::string(5000, byte), {name, name}, format, reader);
          const std::string text(line.text());
          CPPUNIT_ASSERT_EQUAL(text.size() - 1, text.find('\n'));
          CPPUNIT_ASSERT(text.size() >= 4000);
        }
      }
    }
  }

  static void say_that_the_journal_is_standard_error(ino_t beyond = 0) {
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::fstat(STDERR_FILENO, &status));
    const std::string named =
        std::to_string(status.st_dev) + ":" + std::to_string(status.st_ino + beyond);
    CPPUNIT_ASSERT_EQUAL(0, ::setenv("JOURNAL_STREAM", named.c_str(), 1));
  }

  void tells_the_journal_the_level_and_what_it_does_not_know() {
    const support::LogCapture log;
    say_that_the_journal_is_standard_error();
    auth::log(LogLevel::kError, "a\nb");
    auth::log(LogLevel::kWarn, "w");
    {
      const LogRequest about("r");
      auth::log(LogLevel::kInfo, "i");
    }
    auth::log(LogLevel::kDebug, "d");
    CPPUNIT_ASSERT_EQUAL(std::string("<3>a\\x0ab\n<4>w\n<6>i [request r]\n<7>d\n"), log.text());
    auth::set_log_format(LogFormat::kJson);
    auth::log(LogLevel::kWarn, "j");
    CPPUNIT_ASSERT(log.text().find("<4>{\"time\":\"") != std::string::npos);
  }

  void is_as_everywhere_where_standard_error_is_another_file() {
    const support::LogCapture log;
    say_that_the_journal_is_standard_error(1);
    auth::log(LogLevel::kWarn, "w");
    for (const char* nonsense : {"", ":", "1", "x:y"}) {
      CPPUNIT_ASSERT_EQUAL(0, ::setenv("JOURNAL_STREAM", nonsense, 1));
      auth::log(LogLevel::kWarn, "w");
    }
    CPPUNIT_ASSERT_EQUAL(std::string("warn: w\nwarn: w\nwarn: w\nwarn: w\nwarn: w\n"), log.text());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogLineTest);

}  // namespace
