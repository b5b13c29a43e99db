// SPDX-License-Identifier: Apache-2.0
#include "routes.h"

#include <json-c/json.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>

#include "slow_work.h"

namespace own_api {
namespace {

using zitadel_auth::Claims;
using zitadel_fcgi::error_response;
using zitadel_fcgi::message_response;
using zitadel_fcgi::Request;
using zitadel_fcgi::Responder;
using zitadel_fcgi::Response;

using Json = std::unique_ptr<json_object, decltype(&json_object_put)>;

// {"name": "Ada"} -> "Ada"; empty if the body is anything else.
std::string name_in(std::string_view body) {
  const std::string text(body);  // json-c wants a zero at its end
  const Json document(json_tokener_parse(text.c_str()), json_object_put);
  json_object* name = nullptr;
  if (!json_object_object_get_ex(document.get(), "name", &name)) return {};
  if (!json_object_is_type(name, json_type_string)) return {};
  return json_object_get_string(name);
}

// Answers at once, from the request and the claims of its token.
Response greet(const Request& request, const Claims& claims) {
  if (!request.body()) return error_response(413, "content_too_large", "at most 64 KiB");
  const std::string name = name_in(*request.body());
  if (name.empty()) return error_response(400, "invalid_request", "send {\"name\": \"...\"}");
  return message_response("Hello " + name + ", says " + std::string(claims.subject()) + ".");
}

// Answers later, from another thread: the request's own thread serves others meanwhile.
void report(Responder responder) {
  // Never destroyed: a thread of its own may still be at work when the program ends.
  static SlowWork& work = *new SlowWork;
  auto shared = std::make_shared<Responder>(std::move(responder));
  const bool taken = work.add([shared] {
    if (shared->client_has_gone()) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(100));  // a slow database
    shared->answer(message_response("The report of " + std::string(shared->claims().subject())));
  });
  if (!taken) shared->answer(error_response(503, "temporarily_unavailable", "too much to do"));
}

// Answers in pieces: the answer is longer than anybody wants to keep in memory. On a thread of its
// own, since it waits for the client.
void rows(Responder responder) {
  static SlowWork& work = *new SlowWork;
  auto shared = std::make_shared<Responder>(std::move(responder));
  const bool taken = work.add([shared] {
    const auto stream = shared->stream({.headers = {{"Content-Type", "text/plain"}}});
    for (int i = 0; i < 100'000; ++i) {
      std::string row = "row " + std::to_string(i) + "\n";
      while (!row.empty()) {
        row.erase(0, stream->write(row));
        if (!row.empty() && !stream->wait_for_room(std::chrono::seconds(60))) return;
      }
    }
    stream->end();
  });
  if (!taken) shared->answer(error_response(503, "temporarily_unavailable", "too much to do"));
}

}  // namespace

zitadel_fcgi::Router routes() {
  zitadel_fcgi::Router router;
  router.add("/greetings", {"POST"}, "role:read:messages", greet);
  router.add("/report", {"GET"}, "token", report);
  router.add("/rows", {"GET"}, "public", rows);
  return router;
}

}  // namespace own_api
