// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/folder.h"

#include <cppunit/extensions/HelperMacros.h>

#include <sys/stat.h>

#include <filesystem>
#include <string>

#include "tests/unit/support/temporary_folder.h"

namespace {

namespace fs = std::filesystem;
using auth::SecretView;
using cli::Folder;

class FolderTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(FolderTest);
  CPPUNIT_TEST(is_made_only_when_it_is_needed);
  CPPUNIT_TEST(writes_files_that_nobody_else_can_read);
  CPPUNIT_TEST(lets_the_group_read_on_where_nobody_else_could);
  CPPUNIT_TEST(a_link_in_the_place_of_a_file_is_replaced_and_not_followed);
  CPPUNIT_TEST(refuses_folders_that_others_can_change);
  CPPUNIT_TEST(lets_in_one_at_a_time);
  CPPUNIT_TEST(tidies_up_what_was_half_written);
  CPPUNIT_TEST_SUITE_END();

  support::TemporaryFolder temporary_;

  [[nodiscard]] std::string path() const { return (temporary_.path() / "etc").string(); }

  Folder made() const {
    auto folder = Folder::open(path());
    CPPUNIT_ASSERT(folder && folder->make());
    return *std::move(folder);
  }

  void is_made_only_when_it_is_needed() {
    auto folder = Folder::open(path() + "//");
    CPPUNIT_ASSERT(folder && !folder->is_there() && !fs::exists(path()));
    CPPUNIT_ASSERT(folder->read("a").has_value() && !*folder->read("a"));
    CPPUNIT_ASSERT(folder->make() && folder->is_there());
    CPPUNIT_ASSERT_EQUAL(path() + "/a", folder->path_of("a"));
    CPPUNIT_ASSERT_EQUAL(0755, static_cast<int>(fs::status(path()).permissions()));
    CPPUNIT_ASSERT(!Folder::open(path() + "/a/b"));
  }

  void writes_files_that_nobody_else_can_read() {
    Folder folder = made();
    for (const std::string text : {"one", "", "longer than before"}) {
      CPPUNIT_ASSERT(folder.write("a", SecretView(text), std::nullopt));
      CPPUNIT_ASSERT_EQUAL(text, std::string((*folder.read("a"))->reveal()));
      CPPUNIT_ASSERT_EQUAL(0600, static_cast<int>(fs::status(path() + "/a").permissions()));
    }
    CPPUNIT_ASSERT(folder.rename("a", "b", std::nullopt));
    CPPUNIT_ASSERT(!folder.has("a") && folder.has("b") && folder.is_of("b", ::geteuid()));
    CPPUNIT_ASSERT(folder.remove("b") && folder.remove("b") && !folder.has("b"));
    CPPUNIT_ASSERT(fs::is_empty(path()));
  }

  [[nodiscard]] int mode_of(const std::string& name) const {
    return static_cast<int>(fs::status(path() + '/' + name).permissions());
  }

  void lets_the_group_read_on_where_nobody_else_could() {
    Folder folder = made();
    const cli::Owner me{"me", ::geteuid(), ::getegid()};
    struct Row {
      unsigned before;
      int after;
    };
    for (const Row& row :
         {Row{0640, 0640}, {0660, 0640}, {0600, 0600}, {0644, 0600}, {0641, 0600}, {0620, 0600}}) {
      static_cast<void>(temporary_.write("etc/a", "old", row.before));
      CPPUNIT_ASSERT(folder.write("a", SecretView("new"), std::nullopt));
      CPPUNIT_ASSERT_EQUAL(row.after, mode_of("a"));
      CPPUNIT_ASSERT(folder.write(".a.new", SecretView("newer"), std::nullopt));
      CPPUNIT_ASSERT_EQUAL(0600, mode_of(".a.new"));
      CPPUNIT_ASSERT(folder.rename(".a.new", "a", std::nullopt));
      CPPUNIT_ASSERT_EQUAL(row.after, mode_of("a"));
      CPPUNIT_ASSERT(folder.write("a", SecretView("newest"), me));
      CPPUNIT_ASSERT_EQUAL(0600, mode_of("a"));
    }
    fs::create_symlink(temporary_.write("other", "mine", 0640), path() + "/b");
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo((path() + "/c").c_str(), 0640));
    for (const char* name : {"b", "c"}) {
      CPPUNIT_ASSERT(folder.write(name, SecretView("new"), std::nullopt));
      CPPUNIT_ASSERT_EQUAL(0600, mode_of(name));
    }
  }

  void a_link_in_the_place_of_a_file_is_replaced_and_not_followed() {
    Folder folder = made();
    const std::string other = temporary_.write("other", "mine");
    fs::create_symlink(other, path() + "/a");
    CPPUNIT_ASSERT(folder.write("a", SecretView("key"), std::nullopt));
    CPPUNIT_ASSERT(!fs::is_symlink(path() + "/a"));
    CPPUNIT_ASSERT_EQUAL(std::uintmax_t{4}, fs::file_size(other));
    fs::create_symlink(other, path() + "/.b.zitadel-setup");
    CPPUNIT_ASSERT(!folder.write("b", SecretView("key"), std::nullopt));
    CPPUNIT_ASSERT_EQUAL(std::uintmax_t{4}, fs::file_size(other));
  }

  void refuses_folders_that_others_can_change() {
    static_cast<void>(made());
    fs::permissions(path(), fs::perms(0775));
    CPPUNIT_ASSERT(!Folder::open(path()));
    fs::permissions(path(), fs::perms(0755));
    fs::create_directory_symlink(path(), temporary_.path() / "link");
    CPPUNIT_ASSERT(!Folder::open((temporary_.path() / "link").string()));
    CPPUNIT_ASSERT(!Folder::open(temporary_.write("file", "")));
    CPPUNIT_ASSERT(Folder::open(path()));
  }

  void lets_in_one_at_a_time() {
    {
      const Folder folder = made();
      const auto second = Folder::open(path());
      CPPUNIT_ASSERT(!second);
      CPPUNIT_ASSERT(second.error().sentence.find("another zitadel-setup") != std::string::npos);
    }
    CPPUNIT_ASSERT(Folder::open(path()));
  }

  void tidies_up_what_was_half_written() {
    Folder folder = made();
    static_cast<void>(temporary_.write("etc/.a.zitadel-setup", "half"));
    static_cast<void>(temporary_.write("etc/a", "whole"));
    CPPUNIT_ASSERT(folder.tidy({"a", "b"}));
    CPPUNIT_ASSERT(folder.has("a") && !fs::exists(path() + "/.a.zitadel-setup"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(FolderTest);

}  // namespace
