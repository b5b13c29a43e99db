// SPDX-License-Identifier: Apache-2.0
// FastCGI records by hand (FastCGI specification §3.3, §3.4, §5), right ones and wrong ones.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace support {

enum RecordType : std::uint8_t {
  kBeginRequest = 1,
  kAbortRequest = 2,
  kEndRequest = 3,
  kParams = 4,
  kStdin = 5,
  kStdout = 6,
  kStderr = 7,
  kData = 8,
  kGetValues = 9,
};

enum Role : unsigned { kResponder = 1, kAuthorizer = 2, kFilter = 3 };

// One record. Its content is at most 65,535 bytes.
[[nodiscard]] std::string record(std::uint8_t type, unsigned id, std::string_view content,
                                 std::size_t padding = 0, std::uint8_t version = 1);
// A stream in records of at most that size, and its empty end.
[[nodiscard]] std::string stream(std::uint8_t type, unsigned id, std::string_view content,
                                 std::size_t piece = 65535);
[[nodiscard]] std::string begin_request(unsigned id = 1, unsigned role = kResponder,
                                        bool keep = false);

using Variables = std::vector<std::pair<std::string, std::string>>;

// A name and a value with their lengths in one or four bytes, as is usual.
[[nodiscard]] std::string pair(std::string_view name, std::string_view value);
[[nodiscard]] std::string pairs(const Variables& variables);
// A length in four bytes, whatever it is.
[[nodiscard]] std::string long_length(std::uint32_t length);

struct RequestOptions {
  unsigned id = 1;
  bool keep = false;
  std::string body{};
  Variables variables{};
};

// A whole request: GET or, with a body, POST of that path.
[[nodiscard]] std::string request(std::string_view path, const RequestOptions& options = {});

// An FCGI_GET_VALUES record that smashes libfcgi's stack where it is read: a known name, often.
[[nodiscard]] std::string deadly_get_values();

}  // namespace support
