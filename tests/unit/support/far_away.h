// SPDX-License-Identifier: Apache-2.0
// FarAway: a way to a server of this machine on which all takes time, as to a server far away.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <thread>

#include "auth/base/descriptor.h"

namespace support {

class FarAway {
 public:
  // way_back: of a question and its answer together; what follows them is on its way meanwhile.
  FarAway(std::uint16_t to, std::chrono::milliseconds way_back);
  FarAway(const FarAway&) = delete;
  FarAway& operator=(const FarAway&) = delete;
  ~FarAway();

  [[nodiscard]] std::string port() const { return std::to_string(port_); }

 private:
  void run();

  const std::uint16_t to_;
  const std::chrono::milliseconds one_way_;
  auth::Descriptor listener_;
  std::uint16_t port_ = 0;
  auth::Descriptor stop_;
  std::thread thread_;
};

}  // namespace support
