// The two kinds of keys: an application's, which ZITADEL makes, and a service user's, of which it
// gets the public half.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "cli/setup/key_step.h"

namespace cli {

class ApplicationKeyStep final : public KeyStep {
 public:
  explicit ApplicationKeyStep(Context& context)
      : KeyStep(context, context.state.application_key, kApplicationKeyFile) {}

 private:
  ApiResult<std::vector<FoundKey>> list() override;
  auth::Result<auth::Secret, auth::Mistake> make() override;
  auth::Result<std::optional<auth::Secret>, auth::Mistake> complete(
      auth::Secret file, const std::optional<std::string>& begun) override;
  Done check(auth::SecretView file) override;
  std::string path_of(const std::string& key) const override;
};

class UserKeyStep final : public KeyStep {
 public:
  explicit UserKeyStep(Context& context) : KeyStep(context, context.state.user_key, kUserKeyFile) {}

 private:
  ApiResult<std::vector<FoundKey>> list() override;
  auth::Result<auth::Secret, auth::Mistake> make() override;
  auth::Result<std::optional<auth::Secret>, auth::Mistake> complete(
      auth::Secret file, const std::optional<std::string>& begun) override;
  Done check(auth::SecretView file) override;
  std::string path_of(const std::string& key) const override;
  // id: where ZITADEL knows it already.
  [[nodiscard]] auth::Result<auth::Secret, auth::Mistake> tell_zitadel(
      const auth::Secret& file, std::optional<std::string> id);
};

}  // namespace cli
