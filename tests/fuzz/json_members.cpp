// SPDX-License-Identifier: Apache-2.0
// Input: a JSON object to which others add what they like.
#include "auth/base/json_members.h"

#include <optional>
#include <string_view>

#include "tests/fuzz/fuzz.h"

using auth::Json;
using auth::JsonMembers;

// What the strict reader takes is taken here too, and means the same.
int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text = fuzz::text_of(data, size);
  const std::optional<JsonMembers> members = JsonMembers::parse(text);
  const std::optional<Json> strictly = Json::parse(text);
  if (strictly && strictly->is_object()) fuzz::require(members.has_value());
  if (!members) return 0;
  fuzz::require(members->readable().is_object());
  members->readable().for_each_member([&](std::string_view name, const Json& value) {
    fuzz::require(!members->is_unreadable(name));
    fuzz::require(value.serialise() != "null");
    if (strictly) fuzz::require(strictly->member(name)->serialise() == value.serialise());
  });
  return 0;
}
