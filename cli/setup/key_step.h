// SPDX-License-Identifier: Apache-2.0
// Makes a key, or replaces one. This may be interrupted anywhere: no key is left that nobody has,
// and there is always a file that works.
//
//   1. The state records the end that the key will have. Each key has a different end, so that the
//      key can be recognised by it.
//   2. The key is made and stored in .NAME.new. A service user's key pair is stored before ZITADEL
//      knows of it; an application's key comes from ZITADEL, which shows it once.
//   3. The key is checked: it must work.
//   4. The new file replaces the old one, and the state records the key's id.
//   5. On request, the old key is removed. Until then it works, because running programs have read
//      it.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/setup/context.h"

namespace cli {

class KeyStep {
 public:
  virtual ~KeyStep() = default;

  // Completes a key that was begun. Else makes a new one if there is none or replace is set.
  [[nodiscard]] Done run(bool replace);
  // Removes the replaced keys from ZITADEL.
  [[nodiscard]] Done remove_old();

 protected:
  KeyStep(Context& context, KeySlot& slot, const char* file)
      : context_(context), slot_(slot), file_(file), new_file_(new_file_of(file_)) {}

  // The keys that ZITADEL has.
  [[nodiscard]] virtual ApiResult<std::vector<FoundKey>> list() = 0;
  // Step 2: make starts from nothing, complete from the new file. Both return the whole key file.
  // begun: the id of the key that was begun, if ZITADEL has it. complete returns nullopt if ZITADEL
  // has forgotten the key, or if the file holds an earlier one.
  [[nodiscard]] virtual auth::Result<auth::Secret, auth::Mistake> make() = 0;
  [[nodiscard]] virtual auth::Result<std::optional<auth::Secret>, auth::Mistake> complete(
      auth::Secret file, const std::optional<std::string>& begun) = 0;
  [[nodiscard]] virtual Done check(auth::SecretView file) = 0;
  [[nodiscard]] virtual std::string path_of(const std::string& key) const = 0;

  [[nodiscard]] Done keep(const auth::Secret& file);
  // Returns the id of the key that was begun; nullopt if ZITADEL does not have it.
  [[nodiscard]] auth::Result<std::optional<std::string>, auth::Mistake> begun_key();

  Context& context_;
  KeySlot& slot_;

 private:
  [[nodiscard]] auth::Result<std::string, auth::Mistake> key_in_file() const;
  [[nodiscard]] auth::Result<bool, auth::Mistake> finish();
  [[nodiscard]] Done forget(const std::optional<std::string>& begun);
  [[nodiscard]] Done begin();
  [[nodiscard]] Done put_in_place(const auth::Secret& file);
  [[nodiscard]] Done take_over(const std::string& id);
  [[nodiscard]] Done remove(const std::string& key);

  const std::string file_;
  const std::string new_file_;
};

// Returns a text in a key file; empty if there is none.
[[nodiscard]] std::string key_file_member(const auth::Secret& file, std::string_view name);

}  // namespace cli
