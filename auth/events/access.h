// SPDX-License-Identifier: Apache-2.0
// How the feed authenticates at ZITADEL: with a personal access token, or with the key of a service
// user, which it exchanges for an access token (RFC 7523 §2.1).
#pragma once

#include <cstdint>
#include <string>
#include <utility>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/events/await.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/events_token.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// One thread at a time. All arguments of the constructor must outlive it.
//
// Reads the file again when it has changed, or when ZITADEL has refused the token: a token may be
// replaced while the program runs.
class EventsAccess {
 public:
  // path: the file that holds the token.
  EventsAccess(const EventsToken& token, std::string path, Discovery& discovery, HttpClient& http,
               const Clock& clock)
      : token_(&token),
        path_(std::move(path)),
        stamp_(stamp_of(path_)),
        discovery_(discovery),
        http_(http),
        clock_(clock) {}

  // Returns the value of the Authorization header. Waits while a key is exchanged. Errors: those of
  // Discovery::get, HttpClient::send and status_error; kKeyUnusable, kMalformedAnswer.
  [[nodiscard]] Result<Secret> authorization(const WhileWaiting& while_waiting);

  // Returns a hash that distinguishes the tokens of several processes.
  [[nodiscard]] std::uint64_t name() const;
  // Whether the file has changed, so that it may hold another token.
  [[nodiscard]] bool has_changed() const noexcept { return stamp_of(path_) != stamp_; }

  // Reports that ZITADEL has refused the token.
  void refused();

 private:
  [[nodiscard]] Result<void> exchange(const ServiceUserKey& key, const WhileWaiting& while_waiting);
  [[nodiscard]] Result<void> take(const HttpResponse& answer);

  // Distinguishes one state of a file from another.
  struct Stamp {
    std::uint64_t device = 0;
    std::uint64_t file = 0;
    std::int64_t size = 0;
    std::int64_t changed = 0;  // nanoseconds
    friend bool operator==(const Stamp&, const Stamp&) = default;
  };
  [[nodiscard]] static Stamp stamp_of(const std::string& path) noexcept;
  void read_again();

  const EventsToken* token_;
  EventsToken replaced_{};  // the token, once it was read again
  const std::string path_;
  Stamp stamp_;  // the state of the file when it was read last
  bool is_refused_ = false;
  Discovery& discovery_;
  HttpClient& http_;
  const Clock& clock_;
  Secret exchanged_{};
  SteadyTime use_until_{};
};

}  // namespace auth
