// Input: the bytes at the beginning of a FastCGI connection.
#include "fcgi/request_head.h"

#include "tests/fuzz/fuzz.h"

namespace {

using State = fcgi::RequestHead::State;

// More bytes never change what was said of the first ones.
void check_beginning(std::string_view bytes, const fcgi::RequestHead& whole, std::size_t size) {
  const fcgi::RequestHead head = fcgi::look_at(bytes.substr(0, size));
  if (head.state == State::kIncomplete) return;
  fuzz::require(head.state == whole.state && head.body == whole.body);
  fuzz::require(head.refusal == whole.refusal);
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view bytes = fuzz::text_of(data, size);
  const fcgi::RequestHead head = fcgi::look_at(bytes);
  fuzz::require(head.body.size() <= fcgi::kMaxBody);
  fuzz::require((head.state == State::kRefused) == !head.refusal.empty());
  for (const std::size_t part : {2U, 3U, 5U}) {
    check_beginning(bytes, head, size / part);
    check_beginning(bytes, head, size - size / part);
  }
  return 0;
}
