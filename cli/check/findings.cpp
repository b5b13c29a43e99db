// SPDX-License-Identifier: Apache-2.0
#include "cli/check/findings.h"

#include "auth/base/json.h"

namespace cli {
namespace {

using Mark = fcgi::Report::Mark;

std::string_view word_for(Mark mark) {
  switch (mark) {
    case Mark::kGood:
      return "good";
    case Mark::kBad:
      return "bad";
    case Mark::kNote:
      return "note";
  }
  return {};
}

}  // namespace

void Findings::bad(Trouble trouble, std::string_view name, std::string_view text) {
  report_.bad(name, text);
  if (status_ == 0) status_ = static_cast<int>(trouble);
}

void Findings::add(const Findings& others) {
  report_.add(others.report_);
  if (status_ == 0) status_ = others.status_;
}

std::string Findings::lines() const {
  std::string text;
  for (const fcgi::Report::Line& line : report_.lines()) text += fcgi::Report::shown(line);
  return text;
}

std::string Findings::json() const {
  std::string text = std::string("{\"ok\":") + (status_ == 0 ? "true" : "false") +
                     ",\"status\":" + std::to_string(status_) + ",\"checks\":[";
  for (const fcgi::Report::Line& line : report_.lines()) {
    if (text.back() != '[') text += ',';
    text += "{\"name\":" + auth::json_quote(line.name) +
            ",\"result\":" + auth::json_quote(word_for(line.mark)) +
            ",\"text\":" + auth::json_quote(line.text) + '}';
  }
  return text + "]}\n";
}

}  // namespace cli
