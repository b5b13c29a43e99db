// SPDX-License-Identifier: Apache-2.0
// Settings: what the operator configured. A plain structure; auth/settings/load.h fills it in.
#pragma once

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/ip_address.h"
#include "auth/base/log.h"
#include "auth/base/place.h"
#include "auth/base/secret.h"
#include "auth/store/redis_url.h"
#include "auth/token/bearer_token.h"
#include "auth/token/requirement.h"
#include "auth/zitadel/events_token.h"
#include "auth/zitadel/key_file.h"

namespace auth {

constexpr std::size_t kMaxCaFileBytes = 1 << 20;

// How an access token is validated.
enum class Validation {
  kIntrospection,       // by ZITADEL, whatever the token is
  kJwt,                 // by this program, with ZITADEL's key set; an opaque token is refused
  kJwtOrIntrospection,  // a JWT by this program, an opaque token by ZITADEL
};

// When an answer that has run out is still used for ZITADEL_GRACE.
enum class GraceWhen {
  kUnreachable,  // ZITADEL cannot be reached
  kFailing,      // that, or it calls every token inactive (auth/doubt.h)
};

// The effect on a request that the rules refuse.
enum class Mode {
  kEnforce,  // it is refused
  kReport,   // it goes on, and the protected program learns that it would be refused
};

// The callers that may see the metrics (ZITADEL_METRICS).
struct MetricsAccess {
  bool is_local = false;    // only callers on this machine
  Requirement requirement;  // otherwise callers that meet this
};

// Names in the comments are those of the environment and the .env file;
// .env.example explains each of them. auth/settings/rows.cpp says how each is read.
struct Settings {
  // The section of the settings file: its heading, and the hosts and paths that it is for. Empty:
  // the settings before the first section, which are for all other hosts and paths.
  std::string section;
  std::vector<Place> places;
  std::size_t sections = 1;  // number of instances of this program, this one included

  std::string domain;             // ZITADEL_DOMAIN: the issuer, no slash at its end
  std::string introspection_url;  // ZITADEL_INTROSPECTION_URL; empty: from discovery

  jose::KeyReading key_reading = jose::KeyReading::kNow;  // as given to load_settings
  std::string document_root;  // DOCUMENT_ROOT of the environment, which plain CGI has

  // The credentials of this API: exactly one of the two is set. Validation::kJwt asks ZITADEL about
  // no token and needs neither.
  std::optional<ApplicationKey> application_key;  // API_PRIVATE_KEY_FILE_PATH
  std::string client_id;                          // of the key, or ZITADEL_CLIENT_ID
  Secret client_secret;                           // ZITADEL_CLIENT_SECRET

  std::string project_id;         // ZITADEL_PROJECT_ID; empty: see Judge in token_claims.h
  std::string realm = "zitadel";  // ZITADEL_REALM
  std::string resource;           // ZITADEL_RESOURCE: this API's own URL; empty: no metadata
  std::string ca_file;            // ZITADEL_CA_FILE; empty: the system's
  std::string ca_certificates;    // what was in that file
  bool allow_http = false;        // ZITADEL_ALLOW_HTTP: http:// to other than loopback addresses

  Validation validation = Validation::kIntrospection;  // ZITADEL_VALIDATION
  bool jwt_shield = true;  // ZITADEL_JWT_SHIELD: ZITADEL is not asked about a bad JWT

  std::chrono::milliseconds connect_timeout{2000};  // ZITADEL_CONNECT_TIMEOUT_MS
  std::chrono::milliseconds timeout{5000};          // ZITADEL_TIMEOUT_MS
  unsigned threads = 2;                             // ZITADEL_THREADS: request threads
  LogLevel log_level = LogLevel::kInfo;             // ZITADEL_LOG_LEVEL
  std::string log_file;                             // ZITADEL_LOG_FILE; empty: standard error
  std::optional<MetricsAccess> metrics;             // ZITADEL_METRICS; none: nobody
  LogFormat log_format = LogFormat::kText;          // ZITADEL_LOG_FORMAT
  std::string audit_file;                           // ZITADEL_AUDIT_FILE; empty: none
  bool audit_to_journal = false;                    // ZITADEL_AUDIT_FILE is "journal"

  std::chrono::seconds cache_ttl{30};      // ZITADEL_CACHE_TTL; 0: ZITADEL is asked every time
  std::size_t cache_max_bytes = 64 << 20;  // ZITADEL_CACHE_MAX_BYTES
  std::chrono::seconds grace{0};           // ZITADEL_GRACE
  GraceWhen grace_when = GraceWhen::kUnreachable;  // ZITADEL_GRACE_WHEN
  // The shared store of several processes: one of these two, or if none is set, a folder that
  // belongs to this user.
  std::string cache_dir;                            // ZITADEL_CACHE_DIR
  std::optional<RedisAddress> cache_server;         // ZITADEL_CACHE_URL
  std::optional<EventsToken> events_token;          // ZITADEL_EVENTS_TOKEN_FILE; none: no feed
  std::string events_token_file;                    // path of that file
  std::chrono::milliseconds events_interval{1000};  // ZITADEL_EVENTS_INTERVAL_MS
  std::size_t max_in_flight = 4096;                 // ZITADEL_MAX_IN_FLIGHT
  std::size_t max_connections = 1024;               // ZITADEL_MAX_CONNECTIONS
  std::size_t max_parked = 8192;                    // ZITADEL_MAX_PARKED
  // For a server behind proxies: the header with the client's address, and the proxies that are
  // trusted.
  std::string client_address_header;      // ZITADEL_CLIENT_ADDRESS_HEADER; empty: REMOTE_ADDR
  std::vector<IpPrefix> trusted_proxies;  // ZITADEL_TRUSTED_PROXIES

  std::size_t max_token_bytes = kUsualAuthorizationBytes;  // ZITADEL_MAX_TOKEN_BYTES

  // Further places of an access token in a request.
  std::string token_cookie;      // ZITADEL_TOKEN_COOKIE: the cookie's name; empty: in none
  bool token_websocket = false;  // ZITADEL_TOKEN_WEBSOCKET: in Sec-WebSocket-Protocol

  std::string rules_file;                 // ZITADEL_RULES; empty: nothing else is protected
  Mode mode = Mode::kEnforce;             // ZITADEL_MODE
  std::vector<std::string> pass_claims;   // ZITADEL_PASS_CLAIMS
  std::vector<std::string> cors_origins;  // ZITADEL_CORS_ORIGINS; "*": all

  // Lines for the log: environment variables that look like settings but are none, and settings
  // that no longer have an effect.
  std::vector<std::string> warnings;
};

// Returns the places of each of the settings, in their order.
[[nodiscard]] inline std::vector<std::vector<Place>> places_of(const std::vector<Settings>& all) {
  std::vector<std::vector<Place>> places;
  places.reserve(all.size());
  for (const Settings& each : all) places.push_back(each.places);
  return places;
}

// Returns a line about the settings: "[example.org] the line" if they are of a section.
[[nodiscard]] inline std::string in_section(const Settings& settings, std::string_view line) {
  return settings.section.empty() ? std::string(line)
                                  : '[' + settings.section + "] " + std::string(line);
}

}  // namespace auth
