// SPDX-License-Identifier: Apache-2.0
// RecordReader: cuts what arrives on a connection into FastCGI records (specification §3.3), in
// whatever pieces it comes.
#pragma once

#include <array>
#include <cstddef>
#include <string_view>

namespace fcgi {

// FastCGI specification §8.
enum RecordType : unsigned { kBeginRequest = 1, kAbortRequest = 2, kParams = 4, kStdin = 5 };

struct RecordHeader {
  unsigned type = 0;
  unsigned id = 0;
  std::size_t content = 0;  // bytes
  std::size_t padding = 0;  // bytes
};

// One thread at a time. Keeps only the bytes of a header that is not complete.
class RecordReader {
 public:
  enum class Part {
    kNothing,  // all bytes are taken, and the record goes on
    kHeader,
    kContent,  // some of it, or all
    kEnd,      // the end of the record and its padding
  };

  // Takes the next part of a record off the front of bytes.
  [[nodiscard]] Part next(std::string_view& bytes);

  // Returns why the arriving record cannot belong to a request, for the log: it is of another
  // version, or a management record. Its first bytes decide that, however long it claims to be.
  // Empty if it can belong to one.
  [[nodiscard]] std::string_view objection() const noexcept;
  // Returns the bytes of a complete header, until the record ends.
  [[nodiscard]] std::string_view header_bytes() const noexcept {
    return {header_bytes_.data(), header_size_};
  }
  // Returns the header of the last kHeader.
  [[nodiscard]] const RecordHeader& header() const noexcept { return header_; }
  // Returns the content of the last kContent: a view into the bytes that were given.
  [[nodiscard]] std::string_view content() const noexcept { return content_; }

 private:
  Part next_header(std::string_view& bytes);

  std::array<char, 8> header_bytes_{};
  std::size_t header_size_ = 0;
  RecordHeader header_{};
  std::size_t content_left_ = 0;
  std::size_t padding_left_ = 0;
  std::string_view content_{};
};

}  // namespace fcgi
