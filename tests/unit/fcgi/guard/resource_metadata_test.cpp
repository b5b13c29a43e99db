// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/resource_metadata.h"

#include <cppunit/extensions/HelperMacros.h>

#include <memory>
#include <string>
#include <vector>

#include "auth/base/json.h"
#include "tests/unit/support/fake_exchange.h"

namespace {

using fcgi::ResourceMetadata;

class ResourceMetadataTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(ResourceMetadataTest);
  CPPUNIT_TEST(there_is_none_without_a_resource);
  CPPUNIT_TEST(is_asked_for_at_its_own_path_alone);
  CPPUNIT_TEST(is_only_read);
  CPPUNIT_TEST(stands_between_host_and_path_of_the_resource);
  CPPUNIT_TEST(says_where_to_get_which_token);
  CPPUNIT_TEST_SUITE_END();

  static constexpr const char* kIssuer = "https://issuer.example";

  static ResourceMetadata of(const std::string& resource) {
    return ResourceMetadata(resource, kIssuer, "openid urn:x:aud");
  }

  static support::FakeExchange exchange(const std::string& path_info,
                                        const std::string& method = "GET") {
    return {{"REQUEST_METHOD=" + method, "SCRIPT_NAME=/.well-known/oauth-protected-resource",
             "PATH_INFO=" + path_info},
            std::make_shared<support::ExchangeRecord>()};
  }

  static int status(const ResourceMetadata& metadata, const std::string& path_info,
                    const std::string& method = "GET") {
    return metadata.answer(exchange(path_info, method).request()).status;
  }

  void there_is_none_without_a_resource() {
    const ResourceMetadata none = of("");
    CPPUNIT_ASSERT_EQUAL(std::string(), none.url());
    for (const char* path : {"", "/", "/api"}) CPPUNIT_ASSERT_EQUAL(404, status(none, path));
  }

  void is_asked_for_at_its_own_path_alone() {
    for (const char* mount : {"", "/", "/api", "/.well-known", "/.well-known/oauth",
                              "/x/.well-known/oauth-protected-resource"}) {
      const support::FakeExchange other({std::string("SCRIPT_NAME=") + mount},
                                        std::make_shared<support::ExchangeRecord>());
      CPPUNIT_ASSERT_MESSAGE(mount, !ResourceMetadata::is_asked(other.request()));
    }
    CPPUNIT_ASSERT(ResourceMetadata::is_asked(exchange("/private").request()));
    const ResourceMetadata some = of("https://api.example/api");
    for (const char* path : {"", "/", "/apix", "/api/", "/api/x", "/private"}) {
      CPPUNIT_ASSERT_EQUAL_MESSAGE(path, 404, status(some, path));
    }
    CPPUNIT_ASSERT_EQUAL(200, status(some, "/api"));
    CPPUNIT_ASSERT_EQUAL(200, status(of("https://api.example"), ""));
  }

  void is_only_read() {
    const ResourceMetadata some = of("https://api.example/api");
    const fcgi::Response response = some.answer(exchange("/api", "POST").request());
    CPPUNIT_ASSERT_EQUAL(405, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("GET, HEAD"), *response.header("allow"));
    CPPUNIT_ASSERT_EQUAL(200, status(some, "/api", "HEAD"));
  }

  // RFC 9728 §3.1.
  void stands_between_host_and_path_of_the_resource() {
    const std::string known = "/.well-known/oauth-protected-resource";
    CPPUNIT_ASSERT_EQUAL("https://api.example" + known, of("https://api.example").url());
    CPPUNIT_ASSERT_EQUAL("https://api.example" + known, of("https://api.example/").url());
    CPPUNIT_ASSERT_EQUAL("https://api.example:8443" + known + "/a/b",
                         of("https://api.example:8443/a/b").url());
  }

  // RFC 9728 §2: resource is to the byte what the operator configured.
  void says_where_to_get_which_token() {
    const ResourceMetadata some = of("https://api.example/api");
    const fcgi::Response response = some.answer(exchange("/api").request());
    CPPUNIT_ASSERT_EQUAL(200, response.status);
    CPPUNIT_ASSERT_EQUAL(std::string("application/json"), *response.header("content-type"));
    const auto document = auth::Json::parse(response.body);
    CPPUNIT_ASSERT(document.has_value());
    CPPUNIT_ASSERT_EQUAL(std::string("{\"resource\":\"https://api.example/api\","
                                     "\"authorization_servers\":[\"https://issuer.example\"],"
                                     "\"bearer_methods_supported\":[\"header\"],"
                                     "\"scopes_supported\":[\"openid\",\"urn:x:aud\"]}"),
                         document->serialise());
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(ResourceMetadataTest);

}  // namespace
