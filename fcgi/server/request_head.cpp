// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/request_head.h"

#include <algorithm>

namespace fcgi {
namespace {

// FastCGI specification §8.
enum Role : unsigned { kResponder = 1, kAuthorizer = 2 };
constexpr unsigned kKeepConnection = 1;

unsigned byte_at(const std::array<char, 8>& bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

unsigned role_of(const std::array<char, 8>& begin) {
  return byte_at(begin, 0) << 8 | byte_at(begin, 1);
}

}  // namespace

std::size_t RequestHead::read(std::string_view bytes) {
  bytes = bytes.substr(0, kMaxHeadBytes - size_);
  const std::size_t arrived = bytes.size();
  read_parts(bytes);
  const std::size_t used = arrived - bytes.size();
  size_ += used;
  if (size_ == kMaxHeadBytes && !is_whole() && refusal_.empty()) refusal_ = "too long";
  return used;
}

bool RequestHead::is_authorizer() const noexcept { return role_of(begin_) == kAuthorizer; }

bool RequestHead::keeps_connection() const noexcept {
  return (byte_at(begin_, 2) & kKeepConnection) != 0;
}

void RequestHead::read_parts(std::string_view& bytes) {
  while (!is_whole() && refusal_.empty()) {
    switch (records_.next(bytes)) {
      case RecordReader::Part::kNothing:
        refusal_ = records_.objection();
        return;
      case RecordReader::Part::kHeader:
        refusal_ = objection_to(records_.header());
        break;
      case RecordReader::Part::kContent:
        refusal_ = take(records_.content());
        break;
      case RecordReader::Part::kEnd:
        refusal_ = end_record();
        break;
    }
  }
}

std::string_view RequestHead::objection_to(const RecordHeader& header) const {
  if (const std::string_view why = records_.objection(); !why.empty()) return why;
  // Where its reading of one stream ends and of the next begins, libfcgi takes the padding for
  // another record: anything could be hidden there. No web server pads these.
  const bool between_streams = stage_ == Stage::kBegin || header.content == 0;
  if (between_streams && header.padding > 0) return "padding between two streams";
  if (stage_ == Stage::kBegin) {
    const bool begins = header.type == kBeginRequest && header.content == begin_.size();
    return begins ? "" : "no BEGIN_REQUEST record at the beginning";
  }
  if (header.id != id_) return "another request on the same connection";
  if (header.type != kParams) return "a record out of place";
  const bool fits = params_size_ + header.content <= kMaxParamsBytes;
  return fits ? "" : "too many or too long variables";
}

std::string_view RequestHead::take(std::string_view content) {
  if (stage_ == Stage::kBegin) {
    std::copy(content.begin(), content.end(), begin_.begin() + begin_size_);
    begin_size_ += content.size();
    return "";
  }
  params_size_ += content.size();
  return pairs_.read(content) ? "" : "malformed variables";
}

std::string_view RequestHead::end_record() {
  if (stage_ == Stage::kBegin) {
    id_ = records_.header().id;
    stage_ = Stage::kParams;
    const unsigned role = role_of(begin_);
    return role == kResponder || role == kAuthorizer ? "" : "a role that is not offered";
  }
  if (records_.header().content > 0) return "";
  if (!pairs_.is_between_pairs()) return "malformed variables";
  stage_ = Stage::kEnd;
  return "";
}

}  // namespace fcgi
