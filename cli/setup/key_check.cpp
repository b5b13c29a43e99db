// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/key_check.h"

#include <optional>
#include <utility>

#include "auth/events/event_reader.h"
#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/form.h"
#include "auth/zitadel/key_file.h"
#include "cli/common/ask.h"
#include "cli/token/token_request.h"

namespace cli {
namespace {

using auth::Mistake;

// Repeats the attempt, because time may mend a mistake. Returns the last mistake.
template <typename Try>
Done until_it_works(Try attempt) {
  std::optional<Mistake> last;
  const auto outcome = patiently([&]() -> auth::Result<bool, Mistake> {
    Done done = attempt();
    last = done ? std::nullopt : std::optional<Mistake>(std::move(done).error());
    return !last;
  });
  if (outcome && last) return *std::move(last);
  return {};
}

Done ask_about_nothing(const Context& context, const auth::ApplicationKey& key) {
  const std::string& issuer = context.instance.issuer;
  const std::string& endpoint = context.instance.introspection_endpoint;
  const auto authentication =
      auth::key_authentication(key.client_id, key.key_id, key.key, issuer, context.clock);
  std::string form;
  auth::append_form_field(form, "token", "made-up-by-zitadel-setup");
  auth::HttpRequest request{endpoint.empty() ? issuer + "/oauth/v2/introspect" : endpoint};
  if (auto applied = authentication->apply(form, request, false); !applied) {
    return Mistake{to_string(applied.error())};
  }
  request.form = auth::Secret::take(form);
  const auto answer = ask(context.http, std::move(request));
  if (!answer) return Mistake{to_string(answer.error())};
  if (answer->status == 200) return {};
  const std::string clock = auth::clock_error(*answer, context.clock.wall());
  return Mistake{"ZITADEL does not take the new key " + key.key_id + ": " +
                 auth::answer_in_words(*answer, "introspection") +
                 (clock.empty() ? "" : "; this machine's clock is " + clock + ": set it right")};
}

}  // namespace

Done check_application_key(const Context& context, auth::SecretView file) {
  const auto key = auth::parse_application_key(file.reveal());
  if (!key) return Mistake{"the key file that ZITADEL made: " + key.error().detail};
  return until_it_works([&] { return ask_about_nothing(context, *key); });
}

Done check_user_key(const Context& context, auth::SecretView file) {
  const auto key = auth::parse_service_user_key(file.reveal());
  if (!key) return Mistake{"the key file that was made: " + key.error().detail};
  const TokenRequest request{
      context.options.domain,
      "openid urn:zitadel:iam:org:project:id:" + context.state.project.id + ":aud",
      context.allow_http, auth::kMostAuthorizationBytes};
  return until_it_works([&]() -> Done {
    const auto token = get_token(request, *key, context.http, context.clock);
    if (token) return {};
    return token.error();
  });
}

Done check_events_key(const Context& context, auth::SecretView file) {
  const auto key = auth::parse_service_user_key(file.reveal());
  if (!key) return Mistake{"the key file that was made: " + key.error().detail};
  const TokenRequest request{context.options.domain, std::string(kZitadelScope), context.allow_http,
                             auth::kMostAuthorizationBytes};
  return until_it_works([&]() -> Done {
    const auto token = get_token(request, *key, context.http, context.clock);
    if (!token) return token.error();
    // Events of this type hold no secret.
    Management api(context.options.domain, *token, "", context.http);
    const auto found =
        api.post(auth::kEventSearch, R"({"limit":1,"eventTypes":["user.reactivated"]})");
    if (found) return {};
    return Mistake{"the user " + context.state.events.user.name +
                   " cannot read ZITADEL's events with its new key: " + found.error().words};
  });
}

}  // namespace cli
