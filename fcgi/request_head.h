// RequestHead: looks at what a web server has sent before libfcgi may read it.
//
// libfcgi blocks on a head that is half there, smashes its stack on some management records, and
// allocates what a length field says. So it gets the descriptor only when one whole, well-formed
// request (FastCGI specification §3, §5.1, §5.2) is waiting in the socket.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace fcgi {

constexpr std::size_t kMaxParamsBytes = 96 << 10;  // lighttpd sends at most 65,535 bytes
constexpr std::size_t kMaxParams = 1000;
constexpr std::size_t kMaxBody = 64 << 10;  // has to fit into the socket's buffer with the rest
// All that is ever looked at.
constexpr std::size_t kMaxRequestBytes = 176 << 10;

struct RequestHead {
  enum class State {
    kIncomplete,    // more bytes are needed
    kComplete,      // the whole request, its body included
    kBodyTooLarge,  // the head is there; the body is longer than kMaxBody and will not be read
    kRefused,       // not a request that may be read: close the connection
  };

  State state = State::kIncomplete;
  std::size_t arrived = 0;       // bytes looked at, where complete: more than the request, maybe
  bool keep_connection = false;  // the server wants to use it again (FCGI_KEEP_CONN), and can
  std::string body{};            // where complete
  std::string_view refusal{};    // why, for the log
};

// Looks at bytes that begin with a request.
[[nodiscard]] RequestHead look_at(std::string_view bytes);

}  // namespace fcgi
