// SPDX-License-Identifier: Apache-2.0
// The two kinds of keys: an application's, which ZITADEL makes, and a service user's, of which it
// gets the public half.
#pragma once

#include <optional>
#include <string>
#include <utility>
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

class UserKeyStep : public KeyStep {
 public:
  explicit UserKeyStep(Context& context)
      : UserKeyStep(context, context.state.user_key, kUserKeyFile, context.state.user.id) {}

 protected:
  UserKeyStep(Context& context, KeySlot& slot, const char* file, std::string user)
      : KeyStep(context, slot, file), user_(std::move(user)) {}

 private:
  ApiResult<std::vector<FoundKey>> list() override;
  auth::Result<auth::Secret, auth::Mistake> make() override;
  auth::Result<std::optional<auth::Secret>, auth::Mistake> complete(
      auth::Secret file, const std::optional<std::string>& begun) override;
  Done check(auth::SecretView file) override;
  std::string path_of(const std::string& key) const override;
  // Returns the whole key file. id: the key's id if ZITADEL has the key already; else the public
  // half is sent to ZITADEL.
  [[nodiscard]] auth::Result<auth::Secret, auth::Mistake> tell_zitadel(
      const auth::Secret& file, std::optional<std::string> id);

  const std::string user_;
};

// The key of the user that reads events.
class EventsKeyStep final : public UserKeyStep {
 public:
  explicit EventsKeyStep(Context& context)
      : UserKeyStep(context, context.state.events.key, kEventsKeyFile,
                    context.state.events.user.id) {}

 private:
  Done check(auth::SecretView file) override;
};

}  // namespace cli
