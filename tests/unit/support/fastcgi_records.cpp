// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/fastcgi_records.h"

#include <algorithm>

namespace support {
namespace {

void put_short(std::string& out, std::size_t number) {
  out.push_back(static_cast<char>(number >> 8));
  out.push_back(static_cast<char>(number));
}

std::string length(std::size_t number) {
  if (number < 0x80) return std::string(1, static_cast<char>(number));
  return long_length(static_cast<std::uint32_t>(number));
}

}  // namespace

std::string record(std::uint8_t type, unsigned id, std::string_view content, std::size_t padding,
                   std::uint8_t version) {
  std::string bytes;
  bytes.push_back(static_cast<char>(version));
  bytes.push_back(static_cast<char>(type));
  put_short(bytes, id);
  put_short(bytes, content.size());
  bytes.push_back(static_cast<char>(padding));
  bytes.push_back('\0');
  bytes.append(content).append(padding, '\xaa');
  return bytes;
}

std::string stream(std::uint8_t type, unsigned id, std::string_view content, std::size_t piece) {
  std::string bytes;
  while (!content.empty()) {
    bytes += record(type, id, content.substr(0, piece));
    content.remove_prefix(std::min(piece, content.size()));
  }
  return bytes + record(type, id, "");
}

std::string begin_request(unsigned id, unsigned role, bool keep) {
  std::string content;
  put_short(content, role);
  content.push_back(keep ? '\1' : '\0');
  content.append(5, '\0');
  return record(kBeginRequest, id, content);
}

std::string long_length(std::uint32_t length) {
  std::string bytes;
  put_short(bytes, (length >> 16) | 0x8000);
  put_short(bytes, length & 0xffff);
  return bytes;
}

std::string pair(std::string_view name, std::string_view value) {
  return length(name.size()) + length(value.size()) + std::string(name) + std::string(value);
}

std::string pairs(const Variables& variables) {
  std::string bytes;
  for (const auto& [name, value] : variables) bytes += pair(name, value);
  return bytes;
}

std::string request(std::string_view path, const RequestOptions& options) {
  Variables variables = {{"REQUEST_METHOD", options.body.empty() ? "GET" : "POST"},
                         {"PATH_INFO", std::string(path)}};
  variables.insert(variables.end(), options.variables.begin(), options.variables.end());
  return begin_request(options.id, kResponder, options.keep) +
         stream(kParams, options.id, pairs(variables)) + stream(kStdin, options.id, options.body);
}

std::string deadly_get_values() {
  std::string names;
  for (int i = 0; i < 100; ++i) names += pair("FCGI_MPXS_CONNS", "");
  return record(kGetValues, 0, names);
}

}  // namespace support
