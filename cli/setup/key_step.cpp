// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/key_step.h"

#include <openssl/rand.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/timestamp.h"
#include "cli/setup/administrator.h"

namespace cli {
namespace {

using auth::Mistake;
using auth::Secret;
using KeyText = auth::Result<Secret, Mistake>;

// 2099-01-01T00:00:00Z. A key that is to have no end ends in that year.
constexpr std::int64_t kFarAway = 4'070'908'800;
constexpr std::uint32_t kYear = 365 * 24 * 3600;
constexpr std::uint32_t kHour = 3600;

auth::Result<std::string, Mistake> new_end(const Context& context) {
  std::uint32_t random = 0;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&random), sizeof random) != 1) {
    return Mistake{"OpenSSL has no random numbers"};
  }
  const int days = context.options.key_days;
  const std::int64_t now = context.clock.wall().time_since_epoch().count();
  const std::time_t end = days == 0 ? kFarAway + random % kYear
                                    : now + std::int64_t{days} * 24 * kHour + random % kHour;
  std::tm parts{};
  std::array<char, 32> text{};
  if (::gmtime_r(&end, &parts) == nullptr ||
      std::strftime(text.data(), text.size(), "%Y-%m-%dT%H:%M:%SZ", &parts) == 0) {
    return Mistake{"this machine's clock is beyond all years"};
  }
  return std::string(text.data());
}

}  // namespace

std::string key_file_member(const Secret& file, std::string_view name) {
  const auto json = auth::Json::parse_secret(file);
  return json ? json->text_of(name).value_or("") : "";
}

Done KeyStep::run(bool replace) {
  bool made = false;
  if (!slot_.begun.empty()) {
    const auto finished = finish();
    if (!finished) return finished.error();
    made = *finished;
  }
  return made || !(replace || slot_.id.empty()) ? Done() : begin();
}

Done KeyStep::begin() {
  auto end = new_end(context_);
  if (!end) return std::move(end).error();
  slot_.begun = *std::move(end);
  if (Done saved = context_.save(); !saved) return saved;
  const KeyText file = make();
  if (!file) return file.error();
  return put_in_place(*file);
}

// Returns true if the key that was begun is now in its place; false if it cannot be completed.
auth::Result<bool, Mistake> KeyStep::finish() {
  const auto begun = begun_key();
  if (!begun) return begun.error();
  auto file = context_.folder.read(new_file_);
  if (!file) return std::move(file).error();
  if (*file) {
    auto whole = complete(**std::move(file), *begun);
    if (!whole) return std::move(whole).error();
    if (*whole) {
      if (Done placed = put_in_place(**whole); !placed) return std::move(placed).error();
      return true;
    }
  }
  const auto in_file = key_in_file();
  if (!in_file) return in_file.error();
  if (*begun && *in_file == **begun) {
    if (Done taken = take_over(*in_file); !taken) return std::move(taken).error();
    return true;
  }
  if (Done forgotten = forget(*begun); !forgotten) return std::move(forgotten).error();
  return false;
}

// Nobody has the private half of the key, or ZITADEL has forgotten it.
Done KeyStep::forget(const std::optional<std::string>& begun) {
  if (begun) {
    if (Done removed = remove(*begun); !removed) return removed;
  }
  if (Done removed = context_.folder.remove(new_file_); !removed) return removed;
  slot_.begun.clear();
  return context_.save();
}

auth::Result<std::string, Mistake> KeyStep::key_in_file() const {
  auto file = context_.folder.read(file_);
  if (!file) return std::move(file).error();
  return *file ? key_file_member(**file, "keyId") : std::string();
}

auth::Result<std::optional<std::string>, Mistake> KeyStep::begun_key() {
  const auto end = auth::parse_timestamp(slot_.begun);
  const auto found = patiently([&]() -> Search<std::string> {
    const auto keys = list();
    if (!keys) return keys.error();
    std::optional<std::string> id;
    for (const FoundKey& key : *keys) {
      if (!id && auth::parse_timestamp(key.expires) == end) id = key.id;
    }
    return id;
  });
  if (!found) return in_words(found.error(), "the keys could not be looked for");
  return *found;
}

Done KeyStep::keep(const Secret& file) {
  return context_.folder.write(new_file_, file, std::nullopt);
}

Done KeyStep::put_in_place(const Secret& file) {
  const auto before = key_in_file();
  if (!before) return before.error();
  if (!before->empty() && *before != slot_.id) {
    return Mistake{context_.folder.path_of(file_) +
                   " holds a key that zitadel-setup did not write: move it away"};
  }
  if (Done checked = check(file); !checked) return checked;
  const bool is_server = file_ != kUserKeyFile;
  Done placed = context_.folder.rename(new_file_, file_, is_server ? context_.owner : std::nullopt);
  if (!placed) return placed;
  return take_over(key_file_member(file, "keyId"));
}

Done KeyStep::take_over(const std::string& id) {
  if (!slot_.id.empty() && slot_.id != id) slot_.old.push_back(slot_.id);
  slot_.id = id;
  slot_.begun.clear();
  return context_.save();
}

Done KeyStep::remove_old() {
  for (const std::string& key : slot_.old) {
    if (Done removed = remove(key); !removed) return removed;
  }
  slot_.old.clear();
  return context_.save();
}

Done KeyStep::remove(const std::string& key) {
  const auto removed = context_.resources.remove(path_of(key));
  if (!removed) return in_words(removed.error(), "the key " + key + " could not be removed");
  return {};
}

}  // namespace cli
