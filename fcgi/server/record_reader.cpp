// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/record_reader.h"

#include <algorithm>

namespace fcgi {
namespace {

// Takes at most `most` bytes off the front.
std::string_view take(std::string_view& bytes, std::size_t most) {
  const std::string_view front = bytes.substr(0, most);
  bytes.remove_prefix(front.size());
  return front;
}

}  // namespace

RecordReader::Part RecordReader::next(std::string_view& bytes) {
  if (header_size_ < header_bytes_.size()) return next_header(bytes);
  if (content_left_ > 0) {
    content_ = take(bytes, content_left_);
    content_left_ -= content_.size();
    return content_.empty() ? Part::kNothing : Part::kContent;
  }
  padding_left_ -= take(bytes, padding_left_).size();
  if (padding_left_ > 0) return Part::kNothing;
  header_size_ = 0;
  return Part::kEnd;
}

std::string_view RecordReader::objection() const noexcept {
  if (header_size_ > 0 && header_bytes_[0] != 1) return "not FastCGI version 1";
  const bool is_management = header_size_ >= 4 && header_bytes_[2] == 0 && header_bytes_[3] == 0;
  return is_management ? "a management record" : "";
}

RecordReader::Part RecordReader::next_header(std::string_view& bytes) {
  const std::string_view front = take(bytes, header_bytes_.size() - header_size_);
  std::copy(front.begin(), front.end(), header_bytes_.begin() + header_size_);
  header_size_ += front.size();
  if (header_size_ < header_bytes_.size()) return Part::kNothing;
  const auto byte = [this](std::size_t at) {
    return static_cast<unsigned char>(header_bytes_[at]);
  };
  header_.type = byte(1);
  header_.id = static_cast<unsigned>(byte(2)) << 8 | byte(3);
  header_.content = content_left_ = std::size_t{byte(4)} << 8 | byte(5);
  header_.padding = padding_left_ = byte(6);
  return Part::kHeader;
}

}  // namespace fcgi
