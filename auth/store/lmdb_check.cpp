#include "auth/store/lmdb_check.h"

#include <cstring>
#include <memory>
#include <optional>
#include <vector>

namespace auth::lmdb {
namespace {

Soundness verdict(bool sound) noexcept { return sound ? Soundness::kSound : Soundness::kDamaged; }

// The page of the branch below which the key would be. The first key of a branch is not looked at:
// the page below it takes all that comes before the second.
std::size_t page_below(const Page& branch, std::string_view key) noexcept {
  std::size_t index = 0;
  while (index + 1 < branch.count() && branch.node(index + 1).key <= key) ++index;
  return branch.node(index).value;
}

bool leads_to(std::string_view key, const DataFile& file, const Meta& meta) {
  Page page;
  std::size_t number = meta.main.root;
  for (unsigned depth = 1; depth <= meta.main.depth; ++depth) {
    if (!meta.holds(number) || !page.read(file, number)) return false;
    if (page.is_leaf() != (depth == meta.main.depth)) return false;
    if (page.is_leaf()) break;
    if (page.count() < 2) return false;
    number = page_below(page, key);
  }
  for (std::size_t i = 0; i < page.count(); ++i) {
    const Node node = page.node(i);
    if (node.big && node.key == key && !overflow_of(node, file, meta)) return false;
  }
  return true;
}

std::optional<std::size_t> number_of(std::string_view key) noexcept {
  std::size_t number = 0;
  if (key.size() != sizeof number) return std::nullopt;
  std::memcpy(&number, key.data(), sizeof number);
  return number;
}

bool is_in_order(const Page& page, bool is_free_list) noexcept {
  // The first key of a branch means nothing.
  for (std::size_t i = page.is_leaf() ? 0 : 1; i < page.count(); ++i) {
    const std::string_view key = page.node(i).key;
    const bool is_first = i == (page.is_leaf() ? 0 : 1);
    const std::string_view before = is_first ? std::string_view() : page.node(i - 1).key;
    if (is_free_list ? !number_of(key) || (!is_first && number_of(key) <= number_of(before))
                     : key <= before) {
      return false;
    }
  }
  return true;
}

// Goes through all pages, each of which must have one use.
class WholeFile {
 public:
  WholeFile(const DataFile& file, const Meta& meta)
      : file_(file), meta_(meta), used_(meta.last_page + 1) {}

  [[nodiscard]] bool is_sound() { return check(meta_.main) && check(meta_.free); }

 private:
  struct Place {
    std::size_t page;
    unsigned depth;
  };

  [[nodiscard]] bool use(std::size_t page) {
    if (!meta_.holds(page) || used_[page]) return false;
    used_[page] = true;
    return true;
  }

  [[nodiscard]] bool check(const Tree& tree) {
    if (tree.root == kNoPage) return true;
    const bool is_free_list = &tree == &meta_.free;
    std::vector<Place> places{{tree.root, 1}};
    while (!places.empty()) {
      const Place place = places.back();
      places.pop_back();
      if (!use(place.page) || !page_.read(file_, place.page)) return false;
      if (page_.is_leaf() != (place.depth == tree.depth)) return false;
      if (!is_in_order(page_, is_free_list)) return false;
      if (page_.is_leaf()) {
        if (!check_leaf(is_free_list)) return false;
        continue;
      }
      // LMDB makes an exception for the free list.
      if (page_.count() < 2 && !is_free_list) return false;
      for (std::size_t i = 0; i < page_.count(); ++i) {
        places.push_back({page_.node(i).value, place.depth + 1});
      }
    }
    return true;
  }

  [[nodiscard]] bool check_leaf(bool is_free_list) {
    for (std::size_t i = 0; i < page_.count(); ++i) {
      const Node node = page_.node(i);
      std::optional<Overflow> overflow;
      if (node.big) {
        overflow = overflow_of(node, file_, meta_);
        if (!overflow) return false;
        for (std::size_t page = 0; page < overflow->count; ++page) {
          if (!use(overflow->first + page)) return false;
        }
      }
      if (is_free_list && !check_free_pages(node, overflow)) return false;
    }
    return true;
  }

  [[nodiscard]] bool check_free_pages(const Node& node, const std::optional<Overflow>& overflow) {
    std::vector<std::size_t> numbers(node.value / sizeof(std::size_t));
    if (numbers.empty()) return false;
    const std::size_t size = numbers.size() * sizeof numbers[0];
    if (!overflow) {
      std::memcpy(numbers.data(), node.data, size);
    } else if (!file_.read(overflow->offset, numbers.data(), size)) {
      return false;
    }
    if (numbers[0] >= numbers.size()) return false;
    for (std::size_t i = 1; i <= numbers[0]; ++i) {
      if (!use(numbers[i]) || (i > 1 && numbers[i] >= numbers[i - 1])) return false;
    }
    return true;
  }

  const DataFile file_;
  const Meta& meta_;
  std::vector<bool> used_;
  Page page_;
};

}  // namespace

Soundness check_path(const DataFile& file, std::size_t snapshot, std::string_view key) {
  const std::optional<Meta> meta = read_meta(file, snapshot);
  if (!meta) return Soundness::kDamaged;
  if (meta->snapshot != snapshot) return Soundness::kGone;
  return verdict(meta->main.root == kNoPage || leads_to(key, file, *meta));
}

Soundness check_all(const DataFile& file, std::size_t snapshot) {
  const std::optional<Meta> meta = read_meta(file, snapshot);
  // LMDB fills the place of the next state only in part.
  if (!meta || !read_meta(file, snapshot + 1)) return Soundness::kDamaged;
  if (meta->snapshot != snapshot) return Soundness::kGone;
  return verdict(WholeFile(file, *meta).is_sound());
}

}  // namespace auth::lmdb
