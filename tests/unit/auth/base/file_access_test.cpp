// SPDX-License-Identifier: Apache-2.0
// Every command that is named is run, and must leave the file readable to the one and to nobody
// else.
#include "auth/base/file_access.h"

#include <cppunit/extensions/HelperMacros.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::privacy_remedy;
using auth::Reader;
using auth::reading_obstacles;

constexpr unsigned kModes[] = {0000, 0200, 0400, 0440, 0444, 0600, 0604, 0620, 0640,
                               0644, 0660, 0664, 0666, 0040, 0060, 0004, 0007, 0777};

bool is_root() { return ::geteuid() == 0; }

class FileAccessTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FileAccessTest);
  CPPUNIT_TEST(every_remedy_leaves_a_secret_readable_to_its_reader_alone);
  CPPUNIT_TEST(every_remedy_lets_a_reader_into_the_folders_above);
  CPPUNIT_TEST(opens_nobodys_home);
  CPPUNIT_TEST(names_the_folders_behind_a_link);
  CPPUNIT_TEST(a_file_of_roots_may_be_given_to_a_group);
  CPPUNIT_TEST(opens_what_holds_no_secret_to_the_class_that_counts);
  CPPUNIT_TEST(writes_paths_as_one_word_of_a_shell);
  CPPUNIT_TEST(knows_no_user_that_is_not_there);
  CPPUNIT_TEST_SUITE_END();

  // www-data has a group of its own name, sync and nobody have none; other users only root can
  // help.
  static std::vector<Reader> readers() {
    std::vector<Reader> all{auth::this_reader()};
    if (!is_root()) return all;
    for (const char* name : {"www-data", "sync", "nobody"}) {
      all.push_back(*auth::reader_named(name));
    }
    return all;
  }

  // Owners and groups that a file may have.
  static std::vector<std::pair<uid_t, gid_t>> owners(const Reader& reader) {
    if (!is_root()) return {{reader.uid, reader.gid}};
    return {{0, 0}, {0, reader.gid}, {reader.uid, reader.gid}, {reader.uid, 0}, {12345, 12345}};
  }

  static void run(const std::string& command) {
    CPPUNIT_ASSERT_EQUAL_MESSAGE(command, 0, std::system(command.c_str()));
  }
  static std::string command_in(const std::string& obstacle) {
    return obstacle.substr(obstacle.rfind(": ") + 2);
  }
  static struct stat status_of(const std::string& path) {
    struct stat status {};
    CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 0, ::stat(path.c_str(), &status));
    return status;
  }

  std::string make(const std::string& name, unsigned mode, uid_t uid, gid_t gid) {
    const std::string path = folder_.write(name, "a");
    CPPUNIT_ASSERT(!is_root() || ::chown(path.c_str(), uid, gid) == 0);
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(path.c_str(), mode));
    return path;
  }

  void every_remedy_leaves_a_secret_readable_to_its_reader_alone() {
    for (const Reader& reader : readers()) {
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0711));
      for (const auto& [uid, gid] : owners(reader)) {
        for (const unsigned mode : kModes) {
          const std::string path = make("the key", mode, uid, gid);
          for (const std::string& each : reading_obstacles(path, reader, true)) {
            run(command_in(each));
          }
          const std::string remedy = privacy_remedy(status_of(path), path, reader);
          if (!remedy.empty()) run(remedy);
          const std::string what = reader.user + ' ' + std::to_string(uid) + ':' +
                                   std::to_string(gid) + ' ' + std::to_string(mode);
          CPPUNIT_ASSERT_MESSAGE(what, reading_obstacles(path, reader, true).empty());
          CPPUNIT_ASSERT_EQUAL_MESSAGE(what, std::string(),
                                       privacy_remedy(status_of(path), path, reader));
          CPPUNIT_ASSERT_EQUAL_MESSAGE(what, 0U, status_of(path).st_mode & 07U);
          std::filesystem::remove(path);
        }
      }
    }
  }

  void every_remedy_lets_a_reader_into_the_folders_above() {
    for (const Reader& reader : readers()) {
      if (reader.uid == 0) continue;
      for (const auto& [uid, gid] : owners(reader)) {
        for (const unsigned mode : {0700U, 0600U, 0750U, 0070U, 0077U, 0007U}) {
          const std::string folder = folder_.path() / "conf dir";
          std::filesystem::create_directory(folder);
          const std::string path = folder_.write("conf dir/key", "a", 0644);
          CPPUNIT_ASSERT(!is_root() || ::chown(folder.c_str(), uid, gid) == 0);
          CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder.c_str(), mode));
          CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0711));
          for (const std::string& each : reading_obstacles(path, reader, false)) {
            run(command_in(each));
          }
          CPPUNIT_ASSERT_MESSAGE(folder, reading_obstacles(path, reader, false).empty());
          CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder.c_str(), 0700));
          std::filesystem::remove_all(folder);
        }
      }
    }
  }

  void opens_nobodys_home() {
    const Reader stranger{54321, 54321, {54321}, "stranger", "stranger"};
    const std::string home = ::getpwuid(0)->pw_dir;
    const auto obstacles = reading_obstacles(home + "/key.json", stranger, true);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, obstacles.size());
    CPPUNIT_ASSERT_EQUAL(
        "stranger may not enter " + home + ", where " + home +
            "/key.json lies: move it to a folder that is nobody's home, such as /etc/zitadel-fcgi",
        obstacles[0]);
  }

  void names_the_folders_behind_a_link() {
    const Reader stranger{54321, 54321, {54321}, "stranger", "stranger"};
    CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0711));
    folder_.write("closed/key", "a", 0644);
    CPPUNIT_ASSERT_EQUAL(0, ::chmod((folder_.path() / "closed").c_str(), 0700));
    std::filesystem::create_symlink("closed/key", folder_.path() / "link");
    const auto obstacles = reading_obstacles(folder_.path() / "link", stranger, false);
    CPPUNIT_ASSERT_EQUAL(std::size_t{1}, obstacles.size());
    CPPUNIT_ASSERT_MESSAGE(obstacles[0], obstacles[0].find("/closed, where") != std::string::npos);
  }

  void a_file_of_roots_may_be_given_to_a_group() {
    struct stat status {};
    status.st_mode = S_IFREG | 0640;
    const Reader root{0, 0, {0}, "root", "root"};
    status.st_gid = 33;
    CPPUNIT_ASSERT_EQUAL(std::string(), privacy_remedy(status, "/k", root));
    status.st_gid = 0;
    CPPUNIT_ASSERT_EQUAL(std::string("chmod 600 /k"), privacy_remedy(status, "/k", root));
    const Reader other{33, 33, {33}, "www-data", "www-data"};
    status.st_mode = S_IFREG | 0644;
    CPPUNIT_ASSERT_EQUAL(std::string("chown root:www-data /k && chmod 640 /k"),
                         privacy_remedy(status, "/k", other));
    const Reader shared{65534, 65534, {65534}, "nobody", "nogroup"};
    CPPUNIT_ASSERT_EQUAL(std::string("chown nobody /k && chmod 600 /k"),
                         privacy_remedy(status, "/k", shared));
    status.st_gid = 33;
    CPPUNIT_ASSERT_EQUAL(std::string("chmod o= /k"), privacy_remedy(status, "/k", other));
  }

  // Who belongs to the group does not get what all others have.
  void opens_what_holds_no_secret_to_the_class_that_counts() {
    const Reader me = auth::this_reader();
    if (me.uid == 0) {
      const Reader member{54321, 54321, {54321, 0}, "member", "member"};
      CPPUNIT_ASSERT_EQUAL(0, ::chmod(folder_.path().c_str(), 0711));
      const std::string path = make("rules", 0604, 0, 0);
      const auto obstacles = reading_obstacles(path, member, false);
      CPPUNIT_ASSERT_EQUAL(std::size_t{1}, obstacles.size());
      CPPUNIT_ASSERT_EQUAL("member may not read " + path + ": chmod g+r " + path, obstacles[0]);
      return;
    }
    const std::string path = make("rules", 0044, me.uid, me.gid);
    CPPUNIT_ASSERT_EQUAL(me.user + " may not read " + path + ": chmod u+r " + path,
                         reading_obstacles(path, me, false).at(0));
  }

  void writes_paths_as_one_word_of_a_shell() {
    CPPUNIT_ASSERT_EQUAL(std::string("/etc/a-b_c.json"), auth::shell_word("/etc/a-b_c.json"));
    CPPUNIT_ASSERT_EQUAL(std::string("'/etc/my key'"), auth::shell_word("/etc/my key"));
    CPPUNIT_ASSERT_EQUAL(std::string("'it'\\''s'"), auth::shell_word("it's"));
    CPPUNIT_ASSERT_EQUAL(std::string("'$(x)'"), auth::shell_word("$(x)"));
    CPPUNIT_ASSERT_EQUAL(std::string("''"), auth::shell_word(""));
  }

  void knows_no_user_that_is_not_there() {
    CPPUNIT_ASSERT(!auth::reader_named("no-such-user"));
    CPPUNIT_ASSERT_EQUAL(uid_t{0}, auth::reader_named("root")->uid);
  }

  support::TemporaryFolder folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(FileAccessTest);

}  // namespace
