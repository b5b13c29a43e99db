#include "auth/sealing_context.h"

#include <cppunit/extensions/HelperMacros.h>

#include <set>
#include <string>

#include "auth/settings/settings.h"
#include "tests/unit/support/temporary_folder.h"

namespace {

using auth::Settings;

class SealingContextTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(SealingContextTest);
  CPPUNIT_TEST(each_of_these_settings_makes_another);
  CPPUNIT_TEST(other_certificates_share_nothing);
  CPPUNIT_TEST(certificates_that_cannot_be_read_share_nothing);
  CPPUNIT_TEST(the_same_settings_make_the_same);
  CPPUNIT_TEST_SUITE_END();

  support::TemporaryFolder folder_;

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
    const auto context = auth::sealing_context(changed);
    CPPUNIT_ASSERT(context.has_value());
    return *context;
  }

  void each_of_these_settings_makes_another() {
    const std::set<std::string> contexts = {
        context_with([](Settings&) {}),
        context_with([](Settings& with) { with.domain = "https://y.example"; }),
        context_with([](Settings& with) { with.introspection_url = "https://z.example/i"; }),
        context_with([](Settings& with) { with.client_id = "other"; }),
        context_with([](Settings& with) { with.project_id = "client"; }),
        context_with([](Settings& with) { with.pass_claims = {"email"}; }),
        context_with([](Settings& with) {
          with.pass_claims = {"email", "name"};
        }),
    };
    CPPUNIT_ASSERT_EQUAL(std::size_t{7}, contexts.size());
  }

  [[nodiscard]] std::string context_of_file(const std::string& name, const std::string& text) {
    folder_.write(name, text);
    return context_with([&](Settings& with) { with.ca_file = (folder_.path() / name).string(); });
  }

  void other_certificates_share_nothing() {
    const std::set<std::string> contexts = {
        context_with([](Settings&) {}), context_of_file("ca.pem", "one"),
        context_of_file("ca.pem", "two"), context_of_file("other.pem", "one")};
    CPPUNIT_ASSERT_EQUAL(std::size_t{4}, contexts.size());
  }

  void certificates_that_cannot_be_read_share_nothing() {
    Settings missing = settings();
    missing.ca_file = (folder_.path() / "missing.pem").string();
    CPPUNIT_ASSERT(!auth::sealing_context(missing).has_value());
  }

  void the_same_settings_make_the_same() {
    CPPUNIT_ASSERT_EQUAL(context_of_file("ca.pem", "one"), context_of_file("ca.pem", "one"));
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(SealingContextTest);

}  // namespace
