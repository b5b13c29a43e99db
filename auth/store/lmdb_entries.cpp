#include "auth/store/lmdb_entries.h"

#include <chrono>
#include <cstdint>
#include <cstring>
#include <memory>

#include "auth/store/lmdb_call.h"

namespace auth::lmdb {
namespace {

constexpr std::size_t kEndBytes = 8;
constexpr std::size_t kOrderKeyBytes = 1 + kEndBytes + sizeof(StoreKey);

// In one transaction, so that none takes long.
constexpr int kMaxEndedRemovals = 8;
constexpr int kMaxRemovals = 1024;

using Cursor = std::unique_ptr<MDB_cursor, decltype(&mdb_cursor_close)>;

// LMDB does not write through it.
MDB_val value_of(std::string_view text) noexcept {
  return {text.size(), const_cast<char*>(text.data())};
}

std::string_view text_of(const MDB_val& value) noexcept {
  return {static_cast<const char*>(value.mv_data), value.mv_size};
}

std::string end_text(WallTime end) {
  auto number = static_cast<std::uint64_t>(end.time_since_epoch().count());
  std::string text(kEndBytes, '\0');
  for (std::size_t i = kEndBytes; i-- > 0; number >>= 8) text[i] = static_cast<char>(number);
  return text;
}

WallTime end_of(std::string_view text) noexcept {
  std::uint64_t number = 0;
  for (const char byte : text.substr(0, kEndBytes)) {
    number = number << 8 | static_cast<unsigned char>(byte);
  }
  return WallTime(std::chrono::seconds(static_cast<std::int64_t>(number)));
}

std::string order_key(std::string_view end, const StoreKey& key) {
  return std::string("o").append(end).append(key.begin(), key.end());
}

}  // namespace

std::string entry_key(const StoreKey& key) {
  return std::string("e").append(key.begin(), key.end());
}

int Entries::find(const StoreKey& key, WallTime now, std::optional<std::string>& found) {
  const std::string name = entry_key(key);
  MDB_val wanted = value_of(name);
  MDB_val value{};
  const int result = call([&] { return mdb_get(transaction_, tree_, &wanted, &value); });
  if (result == MDB_NOTFOUND) return MDB_SUCCESS;
  if (result != MDB_SUCCESS) return result;
  if (value.mv_size < kEndBytes || value.mv_size > kEndBytes + kMaxSealedBytes) {
    return MDB_CORRUPTED;
  }
  const std::string_view text = text_of(value);
  if (end_of(text) > now) found = text.substr(kEndBytes);
  return MDB_SUCCESS;
}

int Entries::put(const StoreKey& key, std::string_view entry, WallTime until) {
  const std::string name = entry_key(key);
  MDB_val wanted = value_of(name);
  MDB_val value{};
  int result = call([&] { return mdb_get(transaction_, tree_, &wanted, &value); });
  if (result == MDB_SUCCESS) {
    result = remove(order_key(text_of(value).substr(0, kEndBytes), key));
  }
  if (result != MDB_SUCCESS && result != MDB_NOTFOUND) return result;

  const std::string end = end_text(until);
  value.mv_size = kEndBytes + entry.size();
  result = call([&] { return mdb_put(transaction_, tree_, &wanted, &value, MDB_RESERVE); });
  if (result != MDB_SUCCESS) return result;
  std::memcpy(value.mv_data, end.data(), kEndBytes);
  std::memcpy(static_cast<char*>(value.mv_data) + kEndBytes, entry.data(), entry.size());

  const std::string place = order_key(end, key);
  MDB_val order = value_of(place);
  MDB_val nothing{};
  return call([&] { return mdb_put(transaction_, tree_, &order, &nothing, 0); });
}

int Entries::make_room(WallTime now, std::size_t max_pages) {
  int result = MDB_SUCCESS;
  for (int i = 0; i < kMaxEndedRemovals && result == MDB_SUCCESS; ++i) result = remove_first(now);
  if (result != MDB_SUCCESS && result != MDB_NOTFOUND) return result;
  for (int i = 0; i < kMaxRemovals; ++i) {
    std::size_t count = 0;
    result = pages(count);
    if (result != MDB_SUCCESS || count <= max_pages) return result;
    result = remove_first(WallTime::max());
    if (result != MDB_SUCCESS) break;
  }
  return result == MDB_NOTFOUND ? MDB_SUCCESS : result;
}

int Entries::remove_first(WallTime ended_by) {
  MDB_cursor* opened = nullptr;
  int result = mdb_cursor_open(transaction_, tree_, &opened);
  if (result != MDB_SUCCESS) return result;
  Cursor cursor(opened, &mdb_cursor_close);
  MDB_val found = value_of("o");
  MDB_val nothing{};
  result = call([&] { return mdb_cursor_get(opened, &found, &nothing, MDB_SET_RANGE); });
  if (result != MDB_SUCCESS) return result;
  // Removing takes the pages away below what was found.
  const std::string order(text_of(found));
  cursor.reset();
  if (order.size() != kOrderKeyBytes || order[0] != 'o') return MDB_CORRUPTED;
  if (end_of(std::string_view(order).substr(1)) > ended_by) return MDB_NOTFOUND;
  result = remove("e" + order.substr(1 + kEndBytes));
  return result == MDB_SUCCESS ? remove(order) : result;
}

// Removing what is not there is no mistake.
int Entries::remove(std::string_view key) {
  MDB_val wanted = value_of(key);
  const int result = call([&] { return mdb_del(transaction_, tree_, &wanted, nullptr); });
  return result == MDB_NOTFOUND ? MDB_SUCCESS : result;
}

int Entries::pages(std::size_t& count) {
  MDB_stat stat{};
  const int result = mdb_stat(transaction_, tree_, &stat);
  count = stat.ms_branch_pages + stat.ms_leaf_pages + stat.ms_overflow_pages;
  return result;
}

}  // namespace auth::lmdb
