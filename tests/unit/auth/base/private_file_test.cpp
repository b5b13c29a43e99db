// SPDX-License-Identifier: Apache-2.0
#include "auth/base/private_file.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>

#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::FileMistake;
using auth::PrivateFile;
using auth::read_private_file;

class PrivateFileTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PrivateFileTest);
  CPPUNIT_TEST(tells_a_missing_file_from_one_that_cannot_be_read);
  CPPUNIT_TEST(refuses_what_is_no_regular_file);
  CPPUNIT_TEST(refuses_a_file_that_is_too_large);
  CPPUNIT_TEST(says_how_to_keep_group_and_others_out_of_an_own_file);
  CPPUNIT_TEST(judges_a_file_of_another_user_by_what_others_may);
  CPPUNIT_TEST(has_no_remedy_for_a_private_file);
  CPPUNIT_TEST(reads_all_of_a_file);
  CPPUNIT_TEST_SUITE_END();

  static FileMistake mistake(const std::string& path) {
    const auto file = read_private_file(path, 10);
    CPPUNIT_ASSERT_MESSAGE(path, !file);
    return file.error();
  }

  static PrivateFile content(const std::string& path) {
    auto file = read_private_file(path, 10);
    CPPUNIT_ASSERT_MESSAGE(path, file.has_value());
    return *std::move(file);
  }

  void tells_a_missing_file_from_one_that_cannot_be_read() {
    const FileMistake missing = mistake(folder_.path() / "none");
    CPPUNIT_ASSERT(missing.missing);
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: No such file or directory"),
                         missing.sentence);
    const FileMistake below_a_file = mistake(folder_.write("file", "a") + "/none");
    CPPUNIT_ASSERT(!below_a_file.missing);
    CPPUNIT_ASSERT_EQUAL(std::string("cannot be opened: Not a directory"), below_a_file.sentence);
  }

  void refuses_what_is_no_regular_file() {
    const std::string fifo = folder_.path() / "fifo";
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    for (const std::string& path : {folder_.path().string(), fifo, std::string("/dev/null")}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, std::string("is not a regular file"),
                                   mistake(path).sentence);
    }
  }

  void refuses_a_file_that_is_too_large() {
    CPPUNIT_ASSERT_EQUAL(std::string("is larger than 10 bytes"),
                         mistake(folder_.write("large", "01234567890")).sentence);
    CPPUNIT_ASSERT_EQUAL(std::string("0123456789"),
                         std::string(content(folder_.write("full", "0123456789")).text.reveal()));
  }

  void says_how_to_keep_group_and_others_out_of_an_own_file() {
    for (const unsigned mode : {0640U, 0620U, 0610U, 0604U, 0602U, 0601U, 0644U, 0777U}) {
      const std::string path = folder_.write("open", "a", mode);
      CPPUNIT_ASSERT_EQUAL("chmod 600 " + path, content(path).remedy);
    }
  }

  // Only root can give a file away; to everybody else /etc/passwd is one of another user.
  void judges_a_file_of_another_user_by_what_others_may() {
    if (::geteuid() != 0) {
      auto file = read_private_file("/etc/passwd", 1 << 20);
      CPPUNIT_ASSERT(file->remedy.starts_with("chown "));
      return;
    }
    const std::string path = folder_.write("given", "a", 0660);
    CPPUNIT_ASSERT_EQUAL(0, ::chown(path.c_str(), 12345, 12345));
    CPPUNIT_ASSERT_EQUAL(std::string(), content(path).remedy);
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(path.c_str(), 0664));
    CPPUNIT_ASSERT_EQUAL("chmod o= " + path, content(path).remedy);
  }

  void has_no_remedy_for_a_private_file() {
    for (const unsigned mode : {0600U, 0400U, 0700U}) {
      CPPUNIT_ASSERT_EQUAL(std::string(), content(folder_.write("closed", "a", mode)).remedy);
    }
  }

  void reads_all_of_a_file() {
    const std::string zeros("a\0b\n", 4);
    CPPUNIT_ASSERT_EQUAL(zeros, std::string(content(folder_.write("a", zeros)).text.reveal()));
    CPPUNIT_ASSERT(content(folder_.write("empty", "")).text.empty());
  }

  support::TemporaryFolder folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(PrivateFileTest);

}  // namespace
