// FastCgiExchange: an exchange over a FastCGI connection.
#pragma once

#include <functional>
#include <memory>
#include <utility>

#include "fcgi/http/exchange.h"
#include "fcgi/server/codec.h"
#include "fcgi/server/inbox.h"

namespace fcgi {

// Knows its connection by number alone: it may have gone meanwhile, and then what is said of the
// exchange is lost without harm.
class FastCgiExchange final : public Exchange {
 public:
  // inbox: of the loop that owns the connection; must outlive the exchange.
  FastCgiExchange(RequestId id, std::shared_ptr<DecodedRequest> decoded, Inbox& inbox)
      : id_(id), decoded_(std::move(decoded)), inbox_(inbox) {}
  ~FastCgiExchange() override;

  [[nodiscard]] const Request& request() const noexcept override { return decoded_->request(); }
  void when_body(std::function<void()> then) override;
  [[nodiscard]] ClientWatch client_watch() const noexcept override { return {inbox_, id_}; }
  void finish(const Response& response) override;

 private:
  const RequestId id_;
  const std::shared_ptr<DecodedRequest> decoded_;
  Inbox& inbox_;
  bool finished_ = false;
};

}  // namespace fcgi
