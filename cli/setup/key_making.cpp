// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/key_making.h"

#include <string>

namespace cli {

Done make_key(const Context& context, KeyStep&& step, const char* what, const KeySlot& slot,
              const SurveyedKey& surveyed, const char* file, Report& report) {
  const std::string before = slot.id;
  const std::string path = context.folder.path_of(file);
  if (surveyed.replace) report.begin(what);
  if (Done ran = step.run(surveyed.replace); !ran) return ran;
  if (slot.id != before) {
    report.done(what, path, before.empty() ? "made" : "replaced", slot.id);
    return {};
  }
  if (!removes_old(context, slot)) return {};
  if (Done removed = step.remove_old(); !removed) return removed;
  report.done(what, path, "what it has replaced is removed", slot.id);
  return {};
}

}  // namespace cli
