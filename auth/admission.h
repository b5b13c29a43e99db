// SPDX-License-Identifier: Apache-2.0
// Admission: who may wait for an answer of ZITADEL's, and which question is sent next.
//
// Tokens that were good before go first, and a quarter of everything is kept for them; another
// quarter is kept for strangers' tokens. Both are shared by client: whoever holds fewest is next,
// and whoever holds most gives a place up to others (auth/holders.h). A stranger's client that
// alone asks for much gets half of it and leaves the other half to whoever comes. A client is an
// IPv4 address or an IPv6 network of 64 bits. Clients that nobody can tell apart count as one that
// may have more than half.
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
  // places: for requests that wait.
  explicit Admission(std::size_t places) : places_(places) {}

  // A question's turn to be sent. It stays where it is until it has ended.
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
    std::optional<Holders::Id> instead_of{};  // who had it, and has no place any more
  };
  // A request takes a place to wait. Later ones have a larger id.
  [[nodiscard]] Place take_place(const Asker& asker, Holders::Id id);
  void leave_place(const Asker& asker, Holders::Id id);

  // The question waits from now on to be sent.
  void wait(Turn& turn, SteadyTime now);
  // The question is from now on this asker's, if it was nobody's and is not under way.
  void adopt(Turn& turn, const Asker& asker);
  [[nodiscard]] static bool is_waiting(const Turn& turn) noexcept {
    return turn.state_ == Turn::State::kWaiting;
  }
  // Returns the question to be sent now, if no more than slots are under way then; or null.
  [[nodiscard]] Turn* next(std::size_t slots);
  // Returns a question that waits since then or longer, and waits no more; or null.
  [[nodiscard]] Turn* waiting_since(SteadyTime then);
  // The question no longer waits or is no longer under way.
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
    void send(Turn& turn);  // and leave
    void end(Turn& turn);   // after it was sent

    // Returns the next of the network, and there of the client, that has fewest under way; or null.
    [[nodiscard]] Turn* first() const;
    // Whether this client leaves as much free as it has under way.
    [[nodiscard]] bool is_fair(const Turn& turn, std::size_t free) const;
    [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }
    [[nodiscard]] std::size_t waiting() const noexcept { return waiting_; }

   private:
    struct Share {
      std::size_t under_way = 0;
      std::uint64_t since = 0;  // its last turn; larger is later
    };
    using Rank = std::tuple<std::size_t, std::uint64_t, IpAddress>;
    // Of those with somebody in the line; the first is next.
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
  unsigned passed_ = 0;  // known ones that went before a stranger's, one after the other
  std::list<Turn*> by_age_{};
};

}  // namespace auth
