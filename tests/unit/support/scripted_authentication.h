// SPDX-License-Identifier: Apache-2.0
// Client authentication that a test can see through and make fail. Members are set before it is
// used by other threads.
#pragma once

#include <atomic>
#include <optional>
#include <string>

#include "auth/zitadel/client_assertion.h"
#include "auth/zitadel/form.h"

namespace support {

class ScriptedAuthentication final : public auth::ClientAuthentication {
 public:
  auth::Result<void> apply(std::string& form, auth::HttpRequest& request,
                           bool after_refusal) override {
    ++applied_;
    if (error_) return *error_;
    auth::append_form_field(form, "assertion", after_refusal ? "fresh" : "shared");
    if (!header_.empty()) request.authorization = auth::Secret(header_);
    return {};
  }
  bool can_renew() const noexcept override { return can_renew_; }
  std::string describe() const override { return "key id 7"; }

  std::optional<auth::Error> error_{};
  std::string header_{};
  bool can_renew_ = true;
  std::atomic<int> applied_{0};
};

}  // namespace support
