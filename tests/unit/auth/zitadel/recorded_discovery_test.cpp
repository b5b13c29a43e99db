// SPDX-License-Identifier: Apache-2.0
// Discovery and key sets of a real ZITADEL.
#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>

#include "auth/jose/jwk.h"
#include "auth/zitadel/discovery.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/recorded.h"
#include "tests/unit/support/scripted_http_client.h"

namespace {

using auth::Discovery;
using auth::DiscoveryDocument;
using auth::Reason;
using auth::Result;
using auth::jose::JwkSet;
using support::Recorded;

const std::string kStatus{auth::describe(Reason::kUnexpectedStatus)};

// The instance does not know the host name, or its database is away: both are 404.
const std::map<std::string, std::string> kDocuments = {
    {"discovery/discovery", "read"},
    {"discovery/unknown-host", kStatus},
    {"outage/database-down-discovery", kStatus},
};

// How many keys there are, as each was added; the one that signed at first was removed in the end.
const std::map<std::string, std::string> kKeySets = {
    {"algorithms/keys", "6"},
    {"discovery/keys-after-removal", "6"},
    {"discovery/keys-with-ed25519", "7"},
    {"discovery/keys-with-p256", "4"},
    {"discovery/keys-with-p384", "5"},
    {"discovery/keys-with-p512", "6"},
    {"discovery/keys-with-rsa512", "3"},
    {"discovery/keys", "2"},
    {"outage/database-down-keys", kStatus},
};

class RecordedDiscoveryTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(RecordedDiscoveryTest);
  CPPUNIT_TEST(every_file_has_a_reader);
  CPPUNIT_TEST(every_discovery_document_is_what_its_name_says);
  CPPUNIT_TEST(finds_the_endpoints);
  CPPUNIT_TEST(takes_no_document_of_another_name);
  CPPUNIT_TEST(every_key_of_every_key_set_can_be_used);
  CPPUNIT_TEST(a_removed_key_is_gone);
  CPPUNIT_TEST_SUITE_END();

  using Found = Result<std::shared_ptr<const DiscoveryDocument>>;

  static Found discover(const Recorded& exchange, const std::string& issuer) {
    support::ScriptedHttpClient http;
    const support::ManualClock clock;
    Discovery discovery(issuer, true, http, clock);
    std::optional<Found> found;
    discovery.get([&](const Found& outcome) { found.emplace(outcome); });
    http.answer(exchange.response);
    CPPUNIT_ASSERT(found.has_value());
    return *found;
  }

  static std::string size_of(const Recorded& exchange) {
    if (exchange.response.status != 200) {
      return std::string(describe(status_error(exchange.response, "it").reason));
    }
    const Result<JwkSet> keys = JwkSet::parse(exchange.response.body);
    CPPUNIT_ASSERT_MESSAGE(exchange.name, keys && keys->left_out().empty());
    return std::to_string(keys->size());
  }

  // A file of another kind would be judged by no test.
  void every_file_has_a_reader() {
    const std::set<std::string> known = {"",
                                         "/.well-known/openid-configuration",
                                         "/oauth/v2/introspect",
                                         "/oauth/v2/keys",
                                         "/oauth/v2/revoke",
                                         "/oauth/v2/token"};
    for (const Recorded& each : support::recorded()) {
      // Those of the set-up API are the test issuer's, whose tests put every one of them to it.
      const bool is_set_up =
          each.name.starts_with("set-up/") || each.name.starts_with("administrators/");
      CPPUNIT_ASSERT_MESSAGE(each.name + ' ' + each.path, is_set_up || known.contains(each.path));
    }
    CPPUNIT_ASSERT(support::recorded().size() > 250);
  }

  void every_discovery_document_is_what_its_name_says() {
    std::map<std::string, std::string> verdicts;
    for (const Recorded& each : support::recorded_at({"/.well-known/openid-configuration"})) {
      const Found found = discover(each, support::kRecordedIssuer);
      verdicts[each.name] = found ? "read" : std::string(describe(found.error().reason));
    }
    support::assert_verdicts(kDocuments, verdicts);
  }

  void finds_the_endpoints() {
    const Found found =
        discover(support::recorded("discovery/discovery"), support::kRecordedIssuer);
    const std::string issuer = support::kRecordedIssuer;
    CPPUNIT_ASSERT_EQUAL(issuer + "/oauth/v2/introspect", (*found)->introspection_endpoint);
    CPPUNIT_ASSERT_EQUAL(issuer + "/oauth/v2/token", (*found)->token_endpoint);
    CPPUNIT_ASSERT_EQUAL(issuer + "/oauth/v2/keys", (*found)->jwks_uri);
  }

  void takes_no_document_of_another_name() {
    for (const char* issuer :
         {"http://127.0.0.1:18080", "http://localhost:18080/", "http://localhost",
          "https://localhost:18080", "http://LOCALHOST:18080"}) {
      const Found found = discover(support::recorded("discovery/discovery"), issuer);
      CPPUNIT_ASSERT_MESSAGE(issuer, !found);
      CPPUNIT_ASSERT_MESSAGE(issuer, found.error().reason == Reason::kIssuerMismatch);
    }
  }

  void every_key_of_every_key_set_can_be_used() {
    std::map<std::string, std::string> sizes;
    for (const Recorded& each : support::recorded_at({"/oauth/v2/keys"})) {
      sizes[each.name] = size_of(each);
    }
    support::assert_verdicts(kKeySets, sizes);
  }

  void a_removed_key_is_gone() {
    const std::string removed = "401504765915171878";
    const auto before = JwkSet::parse(support::recorded("discovery/keys").response.body);
    const auto after =
        JwkSet::parse(support::recorded("discovery/keys-after-removal").response.body);
    CPPUNIT_ASSERT(before->find(removed) != nullptr);
    CPPUNIT_ASSERT(after->find(removed) == nullptr);
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(RecordedDiscoveryTest);

}  // namespace
