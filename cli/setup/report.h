// SPDX-License-Identifier: Apache-2.0
// Writes the report of the set-up to standard output: in words, or in JSON.
#pragma once

#include <string>
#include <vector>

#include "cli/setup/context.h"

namespace cli {

class Report {
 public:
  // terminal: whether standard output is a terminal, which shows what is being done.
  Report(bool json, bool terminal) : json_(json), terminal_(terminal && !json) {}
  Report(const Report&) = delete;
  Report& operator=(const Report&) = delete;
  // Ends the line of a step that was begun and not done: it stays visible, and the error message
  // gets a line of its own.
  ~Report();

  // Writes the plan as a table; in JSON, end writes it.
  void plan(const Plan& plan);
  // On a terminal: shows the step that has begun. The next line overwrites this one, which is too
  // short to be wrapped.
  void begin(const std::string& what);
  // Reports a step that was done: "project my-api: made (401…)".
  void done(const std::string& what, const std::string& name, const std::string& how,
            const std::string& id);
  // Writes a sentence; nothing in JSON.
  void say(const std::string& text);
  // Ends the report. In JSON, writes all of it: the plan, the steps, and what exists then.
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
