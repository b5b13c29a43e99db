// SPDX-License-Identifier: Apache-2.0
#include "auth/events/own_losses.h"

#include <cppunit/extensions/HelperMacros.h>

#include <string>

#include "auth/settings/settings.h"
#include "tests/unit/support/log_capture.h"

namespace {

using auth::Event;
using auth::Lost;
using auth::name_hash;

class OwnLossesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(OwnLossesTest);
  CPPUNIT_TEST(with_a_key_its_own_things_are_told);
  CPPUNIT_TEST(with_a_secret_things_of_its_project_are_told);
  CPPUNIT_TEST(without_ids_nothing_is_told);
  CPPUNIT_TEST_SUITE_END();

  static auth::Settings settings(bool has_key) {
    auth::Settings made;
    made.project_id = "701";
    if (has_key) made.application_key = auth::ApplicationKey{"501", "client", nullptr, "", "601"};
    return made;
  }
  static std::string told(const auth::Settings& settings, Lost lost, const std::string& thing,
                          const std::string& project) {
    support::LogCapture log(auth::LogLevel::kInfo);
    Event event{1, {}};
    event.lost = lost;
    event.lost_thing = name_hash(thing);
    event.lost_project = name_hash(project);
    auth::OwnLosses(settings).tell(event);
    return log.text();
  }
  static bool has(const std::string& text, const std::string& part) {
    return text.find(part) != std::string::npos;
  }

 public:
  void with_a_key_its_own_things_are_told() {
    const auth::Settings own = settings(true);
    CPPUNIT_ASSERT(has(told(own, Lost::kKey, "501", "701"), "API_PRIVATE_KEY_FILE_PATH"));
    CPPUNIT_ASSERT(has(told(own, Lost::kApplication, "601", "701"), "application 601"));
    CPPUNIT_ASSERT(has(told(own, Lost::kProject, "", "701"), "project 701"));
    CPPUNIT_ASSERT(told(own, Lost::kKey, "55", "701").empty());
    CPPUNIT_ASSERT(told(own, Lost::kApplication, "66", "701").empty());
    CPPUNIT_ASSERT(told(own, Lost::kSecret, "66", "701").empty());
    CPPUNIT_ASSERT(told(own, Lost::kProject, "", "77").empty());
  }

  void with_a_secret_things_of_its_project_are_told() {
    const auth::Settings own = settings(false);
    CPPUNIT_ASSERT(has(told(own, Lost::kSecret, "66", "701"), "ZITADEL_CLIENT_SECRET"));
    CPPUNIT_ASSERT(has(told(own, Lost::kApplication, "66", "701"), "if it is this API's"));
    CPPUNIT_ASSERT(told(own, Lost::kSecret, "66", "77").empty());
    CPPUNIT_ASSERT(told(own, Lost::kApplication, "66", "77").empty());
    CPPUNIT_ASSERT(told(own, Lost::kKey, "501", "701").empty());
  }

  void without_ids_nothing_is_told() {
    auth::Settings own = settings(true);
    own.project_id.clear();
    own.application_key->application_id.clear();
    for (const Lost lost : {Lost::kKey, Lost::kSecret, Lost::kApplication, Lost::kProject}) {
      CPPUNIT_ASSERT(told(own, lost, "", "").empty());
    }
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(OwnLossesTest);

}  // namespace
