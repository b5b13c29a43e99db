#include "fcgi/command/report.h"

#include <algorithm>

#include "auth/base/text.h"

namespace fcgi {
namespace {

std::string_view sign_of(Report::Mark mark) {
  switch (mark) {
    case Report::Mark::kGood:
      return "✓ ";
    case Report::Mark::kBad:
      return "✗ ";
    case Report::Mark::kNote:
      return "– ";
  }
  return {};
}

}  // namespace

bool Report::is_good() const noexcept {
  return std::none_of(lines_.begin(), lines_.end(),
                      [](const Line& line) { return line.mark == Mark::kBad; });
}

std::string Report::shown(const Line& line) {
  return std::string(sign_of(line.mark)) + line.name + ": " + line.text + '\n';
}

void Report::add(Mark mark, std::string_view name, std::string_view text) {
  Line line{mark, std::string(name), std::string(text)};
  std::replace_if(line.text.begin(), line.text.end(), auth::is_control, '?');
  lines_.push_back(std::move(line));
}

}  // namespace fcgi
