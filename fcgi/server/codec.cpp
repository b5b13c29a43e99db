// SPDX-License-Identifier: Apache-2.0
#include "fcgi/server/codec.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "auth/base/log.h"
#include "auth/base/secret.h"
#include "fcgi/server/request_head.h"

namespace fcgi {
namespace {

// Number of bytes that libfcgi reads and writes at once.
constexpr std::size_t kCodecBuffer = 8192;
// Maximum number of bytes of an answer that are written before the pipe is read.
constexpr std::size_t kAnswerPart = 32 << 10;
// Minimum capacity of the pipe: for such a part, what libfcgi kept of the part before, and the
// records at the end.
constexpr std::size_t kLeastCapacity = 64 << 10;

// Returns the value if the "NAME=value" string is of a variable that may hold a token
// (fcgi/http/request.h), otherwise null. Apache puts one REDIRECT_ in front for each internal
// redirect.
char* secret_in(char* variable) noexcept {
  constexpr std::string_view kRedirect = "REDIRECT_";
  while (*variable == 'R' && std::strncmp(variable, kRedirect.data(), kRedirect.size()) == 0) {
    variable += kRedirect.size();
  }
  if (*variable != 'H') return nullptr;
  for (const std::string_view name :
       {std::string_view("HTTP_AUTHORIZATION"), kCookies, kSubprotocols}) {
    const bool is_one = std::strncmp(variable, name.data(), name.size()) == 0;
    if (is_one && variable[name.size()] == '=') return variable + name.size() + 1;
  }
  return nullptr;
}

// Wipes what libfcgi's reader still holds of the head. The reader has filled its buffer from the
// front with each piece of the head, and its position is after the last one. If it is not, this is
// another libfcgi.
void wipe_reader(const FCGX_Stream& reader, std::size_t head_size) {
  const std::size_t last_piece = (head_size - 1) % kCodecBuffer + 1;
  unsigned char* buffer = nullptr;  // the first member of libfcgi's private data
  std::memcpy(&buffer, reader.data, sizeof buffer);
  if (buffer + last_piece != reader.rdNext) return;
  auth::wipe(buffer, std::min(head_size, kCodecBuffer));
}

}  // namespace

DecodedRequest::~DecodedRequest() {
  wipe_secrets();
  FCGX_Free(&fcgx_, 0);
}

void DecodedRequest::set_body(std::optional<std::string> body) {
  has_body_ = true;
  body_ = std::move(body);
  request_->set_body(body_ ? std::optional<std::string_view>(*body_) : std::nullopt);
}

void DecodedRequest::wipe_secrets() noexcept {
  if (fcgx_.envp == nullptr || std::exchange(wiped_, true)) return;
  for (char** each = fcgx_.envp; *each != nullptr; ++each) {
    char* const value = secret_in(*each);
    if (value != nullptr) auth::wipe(value, std::strlen(value));
  }
}

Codec::Codec() {
  open();
  if (is_open() && capacity_ >= kLeastCapacity) return;
  auth::log(auth::LogLevel::kError,
            is_open() ? "pipes of this user are too small: see fs.pipe-user-pages-soft"
                      : "no descriptor is left for a pipe");
  reader_ = auth::Descriptor();
}

void Codec::open() {
  int ends[2] = {-1, -1};
  if (::pipe2(ends, O_CLOEXEC | O_NONBLOCK) != 0) ends[0] = ends[1] = -1;
  reader_ = auth::Descriptor(ends[0]);
  writer_ = auth::Descriptor(ends[1]);
  capacity_ = static_cast<std::size_t>(std::max(0, ::fcntl(writer_.get(), F_GETPIPE_SZ)));
}

std::shared_ptr<DecodedRequest> Codec::decode(std::string_view head, std::size_t variables) {
  auto request = std::make_shared<DecodedRequest>();
  if (is_open() && put(head) && read_head(request->fcgx_, head.size(), variables)) {
    request->request_.emplace(request->fcgx_.envp, std::nullopt);
    return request;
  }
  // What is left in the pipe must not become a part of the next request.
  open();
  return nullptr;
}

bool Codec::put(std::string_view head) {
  if (head.size() > capacity_) {
    const int enlarged = ::fcntl(writer_.get(), F_SETPIPE_SZ, static_cast<int>(kMaxHeadBytes));
    if (enlarged > 0) capacity_ = static_cast<std::size_t>(enlarged);
  }
  const ssize_t written = ::write(writer_.get(), head.data(), head.size());
  return written == static_cast<ssize_t>(head.size());
}

bool Codec::read_head(FCGX_Request& fcgx, std::size_t head_size, std::size_t variables) {
  // Cannot fail: it only sets the members. There is no listening socket: libfcgi must not accept.
  // With a connection that is to be kept, it does not accept either, but reads from this one.
  FCGX_InitRequest(&fcgx, -1, 0);
  fcgx.ipcFd = reader_.get();
  fcgx.keepConnection = 1;
  if (FCGX_Accept_r(&fcgx) != 0) {
    if (fcgx.ipcFd < 0) static_cast<void>(reader_.release());  // libfcgi has closed it
    return false;
  }
  wipe_reader(*fcgx.in, head_size);
  FCGX_FreeStream(&fcgx.in);
  // libfcgi adds the role. If it had found another end of the head than RequestHead, there would be
  // more or fewer variables, and some of this head might still be in the pipe.
  std::size_t count = 0;
  while (fcgx.envp[count] != nullptr) ++count;
  return count == variables + 1;
}

std::string Codec::encode(DecodedRequest& request, std::string_view answer) {
  std::string records;
  put_answer(request.fcgx_, answer, records);
  const bool good = write_end(request.fcgx_, answer);
  take_out(records);
  return good ? records : std::string();
}

std::string Codec::encode_part(DecodedRequest& request, std::string_view part) {
  FCGX_Request& fcgx = request.fcgx_;
  std::string records;
  put_answer(fcgx, part, records);
  FCGX_PutStr(part.data(), static_cast<int>(part.size()), fcgx.out);
  const bool good = FCGX_FFlush(fcgx.out) == 0;
  take_out(records);
  return good ? records : std::string();
}

// Writes all parts of the answer but the last one, which stays in `answer`.
void Codec::put_answer(FCGX_Request& fcgx, std::string_view& answer, std::string& records) {
  fcgx.ipcFd = writer_.get();
  records.reserve(answer.size() + answer.size() / 256 + 64);
  while (answer.size() > kAnswerPart) {
    FCGX_PutStr(answer.data(), static_cast<int>(kAnswerPart), fcgx.out);
    answer.remove_prefix(kAnswerPart);
    take_out(records);
  }
}

bool Codec::send(DecodedRequest& request, std::string_view answer, int socket) {
  static_assert(kMaxSentAtOnce < kCodecBuffer / 2);
  request.fcgx_.ipcFd = socket;
  return write_end(request.fcgx_, answer);
}

bool Codec::write_end(FCGX_Request& fcgx, std::string_view answer) {
  FCGX_PutStr(answer.data(), static_cast<int>(answer.size()), fcgx.out);
  const bool closed = FCGX_FClose(fcgx.err) == 0;
  return FCGX_FClose(fcgx.out) == 0 && closed;
}

void Codec::take_out(std::string& records) {
  static_assert(kAnswerPart + 2 * kCodecBuffer < kLeastCapacity);
  static_assert(sizeof piece_ >= kLeastCapacity);
  const ssize_t count = ::read(reader_.get(), piece_.data(), piece_.size());
  if (count > 0) records.append(piece_.data(), static_cast<std::size_t>(count));
}

}  // namespace fcgi
