// Reads what ZITADEL's event search answers: which events there are, and what each ends.
//
// What an event lacks never makes it end less: a payload may be missing, {}, an object or base64
// text. Nothing of a payload is kept but the hash of an id; some hold secrets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/events/scope.h"

namespace auth {

struct Event {
  std::uint64_t id;       // a hash of its history and of its number there
  WallMicroseconds time;  // by ZITADEL's clock; events of one transaction have the same
  std::optional<Scope> ends{};
  // Not empty: the session or grant that it happened to, without a word about its user. If that
  // user is found (owner_search.h), the tokens of that user have ended instead.
  std::string owned{};
};

// The types of events that end something, as a JSON array: what the search is asked for.
[[nodiscard]] std::string event_types();

// The events in the order of the answer. A type that was not asked for ends nothing. Error:
// kMalformedAnswer, where it cannot be told which events there are, or when one was.
[[nodiscard]] Result<std::vector<Event>> read_events(std::string_view body);

// Asks for the events that say whose that session or grant is.
[[nodiscard]] std::string owner_query(std::string_view owned);
// The tokens of its users, from the answer to that; empty where it does not tell each of them.
[[nodiscard]] std::vector<Scope> read_owners(std::string_view body, std::string_view owned);

}  // namespace auth
