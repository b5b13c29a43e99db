// SPDX-License-Identifier: Apache-2.0
// Input: a .env file.
#include "auth/settings/dotenv.h"

#include <algorithm>

#include "auth/base/place.h"
#include "tests/fuzz/fuzz.h"

namespace {

bool is_name(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(), [](unsigned char byte) {
    return std::isalnum(byte) != 0 || byte == '_' || byte == '-' || byte == '.';
  });
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size > auth::kMaxDotenvBytes) return 0;
  const auth::Dotenv file = auth::parse_dotenv(auth::SecretView(fuzz::text_of(data, size)));
  for (const auth::DotenvEntry& entry : file.entries) {
    fuzz::require(is_name(entry.name) && entry.value.size() <= size);
    fuzz::require(entry.line >= 1 && entry.line <= size + 1);
    fuzz::require(entry.section <= file.headings.size());
  }
  for (const auth::DotenvHeading& heading : file.headings) {
    fuzz::require(heading.text.size() <= size && heading.line >= 1 && heading.line <= size + 1);
    if (const auto places = auth::parse_places(heading.text)) {
      for (const auth::Place& place : *places) {
        const auto again = auth::parse_places(to_string(place));
        fuzz::require(again && again->size() == 1 && again->front() == place);
        fuzz::require(auth::plain_host(place.host) == place.host);
      }
    }
  }
  fuzz::require(file.mistakes.size() <= auth::kMaxDotenvMistakes);
  for (const auth::DotenvMistake& mistake : file.mistakes) {
    fuzz::require(!mistake.message.empty() && mistake.line >= 1 && mistake.line <= size + 1);
  }
  return 0;
}
