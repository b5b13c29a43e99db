// Admission: who may wait for an answer of ZITADEL's, and which question is sent next.
//
// Tokens that were good before go first, and a quarter of everything is kept for them. Strangers'
// tokens share the rest by client: a client that alone asks for much gets half of it and leaves the
// other half to whoever comes, and clients that wait take turns. A client is an IPv4 address or an
// IPv6 network of 64 bits. Clients that nobody can tell apart have no share of their own.
#pragma once

#include <cstddef>
#include <cstdint>
#include <list>
#include <map>
#include <optional>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/base/ip_address.h"
#include "auth/base/result.h"

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

  // A request takes a place to wait. Returns why it may not: kTooManyWaiting, kTooManyFromClient.
  [[nodiscard]] std::optional<Reason> take_place(const Asker& asker);
  void leave_place(const Asker& asker);

  // The question waits from now on to be sent.
  void wait(Turn& turn, SteadyTime now);
  [[nodiscard]] static bool is_waiting(const Turn& turn) noexcept {
    return turn.state_ == Turn::State::kWaiting;
  }
  // Returns the question to be sent now, if no more than slots are under way then; or null.
  [[nodiscard]] Turn* next(std::size_t slots);
  // Returns a question that waits since then or longer, and waits no more; or null.
  [[nodiscard]] Turn* waiting_since(SteadyTime then);
  // The question no longer waits or is no longer under way.
  void end(Turn& turn);

  [[nodiscard]] std::size_t under_way() const noexcept { return under_way_; }

 private:
  struct Client {
    std::size_t places = 0;
    std::size_t under_way = 0;
    std::list<Turn*> line{};
    std::optional<std::list<IpAddress>::iterator> in_turns{};  // while somebody is in the line
  };

  [[nodiscard]] Turn* next_new(std::size_t slots);
  void send(Turn& turn);
  void leave_line(Turn& turn);
  void forget_if_idle(const IpAddress& address);

  const std::size_t places_;
  std::size_t taken_ = 0;         // places
  std::size_t taken_by_new_ = 0;  // of these
  std::size_t under_way_ = 0;     // questions
  std::size_t under_way_new_ = 0;
  std::list<Turn*> known_line_{};
  std::list<Turn*> by_age_{};
  std::map<IpAddress, Client> clients_{};
  std::list<IpAddress> turns_{};  // clients with somebody in the line; the first is next
};

}  // namespace auth
