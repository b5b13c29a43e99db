// SPDX-License-Identifier: Apache-2.0
/// @file
/// Responder: a request of a caller that was let in, until it is answered, now or later.
#ifndef ZITADEL_FCGI_RESPONDER_H
#define ZITADEL_FCGI_RESPONDER_H

#include <chrono>
#include <cstddef>
#include <functional>
#include <memory>
#include <string_view>

#include "zitadel_auth/claims.h"
#include "zitadel_fcgi/request.h"
#include "zitadel_fcgi/response.h"

namespace zitadel_fcgi {

/// An answer whose body is written bit by bit. Belongs to no thread; one thread at a time.
///
/// What the client has not read yet waits in at most kRoom bytes here, as many on their way, and
/// the web server's own buffers. An answer that dies before end() is cut off, and the connection
/// with it, so that the client can tell (not under plain CGI). May outlive the server: then it
/// takes nothing any more.
class AnswerStream {
 public:
  /// Bytes that are kept of what the web server has not taken yet.
  static constexpr std::size_t kRoom = 64 << 10;

  AnswerStream() = default;
  virtual ~AnswerStream() = default;
  AnswerStream(const AnswerStream&) = delete;             ///< Not copied.
  AnswerStream& operator=(const AnswerStream&) = delete;  ///< Not copied.

  /// Takes as many bytes of the piece as there is room for, sends them on and returns how many: 0
  /// where there is no room now, or where nobody reads any more. Under FastCGI it waits for nobody;
  /// under plain CGI, where there is no other request, for the web server.
  [[nodiscard]] virtual std::size_t write(std::string_view piece) = 0;

  /// Waits until there is room, or so long. False: there is none, because the client has gone, the
  /// server has stopped or the time is over. Only on a thread of your own: on one of the server's
  /// it returns false at once.
  [[nodiscard]] virtual bool wait_for_room(std::chrono::milliseconds most) = 0;

  /// False once the client has gone, or the server has stopped.
  [[nodiscard]] virtual bool is_open() const noexcept = 0;

  /// The answer is whole. Once; nothing can be written afterwards.
  virtual void end() = 0;
};

/// Owns a request until it is answered. Moves between threads; one thread at a time.
///
/// One that dies without an answer answers 500. It may outlive its client, and run(): what it then
/// answers is dropped without harm. A server that stops waits 4 seconds for the answers that are
/// missing, and then answers 503 itself.
class Responder {
 public:
  struct Impl;  ///< Known to the library alone.

  explicit Responder(std::unique_ptr<Impl> impl) noexcept;  ///< Made by the library alone.
  Responder(Responder&& other) noexcept;                    ///< Leaves the other one empty.
  Responder& operator=(Responder&& other) noexcept;  ///< As a responder that dies, then moved to.
  ~Responder();

  /// The request, with its body. Lives until it is answered. REQUIRES: it is not answered.
  [[nodiscard]] const Request& request() const noexcept;
  /// Whose token it is; empty at a public endpoint. Live as long. REQUIRES: it is not answered.
  [[nodiscard]] const zitadel_auth::Claims& claims() const noexcept;

  /// Whether nobody waits for the answer any more: the web server has closed the connection, or
  /// this server has stopped. Over TCP a web server that merely closes is noticed when it is
  /// written to.
  [[nodiscard]] bool client_has_gone() const noexcept;
  /// Calls `then` once, if the client goes before it is answered: on a thread of the server's, or
  /// at once on this one. It must wait for nothing. Only the last one that was given counts.
  void when_client_gone(std::function<void()> then);

  /// Sends the response, and waits for nobody. A second answer to a request is dropped.
  void answer(Response response);
  /// Sends status and headers now; the response's body counts for nothing. Null: it is answered
  /// already.
  [[nodiscard]] std::unique_ptr<AnswerStream> stream(Response head);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace zitadel_fcgi

#endif
