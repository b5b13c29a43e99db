// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_file.h"

#include <cppunit/extensions/HelperMacros.h>
#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "auth/base/descriptor.h"
#include "tests/unit/support/child.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::LogFile;

class LogFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogFileTest);
  CPPUNIT_TEST(refuses_a_link);
  CPPUNIT_TEST(refuses_what_is_no_regular_file_without_waiting);
  CPPUNIT_TEST(refuses_a_file_with_a_second_name);
  CPPUNIT_TEST(refuses_a_file_of_another_user);
  CPPUNIT_TEST(says_why_a_file_cannot_be_opened);
  CPPUNIT_TEST(names_no_file_whose_name_is_too_long);
  CPPUNIT_TEST(makes_a_file_for_its_owner_alone_with_the_first_line);
  CPPUNIT_TEST(appends_to_what_is_there);
  CPPUNIT_TEST(opens_it_once_it_can_be_opened);
  CPPUNIT_TEST(goes_on_with_a_new_file_when_it_is_opened_again);
  CPPUNIT_TEST(refuses_what_has_taken_the_place_of_the_file);
  CPPUNIT_TEST(goes_on_in_a_file_of_another_name);
  CPPUNIT_TEST(stays_in_its_file_where_another_cannot_be_opened);
  CPPUNIT_TEST(does_not_take_the_place_of_standard_output);
  CPPUNIT_TEST(loses_no_line_while_it_is_opened_again);
  CPPUNIT_TEST(does_not_mix_lines_of_several_processes);
  CPPUNIT_TEST(ends_a_line_that_did_not_fit_before_the_next_one);
  CPPUNIT_TEST_SUITE_END();

 public:
  void setUp() override {
    path_ = (folder_.path() / "api.log").string();
    file_.set_path(path_);
  }

 private:
  static std::string text_of(const std::string& path) {
    std::ifstream file(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::string append(std::string_view line) {
    const auto trouble = file_.append("\n" + std::string(line) + "\n");
    return trouble ? std::string(trouble.what) + ": " + trouble.why : std::string();
  }

  void goes_on_in_a_file_of_another_name() {
    const std::string other = (folder_.path() / "other.log").string();
    CPPUNIT_ASSERT_EQUAL(std::string(), append("one"));
    CPPUNIT_ASSERT(!file_.move_to(other));
    CPPUNIT_ASSERT_EQUAL(std::string(), append("two"));
    CPPUNIT_ASSERT_EQUAL(std::string("one\n"), text_of(path_));
    CPPUNIT_ASSERT_EQUAL(std::string("two\n"), text_of(other));
    CPPUNIT_ASSERT(!file_.move_to(""));
    CPPUNIT_ASSERT(!file_.is_set());
    CPPUNIT_ASSERT(!file_.move_to(path_));
    CPPUNIT_ASSERT_EQUAL(std::string(), append("three"));
    CPPUNIT_ASSERT_EQUAL(std::string("one\nthree\n"), text_of(path_));
  }

  void stays_in_its_file_where_another_cannot_be_opened() {
    CPPUNIT_ASSERT_EQUAL(std::string(), append("one"));
    std::filesystem::create_symlink("none", folder_.path() / "link");
    for (const char* name : {"none/api.log", "link"}) {
      CPPUNIT_ASSERT(file_.move_to((folder_.path() / name).string()));
      CPPUNIT_ASSERT_EQUAL(std::string(), append("more"));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("one\nmore\nmore\n"), text_of(path_));
  }

  void refuses_a_link() {
    folder_.write("target", "");
    for (const char* target : {"target", "none"}) {
      std::filesystem::create_symlink(target, path_);
      CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: it is a link"), append("a"));
      std::filesystem::remove(path_);
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), text_of((folder_.path() / "target").string()));
    CPPUNIT_ASSERT(!std::filesystem::exists(folder_.path() / "none"));
  }

  void refuses_what_is_no_regular_file_without_waiting() {
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(path_.c_str(), 0600));
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: No such device or address"), append("a"));
    const auth::Descriptor reader(::open(path_.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
    CPPUNIT_ASSERT(reader.is_open());
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: it is not a regular file"), append("a"));
    file_.set_path("/dev/full");
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: it is not a regular file"), append("a"));
    file_.set_path(folder_.path().string());
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: Is a directory"), append("a"));
  }

  void refuses_a_file_with_a_second_name() {
    const std::string other = folder_.write("other", "");
    std::filesystem::create_hard_link(other, path_);
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: it has a second name"), append("a"));
    CPPUNIT_ASSERT_EQUAL(std::string(), text_of(other));
  }

  // Only root can give a file away, and root may write to all: who it is given to is a child
  // process.
  void refuses_a_file_of_another_user() {
    if (::geteuid() != 0) return;
    folder_.write("api.log", "", 0666);
    CPPUNIT_ASSERT_EQUAL(0, ::chown(path_.c_str(), 12345, 12345));
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: it belongs to another user"), append("a"));
    CPPUNIT_ASSERT_EQUAL(0, ::chown(path_.c_str(), 0, 0));
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0777));
    CPPUNIT_ASSERT_EQUAL(std::string(), support::run_in_child([this] {
                           return ::setgid(12345) == 0 && ::setuid(12345) == 0 &&
                                  append("of root's, but let others write").empty();
                         }));
  }

  void says_why_a_file_cannot_be_opened() {
    file_.set_path((folder_.path() / "none/api.log").string());
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: No such file or directory"), append("a"));
    file_.set_path(folder_.write("file", "") + "/api.log");
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: Not a directory"), append("a"));
  }

  void names_no_file_whose_name_is_too_long() {
    file_.set_path("/" + std::string(PATH_MAX, 'a'));
    CPPUNIT_ASSERT(!file_.is_set());
    file_.set_path("");
    CPPUNIT_ASSERT(!file_.is_set());
  }

  void makes_a_file_for_its_owner_alone_with_the_first_line() {
    const mode_t former = ::umask(0);
    CPPUNIT_ASSERT(!std::filesystem::exists(path_));
    const std::string trouble = append("the first line");
    ::umask(former);
    CPPUNIT_ASSERT_EQUAL(std::string(), trouble);
    CPPUNIT_ASSERT(std::filesystem::status(path_).permissions() ==
                   static_cast<std::filesystem::perms>(0600));
    CPPUNIT_ASSERT_EQUAL(std::string("the first line\n"), text_of(path_));
  }

  void appends_to_what_is_there() {
    folder_.write("api.log", "before\n", 0640);
    CPPUNIT_ASSERT_EQUAL(std::string(), append("one"));
    CPPUNIT_ASSERT_EQUAL(std::string("before\none\n"), text_of(path_));
    std::filesystem::resize_file(path_, 0);
    CPPUNIT_ASSERT_EQUAL(std::string(), append("after somebody emptied it"));
    CPPUNIT_ASSERT_EQUAL(std::string("after somebody emptied it\n"), text_of(path_));
    CPPUNIT_ASSERT(std::filesystem::status(path_).permissions() ==
                   static_cast<std::filesystem::perms>(0640));
  }

  void opens_it_once_it_can_be_opened() {
    file_.set_path((folder_.path() / "later/api.log").string());
    CPPUNIT_ASSERT(!append("lost").empty());
    std::filesystem::create_directory(folder_.path() / "later");
    CPPUNIT_ASSERT_EQUAL(std::string(), append("there"));
    CPPUNIT_ASSERT_EQUAL(std::string("there\n"),
                         text_of((folder_.path() / "later/api.log").string()));
  }

  void goes_on_with_a_new_file_when_it_is_opened_again() {
    CPPUNIT_ASSERT_EQUAL(std::string(), append("one"));
    std::filesystem::rename(path_, path_ + ".1");
    CPPUNIT_ASSERT_EQUAL(std::string(), append("two"));
    CPPUNIT_ASSERT(!file_.reopen());
    CPPUNIT_ASSERT_EQUAL(std::string(), append("three"));
    CPPUNIT_ASSERT_EQUAL(std::string("one\ntwo\n"), text_of(path_ + ".1"));
    CPPUNIT_ASSERT_EQUAL(std::string("three\n"), text_of(path_));
  }

  void refuses_what_has_taken_the_place_of_the_file() {
    CPPUNIT_ASSERT_EQUAL(std::string(), append("one"));
    std::filesystem::rename(path_, path_ + ".1");
    std::filesystem::create_symlink("api.log.1", path_);
    CPPUNIT_ASSERT(file_.reopen());
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: it is a link"), append("two"));
    CPPUNIT_ASSERT_EQUAL(std::string("one\n"), text_of(path_ + ".1"));
  }

  void does_not_take_the_place_of_standard_output() {
    CPPUNIT_ASSERT_EQUAL(std::string(), support::run_in_child([this] {
                           ::close(STDIN_FILENO);
                           ::close(STDOUT_FILENO);
                           return append("a").empty() && ::fcntl(STDIN_FILENO, F_GETFD) < 0 &&
                                  ::fcntl(STDOUT_FILENO, F_GETFD) < 0;
                         }));
  }

  void loses_no_line_while_it_is_opened_again() {
    constexpr int kThreads = 4;
    constexpr int kLines = 2000;
    constexpr int kTimes = 50;
    std::vector<std::thread> threads;
    for (int i = 0; i < kThreads; ++i) {
      threads.emplace_back([this] {
        for (int line = 0; line < kLines; ++line) static_cast<void>(file_.append("\n0123456789\n"));
      });
    }
    for (int time = 0; time < kTimes; ++time) {
      std::error_code ignored;
      std::filesystem::rename(path_, path_ + "." + std::to_string(time), ignored);
      static_cast<void>(file_.reopen());
    }
    for (std::thread& thread : threads) thread.join();
    int lines = 0;
    for (const auto& entry : std::filesystem::directory_iterator(folder_.path())) {
      std::ifstream file(entry.path());
      for (std::string line; std::getline(file, line); ++lines) {
        CPPUNIT_ASSERT_EQUAL(std::string("0123456789"), line);
      }
    }
    CPPUNIT_ASSERT_EQUAL(kThreads * kLines, lines);
  }

  void does_not_mix_lines_of_several_processes() {
    constexpr int kLines = 300;
    std::vector<std::unique_ptr<support::Child>> children;
    for (const char letter : {'a', 'b', 'c'}) {
      children.push_back(std::make_unique<support::Child>([this, letter] {
        bool good = true;
        for (int i = 0; i < kLines; ++i) good = append(std::string(3000, letter)).empty() && good;
        return good;
      }));
    }
    for (const auto& child : children) CPPUNIT_ASSERT_EQUAL(std::string(), child->wait());
    std::ifstream file(path_);
    std::size_t lines = 0;
    for (std::string line; std::getline(file, line); ++lines) {
      CPPUNIT_ASSERT_EQUAL(std::string(3000, line.at(0)), line);
    }
    CPPUNIT_ASSERT_EQUAL(children.size() * kLines, lines);
  }

  // As a full disk does, a limit takes a part of the line that reaches it.
  void ends_a_line_that_did_not_fit_before_the_next_one() {
    const std::string outcome = support::run_in_child([this] {
      std::signal(SIGXFSZ, SIG_IGN);
      const auto limit = [](rlim_t bytes) {
        const rlimit size{bytes, RLIM_INFINITY};
        return ::setrlimit(RLIMIT_FSIZE, &size) == 0;
      };
      return limit(15) && append("012345678").empty() &&
             append("abcdefghi") == "cannot be written: a line did not fit" &&
             append("lost") == "cannot be written: File too large" && limit(RLIM_INFINITY) &&
             append("whole").empty() && append("again").empty();
    });
    CPPUNIT_ASSERT_EQUAL(std::string(), outcome);
    CPPUNIT_ASSERT_EQUAL(std::string("012345678\nabcde\nwhole\nagain\n"), text_of(path_));
  }

  support::TemporaryFolder folder_;
  std::string path_;
  LogFile file_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogFileTest);

}  // namespace
