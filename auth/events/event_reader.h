// SPDX-License-Identifier: Apache-2.0
// Reads the answers of ZITADEL's event search: the events, and what each of them ends.
//
// Missing data never makes an event end less: a payload may be missing, {}, an object or base64
// text. Of a payload, only the hash of an id is kept, because some payloads hold secrets.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/json.h"
#include "auth/base/result.h"
#include "auth/events/scope.h"

namespace auth {

// Path of the event search, below ZITADEL's own URL.
constexpr const char* kEventSearch = "/admin/v1/events/_search";
// Maximum size of its answer. One event can be larger than any other answer: ZITADEL accepts
// requests of up to 4 MiB, and their content is longer when it is written as JSON.
constexpr std::size_t kMostEventBytes = 16 << 20;

// Something without which ZITADEL refuses an API: its key, its secret, its application, its
// project.
enum class Lost : std::uint8_t { kKey, kSecret, kApplication, kProject };

struct Event {
  std::uint64_t id;       // a hash of its history, of its number there and of its time
  WallMicroseconds time;  // by ZITADEL's clock; events of one transaction have the same
  std::optional<Scope> ends{};
  bool ends_jwts = false;          // also JWTs that were issued until then
  std::string whose{};             // the history that names the user whom `ends` should name
  std::optional<Lost> lost{};      // what an API has lost
  std::uint64_t lost_thing = 0;    // name_hash of the key's or the application's id
  std::uint64_t lost_project = 0;  // name_hash of the project's id
};

[[nodiscard]] std::uint64_t name_hash(std::string_view name) noexcept;

// Returns the types of events that the search asks for, as a JSON array.
[[nodiscard]] std::string event_types();

// Returns a text of the payload of an event. The payload is an object, or base64 text that holds
// one. Empty if there is no such text.
[[nodiscard]] std::string payload_text(const Json& event, std::string_view name);

// Returns the events in the order of the answer. A type that was not asked for ends nothing. Error:
// kMalformedAnswer if the answer does not say which events there are, or when one happened.
[[nodiscard]] Result<std::vector<Event>> read_events(std::string_view body);

// Returns the query for the events of that history, a session's or a grant's, that name its user.
[[nodiscard]] std::string users_query(std::string_view history);
// Returns what ends with that history, from the answer to this query: the tokens of its users.
// Empty if one of its events does not name the user.
[[nodiscard]] std::vector<Scope> read_users(std::string_view body, std::string_view history);

}  // namespace auth
