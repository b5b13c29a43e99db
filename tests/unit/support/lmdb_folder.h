// What the tests of the LMDB store share: a folder, and the files in use.
#pragma once

#include <chrono>
#include <filesystem>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>

#include "auth/store/lmdb_store.h"
#include "auth/store/shared_store.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/store_entries.h"
#include "tests/unit/support/temporary_folder.h"

namespace support {

class LmdbFolder {
 public:
  [[nodiscard]] std::string path() const { return (temporary_.path() / "store").string(); }
  [[nodiscard]] std::filesystem::path outer() const { return temporary_.path(); }

  // The one folder in it that is in use. Throws where there is none, or more.
  [[nodiscard]] std::filesystem::path generation() const {
    std::optional<std::filesystem::path> found;
    for (const auto& entry : std::filesystem::directory_iterator(path())) {
      if (found) throw std::runtime_error("there is more than one generation");
      found = entry.path();
    }
    if (!found) throw std::runtime_error("there is no generation");
    return *found;
  }
  [[nodiscard]] std::filesystem::path data_file() const { return generation() / "data.mdb"; }
  [[nodiscard]] std::filesystem::path lock_file() const { return generation() / "lock.mdb"; }

 private:
  TemporaryFolder temporary_{};
};

// A store that is used as from another process: opened and closed around each call.
class PassingStore {
 public:
  PassingStore(std::string path, const auth::Clock& clock)
      : path_(std::move(path)), clock_(clock) {}

  [[nodiscard]] bool has(unsigned number, std::size_t size = 400) const {
    return auth::LmdbStore(path_, clock_).get(store_key(number)) == store_entry(number, size);
  }
  void put(unsigned number, std::size_t size = 400) const {
    auth::LmdbStore(path_, clock_)
        .put(store_key(number), store_entry(number, size), clock_.wall() + kLifetime);
  }

  static constexpr std::chrono::seconds kLifetime{30};

 private:
  const std::string path_;
  const auth::Clock& clock_;
};

}  // namespace support
