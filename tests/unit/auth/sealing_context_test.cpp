// SPDX-License-Identifier: Apache-2.0
#include "auth/sealing_context.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>

#include "auth/settings/settings.h"

namespace {

using auth::Settings;

class SealingContextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SealingContextTest);
  CPPUNIT_TEST(each_of_these_settings_makes_another);
  CPPUNIT_TEST(other_certificates_share_nothing);
  CPPUNIT_TEST(the_same_settings_make_the_same);
  CPPUNIT_TEST_SUITE_END();

  static Settings settings() {
    Settings settings;
    settings.domain = "https://z.example";
    settings.client_id = "client";
    return settings;
  }

  template <typename Change>
  static std::string context_with(Change change) {
    Settings changed = settings();
    change(changed);
    return auth::sealing_context(changed);
  }

  void each_of_these_settings_makes_another() {
    const std::set<std::string> contexts = {
        context_with([](Settings&) {}),
        context_with([](Settings& with) { with.domain = "https://y.example"; }),
        context_with([](Settings& with) { with.introspection_url = "https://z.example/i"; }),
        context_with([](Settings& with) { with.client_id = "other"; }),
        context_with([](Settings& with) { with.project_id = "client"; }),
        context_with([](Settings& with) { with.section = "y.example"; }),
        context_with([](Settings& with) { with.pass_claims = {"email"}; }),
        context_with([](Settings& with) {
          with.pass_claims = {"email", "name"};
        }),
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{8}, contexts.size());
  }

  static std::string context_of_file(const std::string& name, const std::string& text) {
    return context_with([&](Settings& with) {
      with.ca_file = name;
      with.ca_certificates = text;
    });
  }

  void other_certificates_share_nothing() {
    const std::set<std::string> contexts = {
        context_with([](Settings&) {}), context_of_file("ca.pem", "one"),
        context_of_file("ca.pem", "two"), context_of_file("other.pem", "one")};
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, contexts.size());
  }

  void the_same_settings_make_the_same() {
    CPPUNIT_ASSERT_EQUAL(context_of_file("ca.pem", "one"), context_of_file("ca.pem", "one"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SealingContextTest);

}  // namespace
