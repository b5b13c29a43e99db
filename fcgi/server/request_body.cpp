// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/request_body.h"

#include <utility>

namespace fcgi {

std::size_t RequestBody::read(std::string_view bytes) {
  const std::size_t arrived = bytes.size();
  while (reads_on()) {
    switch (records_.next(bytes)) {
      case RecordReader::Part::kNothing:
        refuse(records_.objection());
        return arrived;
      case RecordReader::Part::kHeader:
        take_header(records_.header());
        break;
      case RecordReader::Part::kContent:
        keep(records_.content());
        break;
      case RecordReader::Part::kEnd:
        if (records_.header().type == kStdin && records_.header().content == 0) {
          state_ = State::kWhole;
        }
        break;
    }
  }
  return arrived - bytes.size();
}

std::optional<std::string> RequestBody::take() {
  if (!keeps_) return std::nullopt;
  return std::exchange(content_, {});
}

void RequestBody::drop() {
  keeps_ = false;
  content_ = std::string();
}

void RequestBody::finish() {
  finished_ = true;
  drop();
}

bool RequestBody::reads_on() const noexcept {
  return state_ == State::kArriving || (finished_ && state_ == State::kWhole);
}

void RequestBody::take_header(const RecordHeader& header) {
  refuse(objection_to(header));
  if (state_ == State::kRefused) return;
  if (header.type == kBeginRequest) state_ = State::kNext;
  if (header.type == kAbortRequest && !finished_) state_ = State::kAborted;
  if (header.type != kStdin) return;
  left_ -= header.content;
  if (keeps_ && content_.size() + header.content > kMaxBody) drop();
}

std::string_view RequestBody::objection_to(const RecordHeader& header) const {
  if (const std::string_view why = records_.objection(); !why.empty()) return why;
  if (finished_ && header.type == kBeginRequest) return "";
  if (header.id != id_) return "another request on the same connection";
  if (header.type != kStdin && header.type != kAbortRequest) return "a record out of place";
  return header.content > left_ ? "too long a body" : "";
}

void RequestBody::refuse(std::string_view why) {
  if (why.empty()) return;
  state_ = State::kRefused;
  refusal_ = why;
}

void RequestBody::keep(std::string_view content) {
  if (keeps_) content_.append(content);
}

}  // namespace fcgi
