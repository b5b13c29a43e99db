// Exchange: one request under way, until its response is sent.
#pragma once

#include "fcgi/request.h"
#include "fcgi/response.h"

namespace fcgi {

// Belongs to no thread: a parked one may be finished by another. One thread at a time.
class Exchange {
 public:
  Exchange() = default;
  // An exchange that dies unfinished answers with status 500.
  virtual ~Exchange() = default;
  Exchange(const Exchange&) = delete;
  Exchange& operator=(const Exchange&) = delete;

  // Lives as long as the exchange.
  [[nodiscard]] virtual const Request& request() const noexcept = 0;

  // Sends the response. Once.
  virtual void finish(const Response& response) = 0;
};

}  // namespace fcgi
