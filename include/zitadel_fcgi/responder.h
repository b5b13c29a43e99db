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

/// An answer whose body is written in pieces. Any thread; one thread at a time.
///
/// Bytes that the client has not read yet wait here (at most kRoom), on their way (at most as many
/// again), and in the web server's own buffers. If it is destroyed before end(), the answer is cut
/// off and the connection is closed, so that the client notices (not under plain CGI). May outlive
/// the server: then it takes no more bytes.
class AnswerStream {
 public:
  /// Maximum number of bytes kept here that the web server has not taken yet.
  static constexpr std::size_t kRoom = 64 << 10;

  AnswerStream() = default;
  virtual ~AnswerStream() = default;
  AnswerStream(const AnswerStream&) = delete;             ///< Not copied.
  AnswerStream& operator=(const AnswerStream&) = delete;  ///< Not copied.

  /// Takes as many bytes of the piece as there is room for, sends them, and returns their number: 0
  /// if there is no room now, or if nobody reads any more. Does not block under FastCGI. Under
  /// plain CGI, where there is no other request, it waits for the web server.
  [[nodiscard]] virtual std::size_t write(std::string_view piece) = 0;

  /// Waits until there is room, or until the time is over. Returns false if there is no room,
  /// because the client has gone, the server has stopped or the time is over. Call it only on a
  /// thread of your own: on a thread of the server it returns false at once.
  [[nodiscard]] virtual bool wait_for_room(std::chrono::milliseconds most) = 0;

  /// False once the client has gone, or the server has stopped.
  [[nodiscard]] virtual bool is_open() const noexcept = 0;

  /// Ends the answer: it is complete. Call once; nothing can be written afterwards.
  virtual void end() = 0;
};

/// Owns a request until it is answered. Any thread; one thread at a time.
///
/// If it is destroyed without an answer, it answers 500. It may outlive its client, and run(): its
/// answer is then dropped without harm. A server that stops waits 4 seconds for the missing
/// answers, and then answers 503 itself.
class Responder {
 public:
  struct Impl;  ///< Known to the library alone.

  explicit Responder(std::unique_ptr<Impl> impl) noexcept;  ///< Made by the library alone.
  Responder(Responder&& other) noexcept;                    ///< Leaves the other one empty.
  Responder& operator=(Responder&& other) noexcept;         ///< As if destroyed, then moved to.
  ~Responder();

  /// The request, with its body. Lives until it is answered. REQUIRES: it is not answered.
  [[nodiscard]] const Request& request() const noexcept;
  /// The claims of the caller's token; empty at a public endpoint. Live as long as the request.
  /// REQUIRES: it is not answered.
  [[nodiscard]] const zitadel_auth::Claims& claims() const noexcept;

  /// Whether nobody waits for the answer any more: the web server has closed the connection, or
  /// this server has stopped. Over TCP, a web server that only closes the connection is noticed at
  /// the next write.
  [[nodiscard]] bool client_has_gone() const noexcept;
  /// Calls `then` once if the client goes before the request is answered: on a thread of the
  /// server, or at once on this one. `then` must not block. Only the last function that was given
  /// is called.
  void when_client_gone(std::function<void()> then);

  /// Sends the response without waiting. A second answer to a request is dropped.
  void answer(Response response);
  /// Sends status and headers now; the response's body is ignored. Returns null if the request is
  /// answered already.
  [[nodiscard]] std::unique_ptr<AnswerStream> stream(Response head);

 private:
  std::unique_ptr<Impl> impl_;
};

}  // namespace zitadel_fcgi

#endif
