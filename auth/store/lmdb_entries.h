// What an LMDB store holds, as seen by one transaction.
//
// One tree holds each entry under its store key, and beside it the order in which entries end:
//   'e' STORE-KEY     -> END ENTRY
//   'o' END STORE-KEY -> nothing        (END: seconds since 1970, 8 bytes, big endian)
#pragma once

#include <lmdb.h>

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "auth/base/clock.h"
#include "auth/store/shared_store.h"

namespace auth::lmdb {

// The key under which LMDB finds an entry.
[[nodiscard]] std::string entry_key(const StoreKey& key);

// All give MDB_SUCCESS or what LMDB answers.
class Entries {
 public:
  Entries(MDB_txn* transaction, MDB_dbi tree) : transaction_(transaction), tree_(tree) {}

  // found stays empty where there is no entry, or it has ended.
  [[nodiscard]] int find(const StoreKey& key, WallTime now, std::optional<std::string>& found);

  // From here on REQUIRES a writing transaction.

  [[nodiscard]] int put(const StoreKey& key, std::string_view entry, WallTime until);

  // Removes some entries that have ended; while the others fill more than max_pages, also those
  // that end next. So what is kept for a short time goes first, refusals before answers, and of
  // equals the oldest.
  [[nodiscard]] int make_room(WallTime now, std::size_t max_pages);

 private:
  // MDB_NOTFOUND where there is none that ends by then.
  [[nodiscard]] int remove_first(WallTime ended_by);
  [[nodiscard]] int remove(std::string_view key);
  [[nodiscard]] int pages(std::size_t& count);

  MDB_txn* const transaction_;
  const MDB_dbi tree_;
};

}  // namespace auth::lmdb
