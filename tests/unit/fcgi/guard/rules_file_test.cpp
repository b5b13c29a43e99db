#include "fcgi/guard/rules_file.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "tests/unit/support/log_capture.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using fcgi::Rules;
using fcgi::RulesFile;
using std::chrono::milliseconds;

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
  CPPUNIT_TEST(rules_in_use_outlive_their_file);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override { log_.emplace(); }
  void tearDown() override { log_.reset(); }

 private:
  auth::Mistakes mistakes_of(const std::string& path) {
    auto opened = RulesFile::open(path, clock_);
    CPPUNIT_ASSERT_MESSAGE(path, !opened);
    return opened.error();
  }

  std::unique_ptr<RulesFile> open() {
    auto opened = RulesFile::open(path_, clock_);
    CPPUNIT_ASSERT(opened.has_value());
    return *std::move(opened);
  }

  static bool opens(const Rules& rules, std::string_view path) {
    return rules.find(path, "GET").has_value();
  }

  bool opens_a_second_later(RulesFile& file, std::string_view path) {
    clock_.advance(milliseconds(1000));
    return opens(*file.current(), path);
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
    CPPUNIT_ASSERT(opens_a_second_later(*file, "/a"));
    CPPUNIT_ASSERT(!opens(*file->current(), "/b"));
    CPPUNIT_ASSERT(log_->text().find("line 2: ") != std::string::npos);
    CPPUNIT_ASSERT(log_->text().find("stay in force") != std::string::npos);
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_a_second_later(*file, "/b"));
  }

  void keeps_the_old_rules_where_the_file_has_gone() {
    const auto file = open();
    std::filesystem::remove(path_);
    CPPUNIT_ASSERT(opens_a_second_later(*file, "/a"));
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_a_second_later(*file, "/b"));
  }

  void reports_a_broken_file_once() {
    const auto file = open();
    folder_.write("rules", "nothing\n");
    for (int i = 0; i < 10; ++i) CPPUNIT_ASSERT(opens_a_second_later(*file, "/a"));
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, support::lines_with(log_->text(), "line 1: "));
  }

  void looks_no_more_often_than_once_a_second() {
    const auto file = open();
    folder_.write("rules", "/b public\n");
    clock_.advance(milliseconds(999));
    CPPUNIT_ASSERT(!opens(*file->current(), "/b"));
    clock_.advance(milliseconds(1));
    CPPUNIT_ASSERT(opens(*file->current(), "/b"));
  }

  void takes_over_what_has_changed() {
    const auto file = open();
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_a_second_later(*file, "/b"));
    CPPUNIT_ASSERT(!opens(*file->current(), "/a"));
    CPPUNIT_ASSERT(log_->text().find("changed rules are in force") != std::string::npos);
  }

  // As editors and configuration management do.
  void takes_over_a_file_put_in_the_place_of_another() {
    const auto file = open();
    std::filesystem::rename(folder_.write("new", "/b public\n"), path_);
    CPPUNIT_ASSERT(opens_a_second_later(*file, "/b"));
  }

  // Moves the clock to the second in which the file has changed, and so much further.
  void advance_to_the_change(std::chrono::seconds further) {
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL(0, ::stat(path_.c_str(), &status));
    clock_.advance(std::chrono::seconds(status.st_ctim.tv_sec) - clock_.wall().time_since_epoch() +
                   further);
  }

  // The first half opens /staff to everybody, the second closes it.
  void takes_over_nothing_that_is_being_written() {
    advance_to_the_change(std::chrono::seconds(-60));
    const auto file = open();
    folder_.write("rules", "/ public\n");
    for (const int age : {-1, 0, 1}) {
      advance_to_the_change(std::chrono::seconds(age));
      CPPUNIT_ASSERT(!opens(*file->current(), "/staff"));
    }
    folder_.write("rules", "/ public\n/staff token POST\n");
    advance_to_the_change(std::chrono::seconds(2));
    CPPUNIT_ASSERT(opens(*file->current(), "/other"));
    CPPUNIT_ASSERT(!opens(*file->current(), "/staff"));
  }

  void rules_in_use_outlive_their_file() {
    auto file = open();
    const std::shared_ptr<const Rules> used = file->current();
    folder_.write("rules", "/b public\n");
    CPPUNIT_ASSERT(opens_a_second_later(*file, "/b"));
    file.reset();
    CPPUNIT_ASSERT(opens(*used, "/a"));
  }

  const support::TemporaryFolder folder_{};
  const std::string path_ = folder_.write("rules", "/a public\n");
  support::ManualClock clock_{};
  std::optional<support::LogCapture> log_{};
};

CPPUNIT_TEST_SUITE_REGISTRATION(RulesFileTest);

}  // namespace
