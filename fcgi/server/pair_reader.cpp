// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/pair_reader.h"

namespace fcgi {

bool PairReader::read(std::string_view bytes) {
  while (!bytes.empty()) {
    const bool is_length = part_ == Part::kNameLength || part_ == Part::kValueLength;
    if (!(is_length ? read_length(bytes) : read_text(bytes))) return false;
  }
  return true;
}

// A length has one byte, or four if the first bit is set.
bool PairReader::read_length(std::string_view& bytes) {
  const auto byte = static_cast<unsigned char>(bytes.front());
  bytes.remove_prefix(1);
  if (length_bytes_left_ > 0) {
    length_ = length_ << 8 | byte;
    --length_bytes_left_;
  } else if ((byte & 0x80) != 0) {
    length_ = byte & 0x7f;
    length_bytes_left_ = 3;
  } else {
    length_ = byte;
  }
  return length_bytes_left_ > 0 || take_length();
}

bool PairReader::take_length() {
  if (length_ > kMaxParamsBytes) return false;
  if (part_ == Part::kNameLength) {
    name_left_ = length_;
    part_ = Part::kValueLength;
    return name_left_ > 0 && ++count_ <= kMaxParams;
  }
  value_left_ = length_;
  part_ = Part::kName;
  return true;
}

bool PairReader::read_text(std::string_view& bytes) {
  const bool is_name = part_ == Part::kName;
  std::size_t& left = is_name ? name_left_ : value_left_;
  const std::string_view text = bytes.substr(0, left);
  bytes.remove_prefix(text.size());
  left -= text.size();
  if (text.find('\0') != text.npos || (is_name && text.find('=') != text.npos)) return false;
  if (name_left_ > 0) return true;
  part_ = value_left_ > 0 ? Part::kValue : Part::kNameLength;
  return true;
}

}  // namespace fcgi
