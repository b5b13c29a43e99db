// SPDX-License-Identifier: Apache-2.0
// Report: the results of a check, one line each, for a person or a program.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace fcgi {

// One thread. Characters that are not visible, and what is not UTF-8, are shown as '?': no text
// from outside can control a terminal or break JSON.
class Report {
 public:
  enum class Mark { kGood, kBad, kNote };
  struct Line {
    Mark mark;
    std::string name;  // what was checked: "key"
    std::string text;  // what was found, and what mends it
  };

  void good(std::string_view name, std::string_view text) { add(Mark::kGood, name, text); }
  void bad(std::string_view name, std::string_view text) { add(Mark::kBad, name, text); }
  // Adds what is neither, or could not be checked.
  void note(std::string_view name, std::string_view text) { add(Mark::kNote, name, text); }

  // Adds all lines of the other report.
  void add(const Report& other) {
    lines_.insert(lines_.end(), other.lines_.begin(), other.lines_.end());
  }

  [[nodiscard]] bool is_good() const noexcept;
  [[nodiscard]] const std::vector<Line>& lines() const noexcept { return lines_; }

  // "✓ name: text", "✗ …" or "– …", each with its line break.
  [[nodiscard]] static std::string shown(const Line& line);

 private:
  void add(Mark mark, std::string_view name, std::string_view text);

  std::vector<Line> lines_{};
};

}  // namespace fcgi
