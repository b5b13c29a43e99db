// SPDX-License-Identifier: Apache-2.0
// CurlConnections: limits how many transfers look for a connection at once.
//
// libcurl 7.88 opens a connection for each transfer that finds no room on the existing ones, also
// while another with room for hundreds of streams (HTTP/2) is still being opened: 400 transfers at
// once would open 150. So no more transfers look for a connection than connections are in use. If
// more connections are needed, their number doubles, from one.
//
// A server says within one round trip how many streams its new HTTP/2 connection allows. Until then
// libcurl assumes 100. A stream that the server refuses then goes over another connection, and the
// first connection is lost for all. So a new connection gets only a few transfers at first.
//
// It also measures how long a connection has been silent: one over which nothing arrives any more,
// though it is not closed, would swallow one transfer after another.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>
#include <optional>
#include <unordered_map>
#include <utility>

namespace auth {

// Time for which a new HTTP/2 connection gets few transfers, and their number. A server that needs
// longer to report its limit, or allows fewer streams, is asked over more connections than
// necessary.
constexpr std::chrono::milliseconds kTellingTime{50};
constexpr std::size_t kUntoldStreams = 10;

// Used by the I/O thread alone.
class CurlConnections {
 public:
  using Time = std::chrono::steady_clock::time_point;

  // The place of one transfer on a connection. The destructor gives it back.
  class Place {
   public:
    explicit Place(CurlConnections& connections) : connections_(connections) {
      ++connections_.seeking_;
    }
    ~Place() { leave(); }
    Place(const Place&) = delete;
    Place& operator=(const Place&) = delete;

    // Notes that the transfer goes over the connection with that local port; called again after a
    // change of connection. opened: the transfer has opened it.
    void take(int port, bool opened, Time now) {
      leave();
      port_ = port;
      taken_ = now;
      Connection& connection = connections_.carried_[port];
      if (opened && connection.transfers == 0) {
        connection.told_at = connections_.all_told_at_ = now + kTellingTime;
      }
      ++connection.transfers;
    }

    // Notes that something has arrived for this transfer.
    void hear(Time now) {
      if (port_) connections_.carried_[*port_].heard = now;
    }

    // Returns for how long nothing has arrived over the connection, for any transfer, while it
    // carried this one. Zero if there is no connection.
    [[nodiscard]] Time::duration silence(Time now) const {
      if (!port_) return Time::duration::zero();
      return now - std::max(taken_, connections_.carried_[*port_].heard);
    }

   private:
    void leave() {
      if (!port_) {
        --connections_.seeking_;
      } else if (const auto found = connections_.carried_.find(*port_);
                 --found->second.transfers == 0) {
        connections_.carried_.erase(found);
      }
    }

    CurlConnections& connections_;
    std::optional<int> port_{};
    Time taken_{};
  };

  [[nodiscard]] bool may_seek(Time now) const {
    return seeking_ < std::max<std::size_t>(1, carried_.size()) &&
           (now >= all_told_at_ ||
            std::none_of(carried_.begin(), carried_.end(), [now](const auto& each) {
              return now < each.second.told_at && each.second.transfers >= kUntoldStreams;
            }));
  }

  // Returns the time from which may_seek no longer depends on the time.
  [[nodiscard]] Time all_told_at() const { return all_told_at_; }

 private:
  struct Connection {
    std::size_t transfers = 0;
    Time told_at{};
    Time heard{};
  };

  std::size_t seeking_ = 0;                        // transfers without a connection
  std::unordered_map<int, Connection> carried_{};  // by local port
  Time all_told_at_{};
};

}  // namespace auth
