// CurlConnections: how many transfers may look for a connection at once.
//
// libcurl 7.88 opens one for each transfer that finds no room on those it has, also while another
// that has room for hundreds of streams (HTTP/2) is still being opened: 400 transfers at once would
// open 150. So no more of them look for one than connections are in use. Where more are needed they
// double in number, from one.
#pragma once

#include <algorithm>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace auth {

// Used by the I/O thread alone.
class CurlConnections {
 public:
  // One transfer's place on a connection. Leaves it when it dies.
  class Place {
   public:
    explicit Place(CurlConnections& connections) : connections_(connections) {
      ++connections_.seeking_;
    }
    ~Place() { leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // The transfer goes over the connection with that local port; also after it had to change it.
    void take(int port) {
      leave();
      port_ = port;
      ++connections_.carried_[port];
    }

   private:
    void leave() {
      if (!port_) {
        --connections_.seeking_;
      } else if (const auto found = connections_.carried_.find(*port_); --found->second == 0) {
        connections_.carried_.erase(found);
      }
    }

    CurlConnections& connections_;
    std::optional<int> port_{};
  };

  [[nodiscard]] bool may_seek() const {
    return seeking_ < std::max<std::size_t>(1, carried_.size());
  }

 private:
  std::size_t seeking_ = 0;                         // transfers without a connection
  std::unordered_map<int, std::size_t> carried_{};  // transfers on each connection
};

}  // namespace auth
