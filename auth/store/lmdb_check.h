// Looks at the pages of an LMDB data file before LMDB follows them.
//
// LMDB trusts its pages: one that something else has written to leads it astray, in the worst case
// into a crash of the process. What is checked here keeps it within the file and within each page:
// numbers of pages, sizes and offsets, not what the entries hold.
#pragma once

#include <cstddef>
#include <string_view>

#include "auth/store/lmdb_page.h"

namespace auth::lmdb {

enum class Soundness {
  kSound,
  kDamaged,
  kGone,  // later states have taken the place of this one
};

// Both look at the committed state of this number: of a reading transaction its own (mdb_txn_id),
// of a writing one the number before. The transaction keeps the pages from being used anew.

// All pages that LMDB visits to find this key.
[[nodiscard]] Soundness check_path(const DataFile& file, std::size_t snapshot,
                                   std::string_view key);

// All pages, and the list of the free ones. Reads the whole file.
[[nodiscard]] Soundness check_all(const DataFile& file, std::size_t snapshot);

}  // namespace auth::lmdb
