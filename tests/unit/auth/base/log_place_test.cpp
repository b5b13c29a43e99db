// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_place.h"

#include <cppunit/extensions/HelperMacros.h>
#include <sys/stat.h>

#include <filesystem>
#include <optional>
#include <string>

#include "tests/unit/support/temporary_folder.h"

namespace {

// Empty where the file may be the log.
std::string mistake_in(const std::string& file, const std::string& document_root = {}) {
  const auto checked = auth::check_log_place(file, document_root);
  return checked ? "" : checked.error().sentence;
}

class LogPlaceTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(LogPlaceTest);
  CPPUNIT_TEST(refuses_what_is_below_the_document_root);
  CPPUNIT_TEST(refuses_what_is_below_a_folder_that_hosts_serve);
  CPPUNIT_TEST(refuses_what_is_below_a_folder_with_the_files_of_a_site);
  CPPUNIT_TEST(sees_where_links_lead_and_where_they_lie);
  CPPUNIT_TEST(refuses_what_is_no_regular_file);
  CPPUNIT_TEST(refuses_a_file_that_holds_something_else);
  CPPUNIT_TEST(takes_a_log_that_goes_on);
  CPPUNIT_TEST(mixes_no_log_with_an_audit);
  CPPUNIT_TEST(takes_places_that_only_sound_alike);
  CPPUNIT_TEST(takes_a_home_below_var_www);
  CPPUNIT_TEST(takes_what_is_not_there_yet);
  CPPUNIT_TEST_SUITE_END();

  void mixes_no_log_with_an_audit() {
    const std::string audit = folder_.write(
        "audit.log", "{\"time\":\"x\",\"program\":\"zitadel-fcgi\",\"decision\":\"allowed\"}\n");
    const std::string log = folder_.write("api.log", "x zitadel-fcgi[1] info: x\n");
    const std::string json = folder_.write(
        "json.log", "{\"time\":\"x\",\"level\":\"info\",\"program\":\"zitadel-fcgi\",\"pid\":1}\n");
    const auto takes_for = [](const std::string& file, auth::Lines lines) {
      return auth::check_log_place(file, "", lines).has_value();
    };
    CPPUNIT_ASSERT(takes_for(audit, auth::Lines::kAudit));
    CPPUNIT_ASSERT(takes_for(log, auth::Lines::kLog));
    CPPUNIT_ASSERT(takes_for(json, auth::Lines::kLog));
    CPPUNIT_ASSERT(!takes_for(audit, auth::Lines::kLog));
    CPPUNIT_ASSERT(!takes_for(log, auth::Lines::kAudit));
    CPPUNIT_ASSERT(!takes_for(json, auth::Lines::kAudit));
    for (const auto lines : {auth::Lines::kLog, auth::Lines::kAudit}) {
      CPPUNIT_ASSERT(takes_for(folder_.write("empty", ""), lines));
      CPPUNIT_ASSERT(!takes_for(folder_.write("key", "{\"type\":\"application\"}"), lines));
    }
  }

  [[nodiscard]] std::string in_folder(const std::string& name) const {
    return (folder_.path() / name).string();
  }

  static void refuses(const std::string& file, const std::string& served,
                      const std::string& document_root = {}) {
    CPPUNIT_ASSERT_EQUAL("lies below " + served +
                             ", which seems to be what the web server serves: write a path outside "
                             "of it",
                         mistake_in(file, document_root));
  }

  static void takes(const std::string& file, const std::string& document_root = {}) {
    CPPUNIT_ASSERT_EQUAL(std::string(), mistake_in(file, document_root));
  }

  void refuses_what_is_below_the_document_root() {
    const std::string root = in_folder("site");
    std::filesystem::create_directories(root);
    for (const char* name : {"/api.log", "/logs/api.log", "/a/b/../c/api.log", "//x///api.log"}) {
      refuses(root + name, root, root);
      refuses(root + name, root, root + "/");
      refuses(root + name, root, root + "/../site//");
    }
    for (const char* name : {"site.log", "sites/api.log", "site/../api.log", "api.log"}) {
      takes(in_folder(name), root);
    }
  }

  void refuses_what_is_below_a_folder_that_hosts_serve() {
    for (const std::string name : {"public_html", "htdocs", "httpdocs", "html", "www"}) {
      const std::string served = "/home/you/" + name;
      for (const char* file : {"/api.log", "/logs/api.log", "/a/b/c/api.log"}) {
        refuses(served + file, served);
      }
      refuses("/home/you/x/../" + name + "/api.log", served);
    }
    refuses("/var/www/html/api.log", "/var/www/html");
    refuses("/var/www/api.log", "/var/www");
    refuses("/var/www/you/public_html/api.log", "/var/www/you/public_html");
    refuses("/srv/www/you/api.log", "/srv/www");
    refuses("/var/www/www/you/api.log", "/var/www/www");
  }

  void refuses_what_is_below_a_folder_with_the_files_of_a_site() {
    for (const std::string name : {".htaccess", "index.html", "index.htm", "index.php"}) {
      const std::string site = in_folder("of-" + name);
      folder_.write("of-" + name + "/" + name, "");
      refuses(site + "/api.log", site);
      refuses(site + "/logs/deep/api.log", site);
    }
  }

  void sees_where_links_lead_and_where_they_lie() {
    std::filesystem::create_directories(in_folder("you/public_html/logs"));
    std::filesystem::create_directories(in_folder("elsewhere/logs"));
    std::filesystem::create_symlink("you/public_html/logs", in_folder("logs"));
    refuses(in_folder("logs/api.log"), in_folder("you/public_html"));
    refuses(in_folder("logs/new/api.log"), in_folder("you/public_html"));
    std::filesystem::create_symlink("elsewhere", in_folder("www"));
    refuses(in_folder("www/logs/api.log"), in_folder("www"));
    std::filesystem::create_symlink("elsewhere", in_folder("root"));
    refuses(in_folder("elsewhere/logs/api.log"), in_folder("elsewhere"), in_folder("root"));
    refuses(in_folder("root/logs/api.log"), in_folder("elsewhere"), in_folder("elsewhere"));
  }

  void refuses_what_is_no_regular_file() {
    const auto problem = [](const std::string& file) { return mistake_in(file); };
    const std::string fifo = in_folder("fifo");
    CPPUNIT_ASSERT_EQUAL(0, ::mkfifo(fifo.c_str(), 0600));
    for (const std::string& file : {fifo, folder_.path().string(), std::string("/dev/null"),
                                    std::string("/dev/full"), std::string(".")}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(file, std::string("is not a regular file"), problem(file));
    }
    folder_.write("file", "");
    std::filesystem::create_symlink("file", in_folder("link"));
    std::filesystem::create_symlink("none", in_folder("dangling"));
    for (const char* name : {"link", "dangling"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("is a link: write the name of the file itself"),
                           problem(in_folder(name)));
    }
    for (const char* name : {"", "new/"}) {
      CPPUNIT_ASSERT_EQUAL(std::string("names a folder: write the name of a file in it"),
                           problem(in_folder(name)));
    }
    CPPUNIT_ASSERT_EQUAL(std::string("is too long a name"),
                         problem(in_folder(std::string(300, 'a'))));
  }

  void refuses_a_file_that_holds_something_else() {
    for (const std::string& text :
         {std::string("/ token\n"), std::string("ZITADEL_DOMAIN=https://zitadel.example\n"),
          std::string("{\"type\":\"application\"}"), std::string("\177ELF\2\1\1\0\0", 9),
          std::string("\n"), std::string("# zitadel-fcgi\n")}) {
      folder_.write("file", text);
      CPPUNIT_ASSERT_EQUAL_MESSAGE(
          text,
          std::string("holds something else than this program's log: write the path of a file of "
                      "its own"),
          mistake_in(in_folder("file")));
    }
  }

  void takes_a_log_that_goes_on() {
    for (const std::string text :
         {"2026-11-27T10:00:00Z zitadel-fcgi[1] warn: something\n", "",
          "the rest of a line\n2026-11-27T10:00:00Z zitadel-fcgi[1] info: something\n"}) {
      folder_.write("file", text);
      takes(in_folder("file"));
    }
  }

  void takes_places_that_only_sound_alike() {
    for (const char* file : {"/home/you/www", "/home/you/public_html.log",
                             "/home/you/wwwlogs/api.log", "/home/you/html2/api.log",
                             "/home/www.example.org/api.log", "/home/you/WWW.old/api.log"}) {
      takes(file);
      takes(file, "/");
      takes(file, "relative");
    }
  }

  void takes_a_home_below_var_www() {
    takes("/var/www/vhosts/example.org/zitadel/api.log");
    takes("/var/www/you/api.log");
    takes("/var/www/./you/api.log");
  }

  void takes_what_is_not_there_yet() {
    takes(in_folder("api.log"));
    takes(in_folder("none/api.log"));
    takes("/none/none/api.log");
  }

  support::TemporaryFolder folder_;
};

CPPUNIT_TEST_SUITE_REGISTRATION(LogPlaceTest);

}  // namespace
