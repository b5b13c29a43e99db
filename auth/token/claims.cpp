#include "auth/token/claims.h"

#include <array>
#include <utility>

namespace auth {
namespace {

constexpr char kRecordVersion = 1;
constexpr std::size_t kFieldHead = 5;  // Field and length
constexpr std::int64_t kNoTime = INT64_MIN;

void put_number(std::string& out, std::uint64_t number, std::size_t bytes) {
  for (std::size_t i = 0; i < bytes; ++i) out.push_back(static_cast<char>(number >> (8 * i)));
}

std::uint64_t get_number(std::string_view in) {
  std::uint64_t number = 0;
  for (std::size_t i = 0; i < in.size(); ++i) {
    number |= std::uint64_t{static_cast<unsigned char>(in[i])} << (8 * i);
  }
  return number;
}

void put_time(std::string& out, std::optional<WallTime> time) {
  put_number(out, static_cast<std::uint64_t>(time ? time->time_since_epoch().count() : kNoTime), 8);
}

std::optional<WallTime> get_time(std::string_view in) {
  const auto seconds = static_cast<std::int64_t>(get_number(in));
  if (seconds == kNoTime) return std::nullopt;
  return WallTime(std::chrono::seconds(seconds));
}

}  // namespace

template <typename Visit>
void Claims::scan(Visit visit) const {
  std::string_view rest = fields_;
  while (rest.size() >= kFieldHead) {
    const auto field = static_cast<Field>(rest[0]);
    const auto size = static_cast<std::size_t>(get_number(rest.substr(1, 4)));
    if (!visit(field, rest.substr(kFieldHead, size))) return;
    rest.remove_prefix(kFieldHead + size);
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
  constexpr std::size_t kTimes = 16;
  if (record.size() < 1 + kTimes || record[0] != kRecordVersion) return std::nullopt;
  record.remove_prefix(1);
  Claims claims;
  claims.expiry_ = get_time(record.substr(0, 8));
  claims.not_before_ = get_time(record.substr(8, 8));
  record.remove_prefix(kTimes);
  claims.fields_ = record;
  bool role_seen = false;
  bool name_before = false;
  while (!record.empty()) {
    if (record.size() < kFieldHead) return std::nullopt;
    const auto field = static_cast<Field>(record[0]);
    const std::uint64_t size = get_number(record.substr(1, 4));
    if (field < Field::kSubject || field > Field::kLast) return std::nullopt;
    if (size > record.size() - kFieldHead) return std::nullopt;
    role_seen = role_seen || field == Field::kRole;
    if (field == Field::kRoleOrganisation && !role_seen) return std::nullopt;
    if (name_before != (field == Field::kExtraValue)) return std::nullopt;
    name_before = field == Field::kExtraName;
    record.remove_prefix(kFieldHead + static_cast<std::size_t>(size));
  }
  if (name_before) return std::nullopt;
  return claims;
}

ClaimsBuilder& ClaimsBuilder::add(Claims::Field field, std::string_view text) {
  claims_.fields_.push_back(static_cast<char>(field));
  put_number(claims_.fields_, text.size(), 4);
  claims_.fields_.append(text);
  return *this;
}

ClaimsBuilder& ClaimsBuilder::scopes(std::string_view text) {
  while (!text.empty()) {
    const std::size_t end = std::min(text.find(' '), text.size());
    const std::string_view name = text.substr(0, end);
    if (!name.empty() && !claims_.has_scope(name)) add(Claims::Field::kScope, name);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return *this;
}

ClaimsBuilder& ClaimsBuilder::role(std::string_view name,
                                   const std::vector<std::string>& organisations) {
  if (claims_.has_role(name)) return *this;
  add(Claims::Field::kRole, name);
  for (const std::string& id : organisations) add(Claims::Field::kRoleOrganisation, id);
  return *this;
}

ClaimsBuilder& ClaimsBuilder::extra(std::string_view name, std::string_view value) {
  return add(Claims::Field::kExtraName, name).add(Claims::Field::kExtraValue, value);
}

ClaimsBuilder& ClaimsBuilder::expiry(WallTime time) {
  claims_.expiry_ = time;
  return *this;
}

ClaimsBuilder& ClaimsBuilder::not_before(WallTime time) {
  claims_.not_before_ = time;
  return *this;
}

Claims ClaimsBuilder::build() {
  claims_.fields_.shrink_to_fit();
  return std::exchange(claims_, Claims());
}

}  // namespace auth
