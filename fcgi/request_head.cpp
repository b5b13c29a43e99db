#include "fcgi/request_head.h"

#include <optional>

namespace fcgi {
namespace {

// FastCGI specification §8.
enum RecordType : std::uint8_t { kBeginRequest = 1, kParams = 4, kStdin = 5 };
enum Role : unsigned { kResponder = 1, kAuthorizer = 2 };

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kBeginBytes = 8;
constexpr unsigned kKeepConnection = 1;

struct Record {
  std::uint8_t version;
  std::uint8_t type;
  unsigned id;
  std::string_view content;
};

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

// Takes one whole record off the front, or nothing where it is not all there.
std::optional<Record> take_record(std::string_view& bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  const std::size_t content = byte_at(bytes, 4) << 8 | byte_at(bytes, 5);
  const std::size_t whole = kHeaderBytes + content + byte_at(bytes, 6);
  if (bytes.size() < whole) return std::nullopt;
  const Record record{
      static_cast<std::uint8_t>(byte_at(bytes, 0)), static_cast<std::uint8_t>(byte_at(bytes, 1)),
      byte_at(bytes, 2) << 8 | byte_at(bytes, 3), bytes.substr(kHeaderBytes, content)};
  bytes.remove_prefix(whole);
  return record;
}

// A length of one or four bytes (§3.4), or nothing where it is cut off.
std::optional<std::size_t> take_length(std::string_view& bytes) {
  if (bytes.empty()) return std::nullopt;
  std::size_t length = byte_at(bytes, 0);
  std::size_t used = 1;
  if ((length & 0x80) != 0) {
    if (bytes.size() < 4) return std::nullopt;
    length = (length & 0x7f) << 24 | std::size_t{byte_at(bytes, 1)} << 16 |
             std::size_t{byte_at(bytes, 2)} << 8 | byte_at(bytes, 3);
    used = 4;
  }
  bytes.remove_prefix(used);
  return length;
}

// Names and values become "NAME=value" strings: what would change their meaning there is refused.
bool well_formed(std::string_view params) {
  for (std::size_t count = 0; !params.empty(); ++count) {
    const std::optional<std::size_t> name_length = take_length(params);
    if (!name_length) return false;
    const std::optional<std::size_t> value_length = take_length(params);
    if (!value_length || count == kMaxParams) return false;
    if (*name_length == 0 || *name_length > params.size()) return false;
    const std::string_view name = params.substr(0, *name_length);
    params.remove_prefix(*name_length);
    if (*value_length > params.size()) return false;
    const std::string_view value = params.substr(0, *value_length);
    params.remove_prefix(*value_length);
    constexpr std::string_view kForbidden("=\0", 2);
    if (name.find_first_of(kForbidden) != name.npos || value.find('\0') != value.npos) return false;
  }
  return true;
}

RequestHead refused(std::string_view why) {
  RequestHead head;
  head.state = RequestHead::State::kRefused;
  head.refusal = why;
  return head;
}

}  // namespace

RequestHead look_at(std::string_view bytes) {
  using State = RequestHead::State;
  RequestHead head;
  const std::size_t available = bytes.size();
  std::string joined;       // PARAMS of several records
  std::string_view params;  // of one record, or joined
  bool params_ended = false;
  std::optional<unsigned> id;
  unsigned role = 0;
  // A record's first bytes already tell what may not be read, however long it claims to be.
  while (!bytes.empty()) {
    if (byte_at(bytes, 0) != 1) return refused("not FastCGI version 1");
    if (bytes.size() >= 4 && (byte_at(bytes, 2) << 8 | byte_at(bytes, 3)) == 0) {
      return refused("a management record");
    }
    const std::optional<Record> record = take_record(bytes);
    if (!record) break;
    if (!id) {
      if (record->type != kBeginRequest || record->content.size() != kBeginBytes) {
        return refused("no BEGIN_REQUEST record at the beginning");
      }
      id = record->id;
      role = byte_at(record->content, 0) << 8 | byte_at(record->content, 1);
      if (role != kResponder && role != kAuthorizer) return refused("a role that is not offered");
      head.keep_connection = (byte_at(record->content, 2) & kKeepConnection) != 0;
      continue;
    }
    if (record->id != *id) return refused("another request on the same connection");
    if (record->type != (params_ended ? kStdin : kParams)) return refused("a record out of place");
    if (!params_ended) {
      if (!record->content.empty()) {
        if (joined.size() + params.size() + record->content.size() > kMaxParamsBytes) {
          return refused("too many or too long variables");
        }
        if (params.empty() && joined.empty()) {
          params = record->content;
        } else {
          joined.append(params).append(record->content);
          params = {};
        }
        continue;
      }
      if (!well_formed(joined.empty() ? params : joined)) return refused("malformed variables");
      params_ended = true;
      if (role == kResponder) continue;
      // An authorizer gets no body (§6.3); what a server sends all the same is not waited for.
      head.keep_connection = false;
    } else if (!record->content.empty()) {
      if (head.body.size() + record->content.size() > kMaxBody) {
        head.state = State::kBodyTooLarge;
        return head;
      }
      head.body.append(record->content);
      continue;
    }
    head.state = State::kComplete;
    head.size = available - bytes.size();
    return head;
  }
  if (available >= kMaxRequestBytes) return refused("too long");
  return head;
}

}  // namespace fcgi
