// SPDX-License-Identifier: Apache-2.0
// What the tests of the bucket store share: a folder, and the file in it.
#pragma once

#include <sys/stat.h>

#include <chrono>
#include <cstddef>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "auth/store/bucket_store.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/store_entries.h"
#include "tests/unit/support/temporary_folder.h"

namespace support {

class BucketFolder {
 public:
  [[nodiscard]] std::string path() const { return (temporary_.path() / "store").string(); }
  [[nodiscard]] std::filesystem::path outer() const { return temporary_.path(); }

  // The one file in it. Throws where there is none, or more.
  [[nodiscard]] std::filesystem::path file() const {
    std::optional<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      if (found) throw std::runtime_error("there is more than one file");
      found = entry.path();
    }
    if (!found) throw std::runtime_error("there is no file");
    return *found;
  }

  // Of the disk.
  [[nodiscard]] std::size_t used_bytes() const {
    struct stat status {};
    if (::stat(file().c_str(), &status) != 0) throw std::runtime_error("there is no file");
    return static_cast<std::size_t>(status.st_blocks) * 512;
  }

 private:
  TemporaryFolder temporary_{};
};

// A store that is used as from another process: opened and closed around each call.
class PassingStore {
 public:
  PassingStore(std::string path, const auth::Clock& clock)
      : path_(std::move(path)), clock_(clock) {}

  [[nodiscard]] bool has(unsigned number, std::size_t size = 400) const {
    return auth::BucketStore(path_, clock_).get(store_key(number)) == store_entry(number, size);
  }
  void put(unsigned number, std::size_t size = 400) const {
    auth::BucketStore store(path_, clock_);
    support::put(store, number, clock_.wall() + kLifetime, size);
  }

  static constexpr std::chrono::seconds kLifetime{30};

 private:
  const std::string path_;
  const auth::Clock& clock_;
};

}  // namespace support
