// SPDX-License-Identifier: Apache-2.0
// Reads what ZITADEL's event search answers: which events there are, and what each ends.
//
// What an event lacks never makes it end less: a payload may be missing, {}, an object or base64
// text. Nothing of a payload is kept but the hash of an id; some hold secrets.
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

// Where ZITADEL is asked for its events, below its own URL.
constexpr const char* kEventSearch = "/admin/v1/events/_search";
// Of its answer. One event can be larger than any other answer: ZITADEL takes no request of more
// than 4 MiB, and written as JSON what was in one is longer.
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
  std::optional<Lost> lost{};      // of an API:
  std::uint64_t lost_thing = 0;    // name_hash of the key's or the application's id
  std::uint64_t lost_project = 0;  // and of the project's
};

[[nodiscard]] std::uint64_t name_hash(std::string_view name) noexcept;

// The types of events that end something, as a JSON array: what the search is asked for.
[[nodiscard]] std::string event_types();

// A text in the payload of an event of the answer, which is an object, or base64 text that holds
// one. Empty where there is no such text.
[[nodiscard]] std::string payload_text(const Json& event, std::string_view name);

// The events in the order of the answer. A type that was not asked for ends nothing. Error:
// kMalformedAnswer, where it cannot be told which events there are, or when one was.
[[nodiscard]] Result<std::vector<Event>> read_events(std::string_view body);

// Asks for the events of that history, a session's or a grant's, that say to whom it belongs.
[[nodiscard]] std::string users_query(std::string_view history);
// What ends with it, from the answer to that: the tokens of its users. Empty where it does not tell
// each of them.
[[nodiscard]] std::vector<Scope> read_users(std::string_view body, std::string_view history);

}  // namespace auth
