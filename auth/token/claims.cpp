// SPDX-License-Identifier: Apache-2.0
#include "auth/token/claims.h"

#include <algorithm>
#include <utility>

#include "auth/base/number.h"

namespace zitadel_auth {
namespace {

using auth::get_number;
using auth::kNumberBytes;
using auth::put_number;

constexpr char kRecordVersion = 2;
constexpr std::size_t kTimeBytes = kNumberBytes;
constexpr std::size_t kRecordHead = 1 + 2 * kTimeBytes;
constexpr std::size_t kFieldHead = 4;  // Field and the longest length that a record has room for
constexpr std::int64_t kNoTime = INT64_MIN;

void put_time(std::string& out, std::optional<WallTime> time) {
  put_number(out, static_cast<std::uint64_t>(time ? time->time_since_epoch().count() : kNoTime));
}

std::optional<WallTime> get_time(std::string_view in) {
  const auto seconds = static_cast<std::int64_t>(get_number(in));
  if (seconds == kNoTime) return std::nullopt;
  return WallTime(std::chrono::seconds(seconds));
}

// LEB128: seven bits a byte, the low ones first; the high bit says that another byte follows.
void put_length(std::string& out, std::size_t length) {
  for (; length > 0x7f; length >>= 7) out.push_back(static_cast<char>(length | 0x80));
  out.push_back(static_cast<char>(length));
}

// Takes a length of up to 32 bits off the front. Returns false if none is there.
bool take_length(std::string_view& in, std::size_t& length) {
  length = 0;
  for (std::size_t shift = 0; shift < 32 && !in.empty(); shift += 7) {
    const auto byte = static_cast<unsigned char>(in.front());
    in.remove_prefix(1);
    length |= std::size_t{byte & 0x7fU} << shift;
    if (byte < 0x80) return true;
  }
  return false;
}

}  // namespace

template <typename Visit>
void Claims::scan(Visit visit) const {
  std::string_view rest = fields_;
  std::size_t size = 0;
  while (!rest.empty()) {
    const auto field = static_cast<Field>(rest.front());
    rest.remove_prefix(1);
    if (!take_length(rest, size) || !visit(field, rest.substr(0, size))) return;
    rest.remove_prefix(size);
  }
}

std::string_view Claims::first(Field wanted) const noexcept {
  std::string_view found;
  scan([&](Field field, std::string_view text) {
    if (field != wanted) return true;
    found = text;
    return false;
  });
  return found;
}

std::vector<std::string_view> Claims::all(Field wanted) const {
  std::vector<std::string_view> found;
  scan([&](Field field, std::string_view text) {
    if (field == wanted) found.push_back(text);
    return true;
  });
  return found;
}

bool Claims::has(Field wanted, std::string_view wanted_text) const noexcept {
  bool found = false;
  scan([&](Field field, std::string_view text) {
    found = field == wanted && text == wanted_text;
    return !found;
  });
  return found;
}

std::vector<Role> Claims::roles() const {
  std::vector<Role> roles;
  scan([&](Field field, std::string_view text) {
    if (field == Field::kRole) roles.push_back({text, {}});
    if (field == Field::kRoleOrganisation) roles.back().organisations.push_back(text);
    return true;
  });
  return roles;
}

std::string_view Claims::extra(std::string_view name) const noexcept {
  bool named = false;
  std::string_view value;
  scan([&](Field field, std::string_view text) {
    if (named) value = text;
    if (named) return false;
    named = field == Field::kExtraName && text == name;
    return true;
  });
  return value;
}

bool Claims::has_audience(std::string_view name) const noexcept {
  return has(Field::kAudience, name);
}

bool Claims::has_scope(std::string_view name) const noexcept { return has(Field::kScope, name); }

bool Claims::has_role(std::string_view name) const noexcept { return has(Field::kRole, name); }

bool Claims::has_role(std::string_view name, std::string_view organisation) const noexcept {
  bool in_role = false;
  bool found = false;
  scan([&](Field field, std::string_view text) {
    if (field == Field::kRole) in_role = text == name;
    found = in_role && field == Field::kRoleOrganisation && text == organisation;
    return !found;
  });
  return found;
}

std::string Claims::record() const {
  std::string record(1, kRecordVersion);
  put_time(record, expiry_);
  put_time(record, not_before_);
  record += fields_;
  return record;
}

std::optional<Claims> Claims::from_record(std::string_view record) {
  if (record.size() < kRecordHead || record[0] != kRecordVersion) return std::nullopt;
  Claims claims;
  claims.expiry_ = get_time(record.substr(1));
  claims.not_before_ = get_time(record.substr(1 + kTimeBytes));
  record.remove_prefix(kRecordHead);
  claims.fields_ = record;
  bool role_seen = false;
  bool name_before = false;
  std::size_t size = 0;
  while (!record.empty()) {
    const auto field = static_cast<Field>(record.front());
    record.remove_prefix(1);
    if (field < Field::kSubject || field > Field::kLast) return std::nullopt;
    if (!take_length(record, size) || size > record.size()) return std::nullopt;
    role_seen = role_seen || field == Field::kRole;
    if (field == Field::kRoleOrganisation && !role_seen) return std::nullopt;
    if (name_before != (field == Field::kExtraValue)) return std::nullopt;
    name_before = field == Field::kExtraName;
    record.remove_prefix(size);
  }
  if (name_before) return std::nullopt;
  return claims;
}

ClaimsBuilder& ClaimsBuilder::add(Claims::Field field, std::string_view text) {
  claims_.fields_.push_back(static_cast<char>(field));
  put_length(claims_.fields_, text.size());
  claims_.fields_.append(text);
  return *this;
}

bool ClaimsBuilder::has_room_for(std::size_t texts, std::size_t bytes) const noexcept {
  const std::size_t taken = kRecordHead + claims_.fields_.size() + texts * kFieldHead;
  return taken <= kMaxRecordBytes && bytes <= kMaxRecordBytes - taken;
}

bool ClaimsBuilder::is_too_long() const noexcept { return !has_room_for(0, 0); }

ClaimsBuilder& ClaimsBuilder::scopes(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (name.empty() || scopes_.contains(name)) continue;
    if (has_room_for(1, name.size())) {
      add(Claims::Field::kScope, *scopes_.emplace(name).first);
    } else {
      ++claims_.left_out_;
    }
  }
  return *this;
}

ClaimsBuilder& ClaimsBuilder::role(std::string_view name,
                                   const std::vector<std::string>& organisations) {
  if (!roles_.emplace(name).second) return *this;
  add(Claims::Field::kRole, name);
  for (const std::string& id : organisations) add(Claims::Field::kRoleOrganisation, id);
  return *this;
}

ClaimsBuilder& ClaimsBuilder::extra(std::string_view name, std::string_view value) {
  if (!has_room_for(2, name.size() + value.size())) {
    ++claims_.left_out_;
    return *this;
  }
  return add(Claims::Field::kExtraName, name).add(Claims::Field::kExtraValue, value);
}

ClaimsBuilder& ClaimsBuilder::expiry(WallTime time) {
  claims_.expiry_ = time;
  return *this;
}

ClaimsBuilder& ClaimsBuilder::issued(WallTime time) {
  claims_.issued_ = time;
  return *this;
}

ClaimsBuilder& ClaimsBuilder::not_before(WallTime time) {
  claims_.not_before_ = time;
  return *this;
}

Claims ClaimsBuilder::build() {
  claims_.fields_.shrink_to_fit();
  scopes_.clear();
  roles_.clear();
  return std::exchange(claims_, Claims());
}

}  // namespace zitadel_auth
