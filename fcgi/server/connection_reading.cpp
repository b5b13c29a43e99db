// SPDX-License-Identifier: Apache-2.0
// The reading part of Connection: the head of a request, its body, and what comes after it.
#include <utility>

#include "fcgi/server/connection.h"

namespace fcgi {
namespace {

void append(WipedBytes& to, std::string_view bytes) {
  to.insert(to.end(), bytes.begin(), bytes.end());
}

std::string_view view(const WipedBytes& bytes) { return {bytes.data(), bytes.size()}; }

}  // namespace

void Connection::read(std::string_view bytes) {
  if (is_answered()) bytes.remove_prefix(read_rest(bytes));
  if (state_ == State::kHead) bytes.remove_prefix(read_head(bytes));
  if (is_reading_body()) bytes.remove_prefix(read_body(bytes));
  if (is_reading_body()) append(kept_, bytes);
}

// Reads the rest of a request that is answered, up to the next one. Returns how many of the bytes
// do not belong to the next one.
std::size_t Connection::read_rest(std::string_view bytes) {
  const std::size_t size = body_.read(bytes);
  switch (body_.state()) {
    case RequestBody::State::kRefused:
      refuse(body_.refusal());
      return size;
    case RequestBody::State::kWhole:
      take_end_of_body();
      return size;
    case RequestBody::State::kNext:
      return size - begin_request(size);
    case RequestBody::State::kArriving:
    case RequestBody::State::kAborted:
      return size;
  }
  return size;
}

void Connection::take_end_of_body() {
  if (head_.keeps_connection()) {
    state_ = State::kIdle;
  } else {
    close();
  }
}

// Begins the request whose first record header was read at the end of that many bytes. Returns how
// many of these must be read again: the whole header, or none if it has come in two parts.
std::size_t Connection::begin_request(std::size_t read) {
  if (!head_.keeps_connection()) {
    close();
    return 0;
  }
  const std::string_view header = body_.next_header();
  state_ = State::kHead;
  began_at_ = tools_.now;
  head_ = RequestHead();
  if (read >= header.size()) return header.size();
  read_head(header);
  return 0;
}

std::size_t Connection::read_head(std::string_view bytes) {
  const std::size_t size = head_.read(bytes);
  if (!head_.refusal().empty()) {
    refuse(head_.refusal());
  } else if (kept_.empty() && head_.is_whole()) {
    decode(bytes.substr(0, size));
  } else {
    append(kept_, bytes.substr(0, size));
    if (head_.is_whole()) decode(view(std::exchange(kept_, {})));
  }
  return size;
}

void Connection::decode(std::string_view head) {
  decoded_ = tools_.codec.decode(head, head_.variables());
  if (!decoded_) return refuse("libfcgi cannot read it");
  ++request_;
  body_ = RequestBody(
      head_.id(), tools_.options.max_body_read,
      head_.is_authorizer() ? RequestBody::State::kWhole : RequestBody::State::kArriving);
  state_ = State::kDecoded;
}

std::size_t Connection::read_body(std::string_view bytes) {
  const std::size_t size = body_.read(bytes);
  const bool is_wanted = state_ == State::kDecoded || state_ == State::kBody;
  if (body_.state() == RequestBody::State::kAborted) {
    close();
  } else if (body_.state() == RequestBody::State::kRefused) {
    refuse(body_.refusal());
  } else if (is_wanted && body_.is_known()) {
    decoded_->set_body(body_.take());
  }
  return size;
}

}  // namespace fcgi
