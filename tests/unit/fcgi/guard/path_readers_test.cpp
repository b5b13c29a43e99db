// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/path_readers.h"

#include <cppunit/extensions/HelperMacros.h>

#include <cstddef>
#include <iterator>
#include <random>
#include <string>

#include "tests/unit/support/readings.h"

namespace {

// Whatever a path looks like and whatever a program makes of it: the rules were asked about what
// the program looks up, or the path was refused.
class PathReadersTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(PathReadersTest);
  CPPUNIT_TEST(the_models_read_as_the_programs_do);
  CPPUNIT_TEST(tells_what_was_not_foreseen);
  CPPUNIT_TEST(foresees_what_programs_read);
  CPPUNIT_TEST(foresees_what_programs_read_that_ignore_case);
  CPPUNIT_TEST_SUITE_END();

  static constexpr int kPaths = 60'000;
  static constexpr std::size_t kMaxPieces = 9;
  static constexpr std::size_t kMaxSteps = 5;

  void the_models_read_as_the_programs_do() {
    using namespace support;
    const std::string parameters = "/public/..;a=b/internal;c/x";
    CPPUNIT_ASSERT_EQUAL(std::string("/public/../internal/x"), cut_parameters(parameters));
    CPPUNIT_ASSERT_EQUAL(std::string("/internal/x"), fold_all(cut_parameters(parameters)));
    CPPUNIT_ASSERT_EQUAL(std::string("/internal/x.txt"), fold_dots("/internal//../x.txt"));
    CPPUNIT_ASSERT_EQUAL(std::string("/x.txt"), fold_all("/internal//../x.txt"));
    CPPUNIT_ASSERT_EQUAL(std::string("/public/"), end_at_query("/public/#/../../internal/x"));
    CPPUNIT_ASSERT_EQUAL(std::string("/internal/x"), leave_out_host("//public/internal/x"));
    CPPUNIT_ASSERT_EQUAL(std::string("/:0"), end_at_port("/public/x:80/y"));
    CPPUNIT_ASSERT_EQUAL(std::string("/a:b/x:80"), end_at_port("/a:b/x:80"));
    CPPUNIT_ASSERT_EQUAL(std::string("/internal/x.txt"), read_as_windows("\\internal. /x.txt."));
    CPPUNIT_ASSERT_EQUAL(std::string("/a/%2e"), decode("/%61/%252e"));
    CPPUNIT_ASSERT_EQUAL(std::string("/../x"), replace_lookalikes("/..\xef\xbc\x8fx"));
    CPPUNIT_ASSERT_EQUAL(std::string("/staff"), lower_all("/\xc5\xbfTAFF"));
  }

  void tells_what_was_not_foreseen() {
    using support::is_foreseen;
    CPPUNIT_ASSERT(is_foreseen("/a/b", {{"/a/b"}}));
    CPPUNIT_ASSERT(is_foreseen("/a/b/", {{"/x"}, {"/a/b"}}));
    CPPUNIT_ASSERT(is_foreseen("/a/b;c", {{"/a", true}}));
    CPPUNIT_ASSERT(!is_foreseen("/a/b", {{"/a", true}}));
    CPPUNIT_ASSERT(!is_foreseen("/a/b", {{"/a/b", true}}));
    CPPUNIT_ASSERT(!is_foreseen("/internal/x", {{"/internal;/x"}}));
    CPPUNIT_ASSERT(!is_foreseen("/internal//x", {{"/internal/x"}}));
  }

  // Of the pieces that readers differ about.
  std::string random_path() {
    static constexpr const char* kPieces[] = {"/",
                                              "/",
                                              "/",
                                              "/",
                                              "/",
                                              "a",
                                              "b",
                                              "In",
                                              "..",
                                              ".",
                                              "..",
                                              "%2e",
                                              "%252e",
                                              "%2e%2e",
                                              ";",
                                              ";v",
                                              "%3b",
                                              "%253b",
                                              "%23",
                                              "%3f",
                                              "//",
                                              " ",
                                              "%20",
                                              "%2523",
                                              "%61",
                                              "%2561",
                                              "%25",
                                              "%5c",
                                              "%255c",
                                              "%252f",
                                              "...",
                                              "~",
                                              "+",
                                              "%C3%A9",
                                              "::$D",
                                              "%3a%3a$",
                                              "%EF%BC%8F",
                                              "%C5%BF",
                                              "\xef\xbc\x8e",
                                              "\xe2\x80\xa6",
                                              ":80",
                                              "%3a8"};
    std::string path = "/";
    for (std::size_t count = 1 + random_() % kMaxPieces; count > 0; --count) {
      path += kPieces[random_() % std::size(kPieces)];
    }
    return path;
  }

  // What some program looks up, and how it came there.
  std::string look_up(std::string path, std::string& how) {
    support::Program program;
    for (std::size_t steps = random_() % (kMaxSteps + 1); steps > 0; --steps) {
      const support::Step step = support::kSteps[random_() % std::size(support::kSteps)];
      if (!program.may_go_on_with(step)) continue;
      path = step(path);
      how += " -> " + path;
    }
    return path;
  }

  template <typename LastStep>
  void foresees(fcgi::Case letters, LastStep last_step) {
    int taken = 0;
    for (int i = 0; i < kPaths; ++i) {
      const std::string path = random_path();
      const auto readings = fcgi::request_paths(path, letters);
      if (!readings) continue;
      ++taken;
      std::string how = path;
      const std::string looked_up = last_step(look_up(path, how));
      const bool foreseen = support::is_foreseen(looked_up, *readings, letters);
      CPPUNIT_ASSERT_MESSAGE(how + ", not of " + support::readings_of(path, letters), foreseen);
    }
    CPPUNIT_ASSERT_MESSAGE(std::to_string(taken), taken > kPaths / 4 && taken < kPaths * 3 / 4);
  }

  void foresees_what_programs_read() {
    foresees(fcgi::Case::kMatters, [](std::string path) { return path; });
  }

  void foresees_what_programs_read_that_ignore_case() {
    foresees(fcgi::Case::kIgnored, [this](const std::string& path) {
      return random_() % 2 == 0 ? support::lower_ascii(path) : support::lower_all(path);
    });
  }

  std::minstd_rand random_{20240229};
};

CPPUNIT_TEST_SUITE_REGISTRATION(PathReadersTest);

}  // namespace
