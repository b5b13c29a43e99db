// SPDX-License-Identifier: Apache-2.0
// RequestBody: reads the STDIN stream of a request (FastCGI specification §5.3), and keeps what an
// endpoint may want of it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "fcgi/server/record_reader.h"
#include "zitadel_fcgi/request.h"

namespace fcgi {

// A longer body is read to its end, since the web server may read the answer only then, but it is
// not kept.
using zitadel_fcgi::kMaxBody;

// One thread at a time.
class RequestBody {
 public:
  enum class State {
    kArriving,
    kWhole,
    kAborted,
    kRefused,
    kNext,  // after finish: the next request has begun
  };

  RequestBody() = default;
  // For the body of the request with that id. A body of more than `most` bytes is refused, whether
  // it is kept or not. An authorizer gets no body (§6.3): for it the state is kWhole from the
  // beginning.
  RequestBody(unsigned id, std::uint64_t most, State state = State::kArriving)
      : state_(state), id_(id), left_(most) {}

  // Reads on. Returns how many of the bytes are the body's: all of them, unless it has ended.
  std::size_t read(std::string_view bytes);

  [[nodiscard]] State state() const noexcept { return state_; }
  // Why the connection is to be closed, for the log; empty unless kRefused.
  [[nodiscard]] std::string_view refusal() const noexcept { return refusal_; }

  // Whether nothing that comes will change the content.
  [[nodiscard]] bool is_known() const noexcept { return state_ != State::kArriving || !keeps_; }
  // Number of bytes that are kept.
  [[nodiscard]] std::size_t size() const noexcept { return content_.size(); }
  // Returns the bytes that were kept; nullopt if the body was too long. REQUIRES: is_known.
  [[nodiscard]] std::optional<std::string> take();
  // Keeps nothing from now on.
  void drop();

  // Call it when the answer is sent to its end. Then the request is over (§3.3): what still comes
  // of it is ignored. mod_proxy_fcgi leaves out the rest of a body and begins the next request.
  void finish();
  // The header of the next request's first record, which read has taken. REQUIRES: kNext.
  [[nodiscard]] std::string_view next_header() const noexcept { return records_.header_bytes(); }

 private:
  [[nodiscard]] bool reads_on() const noexcept;
  void take_header(const RecordHeader& header);
  [[nodiscard]] std::string_view objection_to(const RecordHeader& header) const;
  void refuse(std::string_view why);
  void keep(std::string_view content);

  State state_ = State::kWhole;
  bool keeps_ = true;
  bool finished_ = false;
  unsigned id_ = 0;
  std::uint64_t left_ = 0;
  RecordReader records_{};
  std::string content_{};
  std::string_view refusal_{};
};

}  // namespace fcgi
