// SPDX-License-Identifier: Apache-2.0
// Making a key, or another one in place of one, so that it can be cut off anywhere: there is never
// a key that nobody has, and never a moment without a file that works.
//
//   1. The state tells the end that the key is going to have, another one for each key: by it the
//      key is known again.
//   2. The key is made, and lies in .NAME.new. A service user's key pair is there before ZITADEL
//      hears of it; an application's key comes from ZITADEL and is shown once.
//   3. It is seen to work.
//   4. The file takes its place, and the state tells the key's id.
//   5. When it is asked for, the old key is removed: until then it works, for programs that run
//   have
//      read it.
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

  // Completes what was begun, and makes a new one where there is none or replace is set.
  [[nodiscard]] Done run(bool replace);
  // Removes from ZITADEL what was replaced.
  [[nodiscard]] Done remove_old();

 protected:
  KeyStep(Context& context, KeySlot& slot, const char* file)
      : context_(context), slot_(slot), file_(file), new_file_(new_file_of(file_)) {}

  // The keys that ZITADEL has.
  [[nodiscard]] virtual ApiResult<std::vector<FoundKey>> list() = 0;
  // Step 2: from nothing, or from what lies in the new file. Gives the whole key file. begun: the
  // key's id, where ZITADEL has it; where it has forgotten it, nothing is given.
  [[nodiscard]] virtual auth::Result<auth::Secret, auth::Mistake> make() = 0;
  [[nodiscard]] virtual auth::Result<std::optional<auth::Secret>, auth::Mistake> complete(
      auth::Secret file, const std::optional<std::string>& begun) = 0;
  [[nodiscard]] virtual Done check(auth::SecretView file) = 0;
  [[nodiscard]] virtual std::string path_of(const std::string& key) const = 0;

  [[nodiscard]] Done keep(const auth::Secret& file);
  // The key whose making was begun, where ZITADEL has it.
  [[nodiscard]] auth::Result<std::optional<std::string>, auth::Mistake> begun_key();

  Context& context_;
  KeySlot& slot_;

 private:
  [[nodiscard]] auth::Result<std::string, auth::Mistake> key_in_file() const;
  [[nodiscard]] auth::Result<bool, auth::Mistake> finish();
  [[nodiscard]] Done begin();
  [[nodiscard]] Done put_in_place(const auth::Secret& file);
  [[nodiscard]] Done take_over(const std::string& id);
  [[nodiscard]] Done remove(const std::string& key);

  const std::string file_;
  const std::string new_file_;
};

// A text in a key file; empty where there is none.
[[nodiscard]] std::string key_file_member(const auth::Secret& file, std::string_view name);

}  // namespace cli
