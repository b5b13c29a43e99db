// SPDX-License-Identifier: Apache-2.0
#include "cli/check/chain.h"

#include <utility>

#include "cli/check/credentials.h"
#include "cli/check/failure.h"
#include "cli/check/reach.h"

namespace cli {
namespace {

std::optional<auth::jose::JwkSet> read_keys(const std::string& url, const auth::Settings& settings,
                                            fcgi::Judge& judge, Findings& findings) {
  const auto fail = [&](const std::string& text) -> std::optional<auth::jose::JwkSet> {
    // If ZITADEL decides about tokens, the keys only spare it questions.
    settings.validation != auth::Validation::kIntrospection
        ? findings.bad(Trouble::kZitadel, "key set", text)
        : findings.note("key set", text);
    return std::nullopt;
  };
  if (url.empty()) return fail("the discovery document names no jwks_uri");
  const auto answer = judge.send({url});
  if (!answer)
    return fail(explain_failure(answer.error(), url, "jwks_uri", settings.ca_file, judge).text);
  if (answer->status != 200) {
    return fail(with_words("it answered with status " + std::to_string(answer->status), *answer));
  }
  auto keys = auth::jose::JwkSet::parse(answer->body);
  if (!keys) return fail(to_string(keys.error()));
  if (keys->size() == 0) return fail("it holds no key: ZITADEL makes one with the first JWT");
  findings.good("key set", std::to_string(keys->size()) + (keys->size() == 1 ? " key" : " keys") +
                               " at " + url);
  for (const std::string& left_out : keys->left_out()) findings.note("key set", left_out);
  return *std::move(keys);
}

}  // namespace

Instance check_instance(const auth::Settings& settings, fcgi::Judge& judge, Findings& findings) {
  Instance instance;
  const Reached reached = reach_instance(settings, judge, findings);
  if (!reached.document) return instance;
  instance.is_reached = true;
  instance.introspection_endpoint = settings.introspection_url.empty()
                                        ? reached.document->introspection_endpoint
                                        : settings.introspection_url;
  instance.takes_us = check_credentials(settings, instance.introspection_endpoint,
                                        reached.clock_error, judge, findings);
  check_expiry(settings, judge.clock().wall(), findings);
  instance.keys = read_keys(reached.document->jwks_uri, settings, judge, findings);
  return instance;
}

}  // namespace cli
