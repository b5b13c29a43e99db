// SPDX-License-Identifier: Apache-2.0
// Answers as the real ZITADEL did to these recordings, and to a request that differs from all of
// them with 501.
#pragma once

#include <initializer_list>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/zitadel/http_client.h"
#include "tests/unit/support/recorded.h"

namespace support {

class RecordedClient final : public auth::HttpClient {
 public:
  explicit RecordedClient(std::initializer_list<const char*> names) {
    for (const char* name : names) known_.push_back(&recorded(name));
  }

  void send(auth::HttpRequest request, Done done) override {
    auth::HttpResponse answer{501, R"({"code":12,"message":"not recorded"})"};
    for (const Recorded* each : known_) {
      if (is_asked(*each, request)) answer = each->response;
    }
    asked.push_back(request.method + ' ' + request.url + ' ' + std::string(request.form.reveal()));
    if (answer.status != 200) {
      answer.sent = std::make_shared<const auth::HttpRequest>(std::move(request));
    }
    done(std::move(answer));
  }

  std::vector<std::string> asked{};

 private:
  static bool is_asked(const Recorded& recording, const auth::HttpRequest& request) {
    const auto sent = recording.document.member("request");
    const auto headers = sent->member("headers");
    auto body = sent->member("body");
    if (body && !body->is_object()) body.reset();  // null
    std::vector<std::string> wanted;
    if (body) wanted.emplace_back("Content-Type: application/json");
    if (const auto organisation = headers->text_of("x-zitadel-orgid")) {
      wanted.push_back("x-zitadel-orgid: " + *organisation);
    }
    const std::string form(request.form.reveal());
    const auto json = auth::Json::parse(form);
    const bool same_body = body ? json && json->serialise() == body->serialise() : form.empty();
    return request.method == sent->text_of("method") && request.headers == wanted &&
           request.url == kRecordedIssuer + recording.path &&
           request.authorization.reveal() == "Bearer TOKEN" && same_body;
  }

  std::vector<const Recorded*> known_{};
};

}  // namespace support
