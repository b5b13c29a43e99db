// SPDX-License-Identifier: Apache-2.0
// Input: the body of an answer of the event search.
#include "auth/events/event_reader.h"

#include "tests/fuzz/fuzz.h"

namespace {

// What a type ends in the least: never less for want of a payload.
void check(const auth::Event& event) {
  if (event.ends_jwts || !event.whose.empty()) fuzz::require(event.ends.has_value());
  if (!event.whose.empty()) {
    const auth::Ends kind = auth::kind_of(*event.ends);
    fuzz::require(kind == auth::Ends::kEverything || kind == auth::Ends::kAnyRole);
  }
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view body = fuzz::text_of(data, size);
  const auto events = auth::read_events(body);
  const auto again = auth::read_events(body);
  fuzz::require(events.has_value() == again.has_value());
  if (events) {
    fuzz::require(events->size() <= size / 2 && events->size() == again->size());
    for (const auth::Event& event : *events) check(event);
  }
  for (const auth::Scope scope : auth::read_users(body, "9")) {
    fuzz::require(auth::kind_of(scope) == auth::Ends::kSubject);
  }
  return 0;
}
