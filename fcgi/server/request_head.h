// SPDX-License-Identifier: Apache-2.0
// RequestHead: reads what a web server sends up to the body, before libfcgi may see it.
//
// libfcgi waits for a head that is half there, smashes its stack on some management records, and
// allocates what a length field says. So it gets one whole, well-formed head (FastCGI specification
// §3, §5.1, §5.2) and nothing else.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

#include "fcgi/server/pair_reader.h"
#include "fcgi/server/record_reader.h"

namespace fcgi {

// Maximum size of a head, in bytes: the variables, with the headers and padding of records.
constexpr std::size_t kMaxHeadBytes = 128 << 10;

// One thread at a time. Keeps none of the variables.
class RequestHead {
 public:
  // Reads on. Returns how many of the bytes are the head's: all of them, unless it is whole or
  // refused.
  std::size_t read(std::string_view bytes);

  [[nodiscard]] bool is_whole() const noexcept { return stage_ == Stage::kEnd; }
  // Why the connection is to be closed, for the log; empty if nothing is wrong.
  [[nodiscard]] std::string_view refusal() const noexcept { return refusal_; }

  // Valid once the head is complete.
  [[nodiscard]] unsigned id() const noexcept { return id_; }
  [[nodiscard]] std::size_t size() const noexcept { return size_; }  // bytes
  [[nodiscard]] std::size_t variables() const noexcept { return pairs_.count(); }
  [[nodiscard]] bool is_authorizer() const noexcept;
  // Whether the web server wants to use the connection again (FCGI_KEEP_CONN).
  [[nodiscard]] bool keeps_connection() const noexcept;

 private:
  enum class Stage { kBegin, kParams, kEnd };

  void read_parts(std::string_view& bytes);
  [[nodiscard]] std::string_view objection_to(const RecordHeader& header) const;
  [[nodiscard]] std::string_view take(std::string_view content);
  [[nodiscard]] std::string_view end_record();

  RecordReader records_{};
  Stage stage_ = Stage::kBegin;
  std::string_view refusal_{};
  std::size_t size_ = 0;
  std::array<char, 8> begin_{};  // the content of BEGIN_REQUEST
  std::size_t begin_size_ = 0;
  unsigned id_ = 0;
  std::size_t params_size_ = 0;
  PairReader pairs_{};
};

}  // namespace fcgi
