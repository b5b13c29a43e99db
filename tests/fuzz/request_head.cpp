// SPDX-License-Identifier: Apache-2.0
// Input: the bytes at the beginning of a FastCGI connection.
#include "fcgi/server/request_head.h"

#include "fcgi/server/request_body.h"
#include "tests/fuzz/fuzz.h"
#include "tests/unit/support/request_reading.h"

namespace {

using support::read_request;
using support::RequestReading;
using State = RequestReading::State;

void require_same(const RequestReading& one, const RequestReading& other) {
  fuzz::require(one.state == other.state && one.body == other.body);
  fuzz::require(one.refusal == other.refusal);
  fuzz::require(one.state != State::kWhole || one.read == other.read);
}

// More bytes never change what was said of the first ones.
void check_beginning(std::string_view bytes, const RequestReading& whole, std::size_t size) {
  const RequestReading part = read_request(bytes.substr(0, size));
  if (part.state == State::kIncomplete || part.state == State::kHeadWhole) return;
  require_same(part, whole);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const RequestReading whole = read_request(bytes);
  fuzz::require(whole.read <= size && whole.head_size <= fcgi::kMaxHeadBytes);
  fuzz::require(whole.body.value_or("").size() <= fcgi::kMaxBody);
  fuzz::require((whole.state == State::kRefused) == !whole.refusal.empty());
  for (const std::size_t part : {2U, 3U, 5U}) {
    check_beginning(bytes, whole, size / part);
    check_beginning(bytes, whole, size - size / part);
    // Nor does it matter in which pieces they come.
    require_same(whole, read_request(bytes, part));
  }
  return 0;
}
