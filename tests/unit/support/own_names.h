// SPDX-License-Identifier: Apache-2.0
// Names of a test's own, in a child process: a network of its own, an /etc/hosts of its own, and a
// name server that takes questions and answers none.
#pragma once

#include <string>

#include "auth/base/descriptor.h"
#include "tests/unit/support/temporary_folder.h"

namespace support {

class OwnNames {
 public:
  // Throws where the system does not allow it. REQUIRES: in a child process (child.h).
  explicit OwnNames(const std::string& hosts = "");

  // What /etc/hosts says from now on.
  void set(const std::string& hosts) const { folder_.write("hosts", hosts, 0644); }

  // Whether the tests may have such a network here.
  [[nodiscard]] static bool can_be_had();

 private:
  TemporaryFolder folder_{};
  auth::Descriptor name_server_{};
};

}  // namespace support
