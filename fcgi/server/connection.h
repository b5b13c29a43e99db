// SPDX-License-Identifier: Apache-2.0
// Connection: one connection of a web server, from its first byte to its end.
//
// Requests come one after the other. A head is kept until it is complete, then the handler gets the
// request. The body is read once the handler asks for it, or to drop it after an early answer: many
// web servers read no answer before they have written all of the body. The unsent part of an answer
// waits here. Nothing here waits for the peer.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>
#include <vector>

#include "auth/base/descriptor.h"
#include "auth/base/quiet_log.h"
#include "fcgi/http/exchange.h"
#include "fcgi/http/wiped_bytes.h"
#include "fcgi/server/codec.h"
#include "fcgi/server/inbox.h"
#include "fcgi/server/request_body.h"
#include "fcgi/server/request_head.h"
#include "fcgi/server/server_options.h"
#include "fcgi/server/unsent_answer.h"

namespace fcgi {

// Tools that the connections of a loop share, on its thread.
struct LoopTools {
  using Time = std::chrono::steady_clock::time_point;

  LoopTools(const ServerOptions& server_options, auth::QuietLog& quiet_log)
      : options(server_options), log(quiet_log) {}

  const ServerOptions& options;
  auth::QuietLog& log;
  Codec codec{};
  const std::shared_ptr<Inbox> inbox = std::make_shared<Inbox>();
  WipedBytes area = WipedBytes(kMaxHeadBytes);  // what has just been received
  Time now{};                                   // when the loop last woke up
};

// Used only on the thread of its loop.
class Connection {
 public:
  using Time = LoopTools::Time;

  enum class State {
    kHead,       // the head of a request is arriving
    kIdle,       // it is kept open, and nothing of another request has come
    kDecoded,    // nobody has taken the exchange yet
    kAsked,      // the handler has the exchange; what follows stays in the socket
    kBody,       // the handler waits for the body
    kAnswering,  // some of the answer is not sent, or not written yet; the rest of the body is read
                 // and thrown away
    kDraining,   // as kIdle, but the body has not ended, and perhaps never will
    kClosed,
  };

  // socket: non-blocking. tools must outlive it.
  Connection(std::uint64_t number, auth::Descriptor socket, LoopTools& tools);
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  // Reads what has come. REQUIRES: it waits for bytes.
  void receive();
  // Handles the events that epoll reports for the socket.
  void handle(std::uint32_t events);

  // Return what is to be called now: the exchange of a request that no handler has taken yet, and
  // the function that waits for a body that has come. Null if there is none.
  [[nodiscard]] std::unique_ptr<Exchange> take_exchange();
  [[nodiscard]] std::function<void()> take_waiter();

  // Takes a message from the exchange. A message about a request that is over is ignored.
  void take(Inbox::Message& message);
  // Answers instead of an exchange that has not answered.
  void refuse_unless_answered(const Response& response);

  void close();
  // Closes it unless a request has come. A web server that begins one later cannot write it (EPIPE,
  // on a Unix socket): so it knows that nobody has received it. REQUIRES: is_answered().
  void close_if_nothing_came();
  // Like close, but gives the peer up: the system does not keep what the peer has not read.
  void abandon();

  [[nodiscard]] int socket() const noexcept { return socket_.get(); }
  [[nodiscard]] State state() const noexcept { return state_; }
  // Whether nothing is owed to the peer: kIdle or kDraining.
  [[nodiscard]] bool is_answered() const noexcept;
  // The events of the socket that it waits for. EPOLLHUP and EPOLLERR are always reported: a peer
  // that leaves is noticed in every state.
  [[nodiscard]] std::uint32_t events() const noexcept;
  [[nodiscard]] bool waits_for_peer() const noexcept { return events() != 0; }
  // Time at which a byte was last received or sent.
  [[nodiscard]] Time moved_at() const noexcept { return moved_at_; }
  // Whether the peer has been silent for too long.
  [[nodiscard]] bool is_late();
  // Number of bytes that are kept for it.
  [[nodiscard]] std::size_t held() const noexcept;

 private:
  // In connection_reading.cpp.
  void read(std::string_view bytes);
  std::size_t read_rest(std::string_view bytes);
  void take_end_of_body();
  std::size_t begin_request(std::size_t read);
  std::size_t read_head(std::string_view bytes);
  void decode(std::string_view head);
  std::size_t read_body(std::string_view bytes);

  [[nodiscard]] bool is_reading_body() const noexcept;
  void refuse(std::string_view why);
  void take_end_of_peer();

  [[nodiscard]] bool is_unanswered() const noexcept;
  void answer(std::string_view text);
  void begin_answer(std::string_view text);
  void tell_gone();
  void begin_stream(AnswerSource stream);
  void take_more_of_stream();
  void send();
  void finish_answer();

  [[nodiscard]] bool reads_body_on() const noexcept;
  [[nodiscard]] bool waits_for_reader() const noexcept;
  [[nodiscard]] Time deadline() const noexcept;
  [[nodiscard]] bool peer_has_read();

  const std::uint64_t number_;
  auth::Descriptor socket_;
  LoopTools& tools_;
  State state_ = State::kHead;
  Time moved_at_;
  bool peer_ended_ = false;  // it will send nothing more, but may still read

  // The request that is arriving or under way.
  std::uint64_t request_ = 0;
  Time began_at_;
  RequestHead head_{};
  RequestBody body_{};
  WipedBytes kept_{};  // of an incomplete head; later, what came after the request
  std::shared_ptr<DecodedRequest> decoded_{};
  std::function<void()> waiter_{};
  std::vector<std::function<void()>> when_gone_{};  // functions of the guard and the endpoint

  AnswerSource stream_{};  // set: more of the answer is to be written; then decoded_ is kept
  UnsentAnswer unsent_{};
};

}  // namespace fcgi
