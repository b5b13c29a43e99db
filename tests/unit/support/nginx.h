// SPDX-License-Identifier: Apache-2.0
// nginx on 127.0.0.1 with HTTP/2 over TLS: it answers all with 200, and says of each request over
// which connection it came.
#pragma once

#include <sys/types.h>

#include <cstdint>
#include <string>
#include <vector>

#include "tests/unit/support/temporary_folder.h"

namespace support {

class Nginx {
 public:
  // Throws where it does not start.
  Nginx();
  ~Nginx();
  Nginx(const Nginx&) = delete;
  Nginx& operator=(const Nginx&) = delete;

  [[nodiscard]] std::string url() const;
  // The certificate of its own authority, a file of PEM.
  [[nodiscard]] std::string ca_file() const { return (folder_.path() / "cert.pem").string(); }

  struct Request {
    std::string connection{};
    double connection_age = 0;  // seconds
    std::string protocol{};
  };
  // What was answered so far.
  [[nodiscard]] std::vector<Request> requests() const;

 private:
  TemporaryFolder folder_{};
  std::uint16_t port_;
  pid_t process_ = 0;
};

}  // namespace support
