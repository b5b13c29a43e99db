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

// One thread. All that it is given must outlive it.
//
// What the file holds is read again once it has changed, or what it held was refused: a token may
// be replaced by another while the program runs.
class EventsAccess {
 public:
  // path: of the file that held the token.
  EventsAccess(const EventsToken& token, std::string path, Discovery& discovery, HttpClient& http,
               const Clock& clock)
      : token_(&token),
        path_(std::move(path)),
        stamp_(stamp_of(path_)),
        discovery_(discovery),
        http_(http),
        clock_(clock) {}

  // The value of the Authorization header. Waits. Errors: those of Discovery::get,
  // HttpClient::send and status_error; kKeyUnusable, kMalformedAnswer.
  [[nodiscard]] Result<Secret> authorization(const WhileWaiting& while_waiting);

  // A hash that tells the tokens of several processes apart.
  [[nodiscard]] std::uint64_t name() const;
  // Whether there may be another one now.
  [[nodiscard]] bool has_changed() const noexcept { return stamp_of(path_) != stamp_; }

  // ZITADEL has refused it.
  void refused();

 private:
  [[nodiscard]] Result<void> exchange(const ServiceUserKey& key, const WhileWaiting& while_waiting);
  [[nodiscard]] Result<void> take(const HttpResponse& answer);

  // Tells one state of a file from another.
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
  Stamp stamp_;  // of the file, when it was read last
  bool is_refused_ = false;
  Discovery& discovery_;
  HttpClient& http_;
  const Clock& clock_;
  Secret exchanged_{};
  SteadyTime use_until_{};
};

}  // namespace auth
