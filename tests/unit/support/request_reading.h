// SPDX-License-Identifier: Apache-2.0
// What the server makes of the bytes of one request, read in pieces of any size.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fcgi/server/request_body.h"
#include "fcgi/server/request_head.h"

namespace support {

struct RequestReading {
  enum class State { kIncomplete, kHeadWhole, kWhole, kAborted, kRefused };

  State state = State::kIncomplete;
  std::string refusal{};
  std::size_t head_size = 0;      // bytes
  std::size_t read = 0;           // bytes of the request
  bool keeps_connection = false;  // where the head is whole
  bool knows_body = false;
  std::optional<std::string> body{};  // where it is known; nullopt: too long
};

inline RequestReading::State state_of(const fcgi::RequestBody& body) {
  switch (body.state()) {
    case fcgi::RequestBody::State::kArriving:
      return RequestReading::State::kHeadWhole;
    case fcgi::RequestBody::State::kWhole:
    case fcgi::RequestBody::State::kNext:
      return RequestReading::State::kWhole;
    case fcgi::RequestBody::State::kAborted:
      return RequestReading::State::kAborted;
    case fcgi::RequestBody::State::kRefused:
      return RequestReading::State::kRefused;
  }
  return RequestReading::State::kRefused;
}

// Reads until the bytes or the request end. body_most: as for fcgi::RequestBody.
inline RequestReading read_request(std::string_view bytes, std::size_t piece = std::string::npos,
                                   std::uint64_t body_most = 1U << 30) {
  RequestReading reading;
  fcgi::RequestHead head;
  fcgi::RequestBody body;
  bool is_over = false;
  while (!bytes.empty() && !is_over) {
    const std::string_view next = bytes.substr(0, piece);
    const bool was_whole = head.is_whole();
    std::size_t used = was_whole ? 0 : head.read(next);
    if (head.is_whole() && !was_whole) {
      body = fcgi::RequestBody(head.id(), body_most,
                               head.is_authorizer() ? fcgi::RequestBody::State::kWhole
                                                    : fcgi::RequestBody::State::kArriving);
    }
    if (head.is_whole()) used += body.read(next.substr(used));
    reading.read += used;
    bytes.remove_prefix(used);
    is_over = !head.refusal().empty() ||
              (head.is_whole() && body.state() != fcgi::RequestBody::State::kArriving);
  }
  reading.head_size = head.size();
  reading.refusal = std::string(head.refusal()) + std::string(body.refusal());
  if (!reading.refusal.empty()) {
    reading.state = RequestReading::State::kRefused;
  } else if (head.is_whole()) {
    reading.state = state_of(body);
    reading.keeps_connection = head.keeps_connection();
    reading.knows_body = body.is_known();
    if (reading.knows_body) reading.body = body.take();
  }
  return reading;
}

}  // namespace support
