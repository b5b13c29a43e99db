// FastCgiExchange: an exchange over a FastCGI connection, with libfcgi as the codec.
#pragma once

#include <fcgiapp.h>

#include <atomic>
#include <cstddef>
#include <memory>
#include <optional>
#include <string>

#include "fcgi/event_loop.h"
#include "fcgi/exchange.h"
#include "fcgi/request_head.h"

namespace fcgi {

class FastCgiExchange final : public Exchange {
 public:
  // Reads the request that waits in the socket. Takes fd over: gives it back to the loop or closes
  // it when finished. Null, with fd closed, where libfcgi cannot read the request.
  // REQUIRES: head is of what waits in fd, and kComplete or kBodyTooLarge.
  [[nodiscard]] static std::unique_ptr<FastCgiExchange> read(int fd, RequestHead head,
                                                             EventLoop& loop,
                                                             std::atomic<std::size_t>& under_way);
  ~FastCgiExchange() override;

  [[nodiscard]] const Request& request() const noexcept override { return *request_; }
  void finish(const Response& response) override;

 private:
  FastCgiExchange(int fd, RequestHead head, EventLoop& loop, std::atomic<std::size_t>& under_way);

  // Not usable: the web server went away, or does not read.
  void release_connection(bool usable);

  FCGX_Request fcgx_;
  const RequestHead head_;
  EventLoop& loop_;
  std::atomic<std::size_t>& under_way_;
  std::optional<Request> request_{};
  bool finished_ = false;
};

}  // namespace fcgi
