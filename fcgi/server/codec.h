// SPDX-License-Identifier: Apache-2.0
// Codec: decodes variables and encodes answers with libfcgi. It never waits for a socket.
//
// libfcgi reads and writes a descriptor, and waits for the other end. Here the descriptor is a pipe
// of our own: a head that was found complete and well-formed (fcgi/server/request_head.h) is put
// in, and libfcgi reads it; what libfcgi writes for an answer is taken out, and sent as the web
// server reads. It is a pipe and not a file in memory: a pipe costs less, and no limit on file
// sizes applies to it. Only a short answer is written directly to the web server's socket, where
// that cannot block.
#pragma once

#include <fcgiapp.h>

#include <array>
#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/descriptor.h"
#include "fcgi/http/request.h"

namespace fcgi {

// A request as libfcgi has decoded it, with everything that the encoding of its answer needs.
//
// Shared by a connection, on the thread of its loop, and by the exchange, on any thread. The
// request belongs to the exchange; the loop sets its body while the exchange cannot read it.
class DecodedRequest {
 public:
  DecodedRequest() = default;
  // Calls wipe_secrets.
  ~DecodedRequest();
  DecodedRequest(const DecodedRequest&) = delete;
  DecodedRequest& operator=(const DecodedRequest&) = delete;

  [[nodiscard]] const Request& request() const noexcept { return *request_; }

  // Records that nobody waits for the answer any more. Any thread.
  void set_client_gone() noexcept { client_gone_.store(true); }
  [[nodiscard]] bool client_has_gone() const noexcept { return client_gone_.load(); }
  // Returns all of its variables, "NAME=value", the role first; ended by a null pointer.
  [[nodiscard]] const char* const* variables() const noexcept { return fcgx_.envp; }

  // Whether set_body was called.
  [[nodiscard]] bool has_body() const noexcept { return has_body_; }
  // Sets the body; nullopt if it was too long to be kept.
  void set_body(std::optional<std::string> body);
  [[nodiscard]] std::size_t body_size() const noexcept { return body_ ? body_->size() : 0; }

  // Overwrites every variable that may hold a token: of Authorization headers, cookies and
  // WebSocket subprotocols. Nobody reads them after the answer.
  void wipe_secrets() noexcept;

 private:
  friend class Codec;

  FCGX_Request fcgx_{};
  std::optional<Request> request_{};
  std::atomic<bool> client_gone_{false};
  bool wiped_ = false;
  bool has_body_ = false;
  std::optional<std::string> body_{};
};

// One thread at a time.
class Codec {
 public:
  Codec();

  // False if there are no descriptors, or the user's pipes are too small; the log says which.
  [[nodiscard]] bool is_open() const noexcept { return reader_.is_open(); }

  // Decodes a head: from BEGIN_REQUEST to the end of the PARAMS stream, with that many variables,
  // found complete and well-formed. Null if libfcgi reads something else there, which must not
  // happen, or if the head is longer than a pipe of this user may be.
  [[nodiscard]] std::shared_ptr<DecodedRequest> decode(std::string_view head,
                                                       std::size_t variables);

  // Returns the records of a whole answer, or of its last part, with its end. Empty if there is no
  // pipe. Call once per request.
  [[nodiscard]] std::string encode(DecodedRequest& request, std::string_view answer);
  // Returns the records of a part that is not the last one. Empty if there is no pipe.
  [[nodiscard]] std::string encode_part(DecodedRequest& request, std::string_view part);

  // Maximum size of an answer, in bytes, that fits with its records into what every socket takes at
  // once, however small its buffer: for a Unix socket, half of the smallest buffer, 4,608 bytes,
  // less 64.
  static constexpr std::size_t kMaxSentAtOnce = 2000;
  // Sends such an answer; replaces encode. REQUIRES: nothing that was sent before waits in the
  // socket. Returns false if the peer is gone.
  [[nodiscard]] static bool send(DecodedRequest& request, std::string_view answer, int socket);

 private:
  void open();
  // Writes the answer, or its last part, and the records at the end to the request's descriptor.
  [[nodiscard]] static bool write_end(FCGX_Request& fcgx, std::string_view answer);
  [[nodiscard]] bool put(std::string_view head);
  [[nodiscard]] bool read_head(FCGX_Request& fcgx, std::size_t head_size, std::size_t variables);
  void put_answer(FCGX_Request& fcgx, std::string_view& answer, std::string& records);
  void take_out(std::string& records);

  auth::Descriptor reader_{};
  auth::Descriptor writer_{};
  std::size_t capacity_ = 0;  // bytes that the pipe holds
  std::array<char, 64 << 10> piece_{};
};

}  // namespace fcgi
