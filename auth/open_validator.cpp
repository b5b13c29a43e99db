// SPDX-License-Identifier: Apache-2.0
// zitadel_auth::TokenValidator: the token validator with all its parts, for other servers.
#include <future>
#include <memory>
#include <optional>
#include <utility>

#include "auth/base/clock.h"
#include "auth/base/log.h"
#include "auth/base/metrics.h"
#include "auth/parts.h"
#include "auth/settings/load.h"
#include "auth/token/bearer_token.h"
#include "zitadel_auth/token_validator.h"

namespace zitadel_auth {

struct TokenValidator::Impl {
  explicit Impl(auth::Settings&& loaded) : settings(std::move(loaded)) {}

  auth::Settings settings;
  auth::SystemClock clock{};
  auth::Parts parts{settings, auth::Lifespan::kManyRequests, clock,
                    std::make_shared<auth::Metrics>()};
};

namespace {

Result<auth::Settings, Mistakes> load(const auth::Environment& environment) {
  auto settings = auth::load_settings(environment, auth::process_program());
  if (!settings) return settings;
  auth::use_log_settings(*settings);
  auth::warn_of_settings(*settings, auth::Lifespan::kManyRequests);
  return settings;
}

}  // namespace

TokenValidator::TokenValidator(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}

TokenValidator::~TokenValidator() = default;

Result<std::unique_ptr<TokenValidator>, Mistakes> TokenValidator::open() {
  std::vector<std::string> environment;
  for (const std::string_view variable : auth::process_environment()) {
    environment.emplace_back(variable);
  }
  return open(environment);
}

Result<std::unique_ptr<TokenValidator>, Mistakes> TokenValidator::open(
    const std::vector<std::string>& environment) {
  auto settings = load({environment.begin(), environment.end()});
  if (!settings) return std::move(settings).error();
  std::unique_ptr<TokenValidator> validator(
      new TokenValidator(std::make_unique<Impl>(*std::move(settings))));
  validator->impl_->parts.start();
  return validator;
}

void TokenValidator::authorize(std::string_view authorization, const Requirement& requirement,
                               std::string_view client, Done done) {
  const bool is_there = !authorization.empty() && !requirement.is_public();
  const std::span<const std::string_view> headers(&authorization, is_there ? 1 : 0);
  const auto token = auth::bearer_token(headers, impl_->settings.max_token_bytes);
  if (!token && !requirement.is_public()) return done(token.error());
  static_cast<void>(impl_->parts.validator().authorize(
      token ? *token : auth::SecretView(), requirement, [client] { return client; },
      std::move(done)));
}

TokenValidator::Answer TokenValidator::wait(std::string_view authorization,
                                            const Requirement& requirement,
                                            std::string_view client) {
  const auto answer = std::make_shared<std::promise<Answer>>();
  authorize(authorization, requirement, client,
            [answer](Answer outcome) { answer->set_value(std::move(outcome)); });
  return answer->get_future().get();
}

}  // namespace zitadel_auth
