// SPDX-License-Identifier: Apache-2.0
// What the set-up says on standard output: in words, or in JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/setup/context.h"

namespace cli {

class Report {
 public:
  // terminal: whether somebody looks on, who is told what is being done.
  Report(bool json, bool terminal) : json_(json), terminal_(terminal && !json) {}
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  // What was begun and not done stays to be read, and what is said of it gets a line of its own.
  ~Report();

  // The plan as a table; in JSON it is told at the end.
  void plan(const Plan& plan);
  // On a terminal: what goes on. The line gives way to the next one, and is too short to be
  // wrapped.
  void begin(const std::string& what);
  // A step that was done: "project my-api: made (401…)".
  void done(const std::string& what, const std::string& name, const std::string& how,
            const std::string& id);
  // A sentence.
  void say(const std::string& text);
  // The last words; in JSON all of it: the plan, the steps, and what there is then.
  void end(const Context& context, const std::string& outcome);

 private:
  struct Step {
    std::string what, name, how, id;
  };

  void line(const std::string& text);

  const bool json_;
  const bool terminal_;
  bool is_going_on_ = false;  // the terminal's last line is begin's
  Plan plan_{};
  std::vector<Step> steps_{};
};

// The two commands that call the API with what was made.
[[nodiscard]] std::vector<std::string> commands_to_try(const Context& context);

}  // namespace cli
