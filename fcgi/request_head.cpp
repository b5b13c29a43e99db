#include "fcgi/request_head.h"

#include <optional>

namespace fcgi {
namespace {

// FastCGI specification §8.
enum RecordType : unsigned { kBeginRequest = 1, kParams = 4, kStdin = 5 };
enum Role : unsigned { kResponder = 1, kAuthorizer = 2 };

constexpr std::size_t kHeaderBytes = 8;
constexpr std::size_t kBeginBytes = 8;
constexpr unsigned kKeepConnection = 1;

struct Header {
  unsigned type;
  unsigned id;
  std::size_t content;
  std::size_t padding;

  [[nodiscard]] std::size_t whole_record() const { return kHeaderBytes + content + padding; }
};

unsigned byte_at(std::string_view bytes, std::size_t index) {
  return static_cast<unsigned char>(bytes[index]);
}

unsigned id_at_front(std::string_view bytes) { return byte_at(bytes, 2) << 8 | byte_at(bytes, 3); }

// The header at the front, or nothing where it is not all there.
std::optional<Header> header_of(std::string_view bytes) {
  if (bytes.size() < kHeaderBytes) return std::nullopt;
  return Header{byte_at(bytes, 1), id_at_front(bytes), byte_at(bytes, 4) << 8 | byte_at(bytes, 5),
                byte_at(bytes, 6)};
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

// Reads one request record by record. What is wrong is told by a text, no text means nothing is.
class Reader {
 public:
  explicit Reader(std::string_view bytes) : bytes_(bytes), arrived_(bytes.size()) {}

  RequestHead read() {
    while (!bytes_.empty()) {
      if (const std::string_view why = objection(); !why.empty()) return refuse(why);
      const std::optional<Header> header = header_of(bytes_);
      if (!header) break;
      if (stage_ == Stage::kBody && head_.body.size() + header->content > kMaxBody) {
        return decide(RequestHead::State::kBodyTooLarge);
      }
      if (bytes_.size() < header->whole_record()) break;
      const std::string_view content = bytes_.substr(kHeaderBytes, header->content);
      bytes_.remove_prefix(header->whole_record());
      if (const std::string_view why = take(*header, content); !why.empty()) return refuse(why);
      if (stage_ == Stage::kEnd) return complete(*header);
    }
    if (arrived_ >= kMaxRequestBytes) return refuse("too long");
    return std::move(head_);
  }

 private:
  enum class Stage { kBegin, kParams, kBody, kEnd };

  // A record's first bytes already tell what may not be read, however long it claims to be.
  [[nodiscard]] std::string_view objection() const {
    if (byte_at(bytes_, 0) != 1) return "not FastCGI version 1";
    if (bytes_.size() >= 4 && id_at_front(bytes_) == 0) return "a management record";
    const std::optional<Header> header = header_of(bytes_);
    if (!header) return "";
    // Where its reading of one stream ends and of the next begins, libfcgi takes the padding for
    // another record: anything could be hidden there. No web server pads these.
    const bool between_streams = stage_ == Stage::kBegin || header->content == 0;
    if (between_streams && stage_ != Stage::kBody && header->padding > 0) {
      return "padding between two streams";
    }
    if (stage_ == Stage::kBegin) {
      const bool begins = header->type == kBeginRequest && header->content == kBeginBytes;
      return begins ? "" : "no BEGIN_REQUEST record at the beginning";
    }
    if (header->id != id_) return "another request on the same connection";
    const bool params = stage_ == Stage::kParams;
    if (header->type != (params ? kParams : kStdin)) return "a record out of place";
    const bool fits = params_.size() + header->content <= kMaxParamsBytes;
    return params && !fits ? "too many or too long variables" : "";
  }

  std::string_view take(const Header& header, std::string_view content) {
    if (stage_ == Stage::kBegin) return begin(header, content);
    if (stage_ == Stage::kParams) return add_params(content);
    head_.body.append(content);
    if (content.empty()) stage_ = Stage::kEnd;
    return "";
  }

  std::string_view begin(const Header& header, std::string_view content) {
    id_ = header.id;
    role_ = byte_at(content, 0) << 8 | byte_at(content, 1);
    head_.keep_connection = (byte_at(content, 2) & kKeepConnection) != 0;
    stage_ = Stage::kParams;
    return role_ == kResponder || role_ == kAuthorizer ? "" : "a role that is not offered";
  }

  std::string_view add_params(std::string_view content) {
    if (!content.empty()) {
      // Usually there is one record, and nothing to copy.
      if (params_.empty()) {
        params_ = content;
      } else {
        if (joined_.empty()) joined_ = params_;
        params_ = joined_.append(content);
      }
      return "";
    }
    // An authorizer gets no body (§6.3); what a server sends all the same is not waited for.
    stage_ = role_ == kAuthorizer ? Stage::kEnd : Stage::kBody;
    return well_formed(params_) ? "" : "malformed variables";
  }

  RequestHead complete(const Header& last) {
    // libfcgi leaves the last record's padding unread, and of what follows it reads some: whatever
    // came next on this connection would not be understood.
    const bool clean = last.padding == 0 && bytes_.empty() && role_ == kResponder;
    head_.keep_connection = head_.keep_connection && clean;
    head_.arrived = arrived_;
    return decide(RequestHead::State::kComplete);
  }

  RequestHead decide(RequestHead::State state) {
    head_.state = state;
    return std::move(head_);
  }

  static RequestHead refuse(std::string_view why) {
    RequestHead head;
    head.state = RequestHead::State::kRefused;
    head.refusal = why;
    return head;
  }

  std::string_view bytes_;
  const std::size_t arrived_;
  Stage stage_ = Stage::kBegin;
  unsigned id_ = 0;
  unsigned role_ = 0;
  std::string joined_{};       // PARAMS of several records
  std::string_view params_{};  // of one record, or joined_
  RequestHead head_{};
};

}  // namespace

RequestHead look_at(std::string_view bytes) { return Reader(bytes).read(); }

}  // namespace fcgi
