// SPDX-License-Identifier: Apache-2.0
// PairReader: checks a request's variables, the name-value pairs of its PARAMS stream (FastCGI
// specification §3.4), in whatever pieces they come.
#pragma once

#include <cstddef>
#include <string_view>

namespace fcgi {

constexpr std::size_t kMaxParams = 1000;
constexpr std::size_t kMaxParamsBytes = 96 << 10;  // lighttpd sends at most 65,535 bytes

// Names and values become "NAME=value" strings: a pair that would change its meaning there is
// malformed, and so is an empty name. One thread at a time. Keeps none of the bytes.
class PairReader {
 public:
  // Returns false if the pairs are malformed, too long, or more than kMaxParams.
  [[nodiscard]] bool read(std::string_view bytes);

  // Whether the bytes so far end between two pairs.
  [[nodiscard]] bool is_between_pairs() const noexcept {
    return part_ == Part::kNameLength && length_bytes_left_ == 0;
  }
  [[nodiscard]] std::size_t count() const noexcept { return count_; }

 private:
  enum class Part { kNameLength, kValueLength, kName, kValue };

  [[nodiscard]] bool read_length(std::string_view& bytes);
  [[nodiscard]] bool take_length();
  [[nodiscard]] bool read_text(std::string_view& bytes);

  Part part_ = Part::kNameLength;
  std::size_t length_ = 0;             // as far as it has arrived
  std::size_t length_bytes_left_ = 0;  // of a length of four bytes
  std::size_t name_left_ = 0;
  std::size_t value_left_ = 0;
  std::size_t count_ = 0;
};

}  // namespace fcgi
