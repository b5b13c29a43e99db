// Generations: which of the environments in a store's folder is the one in use.
//
// Each has a folder of its own in there. Its name tells the program's format, LMDB's version, the
// boot of the machine (unless the folder is in memory) and the processes that see each other:
// whoever finds none of its own name makes one. It comes to that name complete and leaves it in one
// step, so that processes that use it, open it or replace it need not know of each other.
#pragma once

#include <optional>
#include <string>
#include <variant>

#include "auth/base/descriptor.h"
#include "auth/store/lmdb_environment.h"

namespace auth::lmdb {

// Immutable after construction.
class Generations {
 public:
  // path: the store's folder; made, and refused, as open_private_folder says.
  explicit Generations(std::string path) : path_(std::move(path)) {}

  [[nodiscard]] const std::string& path() const noexcept { return path_; }

  // The folder of the one in use, made where there is none.
  [[nodiscard]] std::variant<Descriptor, Failure> open() const;

  // Whether the folder is still that of the one in use.
  [[nodiscard]] bool is_current(int folder) const;

  // Ends the use of it, where it is still in use. Who has it open goes on with it until is_current
  // says no.
  void discard(int folder) const;

 private:
  struct Current {
    Descriptor store;
    std::string name;
  };
  // Where the folder is still that of the one in use.
  [[nodiscard]] std::optional<Current> find_current(int folder) const;

  const std::string path_;
};

}  // namespace auth::lmdb
