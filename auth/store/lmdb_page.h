// The pages of an LMDB data file as LMDB 0.9 lays them out (data version 1), read with suspicion.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace auth::lmdb {

constexpr std::size_t kMaxPageSize = 32 << 10;
constexpr std::size_t kFirstPage = 2;  // behind the two that hold a Meta
constexpr std::size_t kNoPage = ~std::size_t{0};

// A data file, as long as its map, and the size of its pages, kMaxPageSize at most. The descriptor
// stays its owner's.
struct DataFile {
  int descriptor;
  std::size_t page_size;

  // All of it, or false.
  [[nodiscard]] bool read(std::size_t offset, void* to, std::size_t size) const noexcept;
};

struct Tree {
  std::uint32_t pad;  // of the free list's: the page size
  std::uint16_t flags;
  std::uint16_t depth;
  std::size_t branch_pages;
  std::size_t leaf_pages;
  std::size_t overflow_pages;
  std::size_t entries;
  std::size_t root;
};

// A committed state.
struct Meta {
  std::uint32_t magic;
  std::uint32_t version;
  void* address;
  std::size_t map_size;
  Tree free;  // key: a transaction; data: how many pages it freed, then their numbers, falling
  Tree main;
  std::size_t last_page;
  std::size_t snapshot;  // the transaction that made it

  [[nodiscard]] bool holds(std::size_t page) const noexcept {
    return page >= kFirstPage && page <= last_page;
  }
};

// What the file holds where the state of this number belongs: a later one by now, perhaps. Nothing
// where that is no sound one, or the file is too short for its pages.
[[nodiscard]] std::optional<Meta> read_meta(const DataFile& file, std::size_t snapshot);

struct Node {
  bool big;           // of a leaf's: the data is the number of the first of some overflow pages
  std::size_t value;  // of a leaf's: the size of its data; of a branch's: the page below
  std::string_view key;
  const unsigned char* data;
};

// A page of a tree. Large: mind the stack.
class Page {
 public:
  // Tells whether the page is one of a tree, has a node, and each of its nodes lies within it.
  [[nodiscard]] bool read(const DataFile& file, std::size_t number) noexcept;

  // REQUIRES, for the rest: read said yes. A Node lives until the next read.
  [[nodiscard]] bool is_leaf() const noexcept;
  [[nodiscard]] std::size_t count() const noexcept;
  [[nodiscard]] Node node(std::size_t index) const noexcept;

 private:
  [[nodiscard]] std::size_t offset(std::size_t index) const noexcept;
  [[nodiscard]] bool has_sound_nodes(std::size_t size) const noexcept;

  std::uint16_t kind_ = 0;
  std::uint16_t lower_ = 0;  // where the offsets of the nodes end
  std::uint16_t upper_ = 0;  // where the nodes begin
  std::array<unsigned char, kMaxPageSize> bytes_;
};

// Where the data of a big node is.
struct Overflow {
  std::size_t first;
  std::size_t count;
  std::size_t offset;  // of the data in the file
};

// Nothing where its pages are not sound.
[[nodiscard]] std::optional<Overflow> overflow_of(const Node& node, const DataFile& file,
                                                  const Meta& meta) noexcept;

}  // namespace auth::lmdb
