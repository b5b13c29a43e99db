// SPDX-License-Identifier: Apache-2.0
// Admission: decides which requests may wait for an answer of ZITADEL's, and which question is sent
// next.
//
// Tokens that were good before go first, and a quarter of everything is kept for them; another
// quarter is kept for new tokens. Both are shared by client: the client that holds fewest is next,
// and the one that holds most gives a place up to others (auth/holders.h). A client that alone asks
// about many new tokens gets half and leaves the other half to other clients. A client is an IPv4
// address or an IPv6 network of 64 bits. Clients of unknown address count as one client that may
// have more than half.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <set>
#include <string_view>
#include <tuple>

#include "auth/base/clock.h"
#include "auth/base/ip_address.h"
#include "auth/base/result.h"
#include "auth/holders.h"

namespace auth {

// What this process knows of a token before it asks ZITADEL.
enum class Standing : std::uint8_t {
  kNew,
  kKnown,  // it was good before
};

// The caller, as far as fairness needs to know it.
struct Asker {
  Standing standing = Standing::kNew;
  std::optional<IpAddress> client{};  // nullopt: unknown

  // Returns nullopt if the text is no IP address.
  [[nodiscard]] static std::optional<IpAddress> client_of(std::string_view address) noexcept;
};

// Not thread-safe.
class Admission {
 public:
  // places: maximum number of requests that wait.
  explicit Admission(std::size_t places) : places_(places) {}

  // A question's turn to be sent. It must not be moved in memory until it has ended.
  class Turn {
   public:
    explicit Turn(Asker asker) : asker_(asker) {}
    Turn(const Turn&) = delete;
    Turn& operator=(const Turn&) = delete;

    [[nodiscard]] const Asker& asker() const noexcept { return asker_; }
    // REQUIRES: it does not wait yet.
    void make_known() noexcept { asker_.standing = Standing::kKnown; }

   protected:
    ~Turn() = default;

   private:
    friend class Admission;
    enum class State : std::uint8_t { kIdle, kWaiting, kSent };

    Asker asker_;
    State state_ = State::kIdle;
    SteadyTime since_{};
    std::list<Turn*>::iterator in_line_{};
    std::list<Turn*>::iterator by_age_{};
  };

  struct Place {
    std::optional<Reason> refused{};          // kTooManyWaiting or kTooManyFromClient
    std::optional<Holders::Id> instead_of{};  // the request that lost this place
  };
  // Takes a place for a request that waits. Later requests have a larger id.
  [[nodiscard]] Place take_place(const Asker& asker, Holders::Id id);
  void leave_place(const Asker& asker, Holders::Id id);

  // Lets the question wait to be sent, from now on.
  void wait(Turn& turn, SteadyTime now);
  // Assigns the question to this asker's client, if it has no client and is not under way.
  void adopt(Turn& turn, const Asker& asker);
  [[nodiscard]] static bool is_waiting(const Turn& turn) noexcept {
    return turn.state_ == Turn::State::kWaiting;
  }
  // Returns the question to be sent now. At most slots are under way then. Null if there is none.
  [[nodiscard]] Turn* next(std::size_t slots);
  // Returns a question that has waited since then or longer, and ends its waiting. Null if none.
  [[nodiscard]] Turn* waiting_since(SteadyTime then);
  // Reports that the question no longer waits or is no longer under way.
  void end(Turn& turn);

  [[nodiscard]] std::size_t under_way() const noexcept {
    return new_.under_way() + known_.under_way();
  }
  [[nodiscard]] std::size_t waiting(Standing standing) const noexcept {
    return (standing == Standing::kNew ? new_ : known_).waiting();
  }

 private:
  // The questions of one standing, by client.
  class Lines {
   public:
    void join(Turn& turn);
    void leave(Turn& turn);
    void send(Turn& turn);  // and leaves
    void end(Turn& turn);   // after it was sent

    // Returns the next question of the network, and there of the client, with the fewest under way.
    // Null if there is none.
    [[nodiscard]] Turn* first() const;
    // Whether the question's client has fewer questions under way than slots are free.
    [[nodiscard]] bool is_fair(const Turn& turn, std::size_t free) const;
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

   private:
    struct Share {
      std::size_t under_way = 0;
      std::uint64_t since = 0;  // its last turn; larger is later
    };
    using Rank = std::tuple<std::size_t, std::uint64_t, IpAddress>;
    // Contains those with a question in line; the first is next.
    using Ranks = std::set<Rank>;
    struct Client : Share {
      std::list<Turn*> line{};
    };
    struct Network : Share {
      std::map<IpAddress, Client> clients{};
      Ranks ranks{};
    };

    template <typename Change>
    void change(const Turn& turn, Change change);

    std::size_t under_way_ = 0;
    std::size_t waiting_ = 0;
    std::uint64_t turns_ = 0;
    std::map<IpAddress, Network> networks_{};
    Ranks ranks_{};
  };

  [[nodiscard]] Turn* choose(std::size_t slots);
  [[nodiscard]] Lines& lines_of(const Turn& turn);

  const std::size_t places_;
  Holders new_places_{};
  Holders known_places_{};
  Lines new_{};
  Lines known_{};
  unsigned passed_ = 0;  // turns in succession that kKnown took before a kNew that waits
  std::list<Turn*> by_age_{};
};

}  // namespace auth
