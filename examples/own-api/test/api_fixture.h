// SPDX-License-Identifier: Apache-2.0
// ApiFixture: calls endpoints with the claims of a caller, without a web server and without
// ZITADEL. Copy it into a repository of your own, and put your routes in the place of
// own_api::routes().
#pragma once

#include <cppunit/TestFixture.h>
#include <cppunit/extensions/HelperMacros.h>
#include <zitadel_auth/claims.h>
#include <zitadel_fcgi/test_call.h>

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "../routes.h"

class ApiFixture : public CppUnit::TestFixture {
 protected:
  using Claims = zitadel_auth::Claims;
  using Response = zitadel_fcgi::Response;

  // A user with these roles of the API's project, all granted by one organisation.
  static Claims user(std::string_view subject, const std::vector<std::string>& roles = {}) {
    zitadel_auth::ClaimsBuilder claims;
    claims.subject(subject).organisation("org-1");
    for (const std::string& role : roles) claims.role(role, {"org-1"});
    return claims.build();
  }

  Response get(const std::string& path, const Claims& caller) const {
    return answered({.path = path}, &caller);
  }

  Response post(const std::string& path, std::string json, const Claims& caller) const {
    return answered(posted(path, std::move(json)), &caller);
  }

  // Posts without a token.
  Response post(const std::string& path, std::string json) const {
    return answered(posted(path, std::move(json)), nullptr);
  }

 private:
  static zitadel_fcgi::TestRequest posted(const std::string& path, std::string json) {
    return {.method = "POST",
            .path = path,
            .body = std::move(json),
            .variables = {"CONTENT_TYPE=application/json"}};
  }

  Response answered(const zitadel_fcgi::TestRequest& request, const Claims* caller) const {
    CPPUNIT_ASSERT(router_.mistakes().empty());
    const auto response = zitadel_fcgi::test_call(router_, request, caller);
    CPPUNIT_ASSERT_MESSAGE(request.path + " was not answered", response.has_value());
    return *response;
  }

  const zitadel_fcgi::Router router_ = own_api::routes();
};
