// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/client_assertion.h"

#include <openssl/rand.h>

#include <array>
#include <optional>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/mutex.h"
#include "auth/jose/base64url.h"
#include "auth/zitadel/basic.h"
#include "auth/zitadel/form.h"

namespace auth {
namespace {

constexpr std::size_t kJtiBytes = 16;
constexpr std::string_view kAssertionType =
    "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

class KeyAuthentication final : public ClientAuthentication {
 public:
  KeyAuthentication(std::string client_id, std::string key_id,
                    std::shared_ptr<const jose::SigningKey> key, std::string issuer,
                    const Clock& clock)
      : client_id_(std::move(client_id)),
        key_id_(std::move(key_id)),
        key_(std::move(key)),
        issuer_(std::move(issuer)),
        clock_(clock) {}

  Result<void> apply(std::string& form, HttpRequest&, bool after_refusal) override {
    return after_refusal ? apply_fresh(form) : apply_shared(form);
  }

  bool can_renew() const noexcept override { return true; }

  std::string describe() const override { return "key id " + key_id_; }

 private:
  // Drops the shared assertion as well: it is the one that was refused.
  Result<void> apply_fresh(std::string& form) {
    Result<Secret> assertion = sign(clock_.wall());
    if (!assertion) return std::move(assertion).error();
    append(form, *assertion);
    const MutexLock lock(mutex_);
    assertion_ = Secret();
    return {};
  }

  // Signs under the lock: threads that find no assertion wait for one signature instead of each
  // making its own.
  Result<void> apply_shared(std::string& form) {
    const WallTime now = clock_.wall();
    const MutexLock lock(mutex_);
    if (!usable(now)) {
      Result<Secret> assertion = sign(now);
      if (!assertion) return std::move(assertion).error();
      assertion_ = *std::move(assertion);
      signed_at_ = now;
    }
    append(form, assertion_);
    return {};
  }

  // After the clock was set back, ZITADEL may find that the assertion was issued in the future.
  bool usable(WallTime now) const REQUIRES_LOCK(mutex_) {
    constexpr auto kUse = kAssertionLifetime - kAssertionBackdating - kAssertionRenewal;
    return !assertion_.empty() && signed_at_ <= now && now < signed_at_ + kUse;
  }

  [[nodiscard]] Result<Secret> sign(WallTime now) const {
    return sign_assertion(*key_, key_id_, client_id_, issuer_, now, kAssertionLifetime);
  }

  static void append(std::string& form, const Secret& assertion) {
    append_form_field(form, "client_assertion_type", kAssertionType);
    append_form_field(form, "client_assertion", assertion.reveal());
  }

  const std::string client_id_;
  const std::string key_id_;
  const std::shared_ptr<const jose::SigningKey> key_;
  const std::string issuer_;
  const Clock& clock_;

  Mutex mutex_;
  Secret assertion_ GUARDED_BY(mutex_);
  WallTime signed_at_ GUARDED_BY(mutex_){};
};

class BasicAuthentication final : public ClientAuthentication {
 public:
  BasicAuthentication(std::string client_id, const Secret& client_secret)
      : client_id_(std::move(client_id)),
        authorization_(basic_authorization(client_id_, client_secret)) {}

  Result<void> apply(std::string&, HttpRequest& request, bool) override {
    request.authorization = authorization_.copy();
    return {};
  }

  bool can_renew() const noexcept override { return false; }

  std::string describe() const override { return "client id " + client_id_; }

 private:
  const std::string client_id_;
  const Secret authorization_;
};

}  // namespace

Result<Secret> sign_assertion(const jose::SigningKey& key, std::string_view key_id,
                              std::string_view subject, std::string_view audience, WallTime now,
                              std::chrono::seconds lifetime) {
  std::array<char, kJtiBytes> jti{};
  if (RAND_bytes(reinterpret_cast<unsigned char*>(jti.data()), static_cast<int>(jti.size())) != 1) {
    return Error{Reason::kKeyUnusable, "OpenSSL has no random numbers for its jti"};
  }
  const WallTime issued = now - kAssertionBackdating;
  const std::string party = json_quote(subject);
  std::string claims = "{\"iss\":" + party + ",\"sub\":" + party;
  claims += ",\"aud\":" + json_quote(audience);
  claims += ",\"iat\":" + std::to_string(issued.time_since_epoch().count());
  claims += ",\"exp\":" + std::to_string((issued + lifetime).time_since_epoch().count());
  claims += ",\"jti\":" + json_quote(jose::base64url_encode({jti.data(), jti.size()})) + '}';
  return key.sign(key_id, claims);
}

std::unique_ptr<ClientAuthentication> key_authentication(
    std::string client_id, std::string key_id, std::shared_ptr<const jose::SigningKey> key,
    std::string issuer, const Clock& clock) {
  return std::make_unique<KeyAuthentication>(std::move(client_id), std::move(key_id),
                                             std::move(key), std::move(issuer), clock);
}

std::unique_ptr<ClientAuthentication> basic_authentication(std::string client_id,
                                                           Secret client_secret) {
  return std::make_unique<BasicAuthentication>(std::move(client_id), client_secret);
}

}  // namespace auth
