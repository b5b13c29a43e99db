// SPDX-License-Identifier: Apache-2.0
// What the tests of settings share: a folder of their own to run in, with a key file in it.
#pragma once

#include <cppunit/TestAssert.h>
#include <cppunit/TestFixture.h>

#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "auth/settings/load.h"
#include "tests/unit/support/keys.h"
#include "tests/unit/support/temporary_folder.h"

namespace support {

using auth::Mistakes;
using auth::Settings;

class SettingsFixture : public CppUnit::TestFixture {
 public:
  using Variables = std::vector<std::string>;

  void setUp() override {
    former_folder_ = std::filesystem::current_path();
    std::filesystem::current_path(folder_.path());
    folder_.write("key.json", application_key_file());
  }
  void tearDown() override { std::filesystem::current_path(former_folder_); }

 protected:
  auto load_with(const Variables& variables) const {
    return auth::load_settings(auth::Environment(variables.begin(), variables.end()), program_);
  }

  static const Variables& working() {
    static const Variables variables{"ZITADEL_DOMAIN=https://z.example",
                                     "API_PRIVATE_KEY_FILE_PATH=key.json"};
    return variables;
  }

  // What is there twice counts once: the first one.
  static Variables working_with(Variables variables) {
    variables.insert(variables.end(), working().begin(), working().end());
    return variables;
  }

  Settings load(const Variables& variables) const {
    auto loaded = load_with(variables);
    CPPUNIT_ASSERT_MESSAGE(loaded ? "" : loaded.error().front(), loaded.has_value());
    return *std::move(loaded);
  }

  Mistakes mistakes_of(const Variables& variables) const {
    auto loaded = load_with(variables);
    CPPUNIT_ASSERT_MESSAGE(variables.empty() ? "" : variables.front(), !loaded);
    for (const std::string& line : loaded.error()) {
      CPPUNIT_ASSERT_MESSAGE(line, line.find('\n') == std::string::npos);
    }
    return loaded.error();
  }

  void gives_mistake(const std::string& expected, const Variables& variables) const {
    const Mistakes mistakes = mistakes_of(variables);
    CPPUNIT_ASSERT_EQUAL(expected, mistakes[0]);
    CPPUNIT_ASSERT_EQUAL_MESSAGE(mistakes.back(), std::size_t{1}, mistakes.size());
  }

  // Of one setting beside working ones, from the environment.
  void refuses(const std::string& variable, const std::string& problem) const {
    const std::string name = variable.substr(0, variable.find('='));
    gives_mistake(name + " (environment)" + problem, working_with({variable}));
  }

  void env_file(std::string_view text, unsigned mode = 0600) const {
    folder_.write(".env", text, mode);
  }

  TemporaryFolder folder_;
  std::string program_;  // beside which a file may name the .env file
  std::filesystem::path former_folder_;
};

}  // namespace support
