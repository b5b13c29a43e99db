#include "auth/store/lmdb_page.h"

#include <sys/stat.h>
#include <unistd.h>

#include <bit>
#include <cerrno>
#include <cstring>

namespace auth::lmdb {
namespace {

constexpr std::uint32_t kMagic = 0xBEEFC0DE;
constexpr std::uint32_t kDataVersion = 1;
constexpr unsigned kMaxDepth = 32;  // of LMDB's cursors

// Kinds of page.
constexpr std::uint16_t kBranch = 1;
constexpr std::uint16_t kLeaf = 2;
constexpr std::uint16_t kOverflow = 4;
constexpr std::uint16_t kMetaPage = 8;
// The one flag of nodes that is in use here.
constexpr std::uint16_t kBigData = 1;
// The one flag of trees: keys are numbers.
constexpr std::uint16_t kIntegerKey = 8;

struct PageHead {
  std::size_t number;
  std::uint16_t unused;
  std::uint16_t kind;
  // Of overflow pages, both together are their count.
  std::uint16_t lower;
  std::uint16_t upper;
};

struct NodeHead {
  std::array<std::uint16_t, 2> value;  // in the order of the machine's bytes
  std::uint16_t flags;                 // of a branch's: the value's highest part
  std::uint16_t key_size;
};

template <typename Form>
Form load(const unsigned char* from) noexcept {
  Form form;
  std::memcpy(&form, from, sizeof form);
  return form;
}

bool is_sound(const Tree& tree, const Meta& meta) noexcept {
  return tree.root == kNoPage ||
         (meta.holds(tree.root) && tree.depth > 0 && tree.depth <= kMaxDepth);
}

}  // namespace

bool DataFile::read(std::size_t offset, void* to, std::size_t size) const noexcept {
  ssize_t count = 0;
  do {
    count = ::pread(descriptor, to, size, static_cast<off_t>(offset));
  } while (count < 0 && errno == EINTR);
  return count >= 0 && static_cast<std::size_t>(count) == size;
}

std::optional<Meta> read_meta(const DataFile& file, std::size_t snapshot) {
  std::array<unsigned char, sizeof(PageHead) + sizeof(Meta)> bytes;
  struct stat status {};
  if (::fstat(file.descriptor, &status) != 0) return std::nullopt;
  // The two newest states have their places in turn.
  if (!file.read(snapshot % 2 * file.page_size, bytes.data(), bytes.size())) return std::nullopt;
  const auto meta = load<Meta>(bytes.data() + sizeof(PageHead));
  if (load<PageHead>(bytes.data()).kind != kMetaPage || meta.magic != kMagic ||
      meta.version != kDataVersion || meta.free.pad != file.page_size ||
      meta.free.flags != kIntegerKey || meta.main.flags != 0 ||
      meta.map_size != static_cast<std::size_t>(status.st_size) ||
      meta.last_page >= meta.map_size / file.page_size || !is_sound(meta.free, meta) ||
      !is_sound(meta.main, meta)) {
    return std::nullopt;
  }
  return meta;
}

bool Page::read(const DataFile& file, std::size_t number) noexcept {
  if (!file.read(number * file.page_size, bytes_.data(), file.page_size)) return false;
  const auto head = load<PageHead>(bytes_.data());
  kind_ = head.kind;
  lower_ = head.lower;
  upper_ = head.upper;
  return head.number == number && (kind_ == kBranch || kind_ == kLeaf) &&
         lower_ > sizeof(PageHead) && lower_ % 2 == 0 && lower_ <= upper_ &&
         upper_ <= file.page_size && has_sound_nodes(file.page_size);
}

bool Page::has_sound_nodes(std::size_t size) const noexcept {
  std::size_t used = 0;
  for (std::size_t i = 0; i < count(); ++i) {
    const std::size_t at = offset(i);
    if (at < upper_ || at % 2 != 0 || at + sizeof(NodeHead) > size) return false;
    if (is_leaf() && load<NodeHead>(bytes_.data() + at).flags > kBigData) return false;
    const Node found = node(i);
    const std::size_t data = found.big ? sizeof(std::size_t) : is_leaf() ? found.value : 0;
    const std::size_t whole = sizeof(NodeHead) + found.key.size() + data;
    if (whole > size - at) return false;
    used += whole + whole % 2;
  }
  return used <= size - upper_;
}

bool Page::is_leaf() const noexcept { return kind_ == kLeaf; }

std::size_t Page::count() const noexcept {
  return (lower_ - sizeof(PageHead)) / sizeof(std::uint16_t);
}

Node Page::node(std::size_t index) const noexcept {
  const unsigned char* const at = bytes_.data() + offset(index);
  const auto head = load<NodeHead>(at);
  constexpr bool little = std::endian::native == std::endian::little;
  std::uint64_t value =
      std::uint64_t{head.value[little ? 1 : 0]} << 16 | head.value[little ? 0 : 1];
  if (!is_leaf()) value |= std::uint64_t{head.flags} << 32;
  const unsigned char* const key = at + sizeof head;
  return {is_leaf() && head.flags == kBigData,
          static_cast<std::size_t>(value),
          {reinterpret_cast<const char*>(key), head.key_size},
          key + head.key_size};
}

std::size_t Page::offset(std::size_t index) const noexcept {
  return load<std::uint16_t>(bytes_.data() + sizeof(PageHead) + sizeof(std::uint16_t) * index);
}

std::optional<Overflow> overflow_of(const Node& node, const DataFile& file,
                                    const Meta& meta) noexcept {
  const auto first = load<std::size_t>(node.data);
  std::array<unsigned char, sizeof(PageHead)> bytes;
  if (!meta.holds(first) || !file.read(first * file.page_size, bytes.data(), bytes.size())) {
    return std::nullopt;
  }
  const auto head = load<PageHead>(bytes.data());
  const std::size_t count = load<std::uint32_t>(bytes.data() + offsetof(PageHead, lower));
  const std::size_t needed = (sizeof head + node.value + file.page_size - 1) / file.page_size;
  if (head.number != first || head.kind != kOverflow || count < needed ||
      count > meta.last_page - first + 1) {
    return std::nullopt;
  }
  return Overflow{first, count, first * file.page_size + sizeof head};
}

}  // namespace auth::lmdb
