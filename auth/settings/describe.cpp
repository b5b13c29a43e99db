// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/describe.h"

#include <algorithm>
#include <iterator>
#include <utility>
#include <vector>

#include "auth/base/text.h"
#include "auth/settings/rows.h"

namespace auth {
namespace {

constexpr std::size_t kWidth = 98;  // maximum characters of a comment after "# "

constexpr std::string_view kHead =
    R"(# SPDX-License-Identifier: Apache-2.0
#
# The settings of api.fcgi. Copy this file to .env, fill it in, and keep others from reading it:
#
#   cp .env.example .env && chmod 600 .env
#
# It is read from the working directory, or from where the environment variable ZITADEL_ENV_FILE or,
# on shared hosting, a file beside the program says (apache/shared-hosting/README.md). A variable of
# the environment goes before a line of this file; an empty value counts as none. Lines that begin
# with "#" and a name show the default: take the "#" away to change it. A relative path begins in
# this file's folder. "Modes" are the values of ZITADEL_VALIDATION for which a setting counts.
#
# A line such as [api.example.org] or [/shop] begins a section, for that host or path alone, with an
# instance of its own (docs/several-instances.md).
#
# `make settings` writes this file, from auth/settings/rows.cpp.
)";

constexpr std::pair<SettingGroup, std::string_view> kHeadings[] = {
    {SettingGroup::kInstance, "Your ZITADEL instance"},
    {SettingGroup::kAuthentication,
     "How this API authenticates at ZITADEL: one of two ways, as its application is set up"},
    {SettingGroup::kJudging, "Who judges a token"},
    {SettingGroup::kCallers, "What a token is asked for, and what callers are told"},
    {SettingGroup::kProtection, "What other programs serve"},
    {SettingGroup::kWay, "The way to ZITADEL"},
    {SettingGroup::kCache, "Known tokens"},
    {SettingGroup::kProgram, "This program"},
};

std::string modes_of(const SettingRow& row) {
  switch (row.modes) {
    case SettingModes::kAll:
      return "all";
    case SettingModes::kAsking:
      return "introspection, jwt-or-introspection";
    case SettingModes::kIntrospection:
      return "introspection";
  }
  return {};
}

std::string part_of(const SettingRow& row) {
  switch (row.part) {
    case SettingPart::kTakenOver:
      return "taken over";
    case SettingPart::kOfInstance:
      return "own";
    case SettingPart::kWholeProgram:
      return "whole program";
  }
  return {};
}

std::string default_of(const SettingRow& row) {
  const Settings defaults;
  std::string value = row.kind.default_value(defaults);
  return value.empty() ? std::string(row.fallback) : value;
}

// Returns the text as a comment shows it: without backquotes.
std::string plain(std::string_view markdown) {
  std::string text(markdown);
  std::erase(text, '`');
  return text;
}

// Returns the width in characters: all but the first byte of a UTF-8 character take no place.
std::size_t width_of(std::string_view word) {
  return static_cast<std::size_t>(
      std::count_if(word.begin(), word.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

void comment(std::string& out, std::string_view paragraph) {
  std::size_t column = kWidth + 1;
  for (const std::string_view word : words_of(paragraph)) {
    const std::size_t width = width_of(word);
    if (column + 1 + width > kWidth) {
      if (column <= kWidth) out += '\n';
      out += "#";
      column = 0;
    }
    out.append(" ").append(word);
    column += column == 0 ? width : 1 + width;
  }
  out += '\n';
}

void describe(std::string& out, const SettingRow& row) {
  out += '\n';
  comment(out, plain(row.meaning));
  for (std::string_view rest = row.more; !rest.empty();) {
    const std::size_t end = std::min(rest.find('\n'), rest.size());
    comment(out, rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
  }
  const std::string default_value = row.kind.default_value(Settings());
  const std::string fallback = row.fallback.empty() ? "" : "Default: " + plain(row.fallback) + ". ";
  comment(out,
          "Value: " + plain(row.kind.values()) + ". " + fallback + "Modes: " + modes_of(row) + ".");
  out.append(row.example.empty() ? "#" : "").append(row.setting.name).append("=");
  out.append(row.example.empty() ? default_value : std::string(row.example)).append("\n");
}

std::string cell(std::string_view text) {
  std::string escaped;
  for (const char byte : text) {
    if (byte == '|') escaped.push_back('\\');
    escaped.push_back(byte);
  }
  return escaped;
}

std::string line_of(const SettingRow& row) {
  std::string text = "| `";
  text.append(row.setting.name).append("` | ").append(cell(row.meaning)).append(" | ");
  text.append(cell(row.kind.values())).append(" | ").append(cell(default_of(row))).append(" | ");
  return text.append(modes_of(row)).append(" | ").append(part_of(row)).append(" |\n");
}

// Returns the rows in the order of the groups, and within a group in the order of the table.
std::vector<const SettingRow*> rows_in_order() {
  std::vector<const SettingRow*> rows;
  for (const auto& [group, heading] : kHeadings) {
    for (const SettingRow& row : setting_rows()) {
      if (row.group == group && row.counts) rows.push_back(&row);
    }
  }
  return rows;
}

}  // namespace

std::string env_example() {
  std::string text(kHead);
  const std::vector<const SettingRow*> rows = rows_in_order();
  for (const auto& [group, heading] : kHeadings) {
    text.append("\n# --- ").append(heading).append(" ---\n");
    for (const SettingRow* row : rows) {
      if (row->group == group) describe(text, *row);
    }
  }
  return text;
}

std::string settings_table() {
  std::string text;
  const std::vector<const SettingRow*> rows = rows_in_order();
  for (const auto& [group, heading] : kHeadings) {
    text.append(text.empty() ? "" : "\n").append(heading).append("\n");
    for (const SettingRow* row : rows) {
      if (row->group != group) continue;
      text.append("\n  ").append(row->setting.name).append("\n    ");
      text.append(plain(row->kind.values())).append("; default: ");
      const std::string value = plain(default_of(*row));
      text.append(value.empty() ? "none" : value).append("\n    ");
      text.append(plain(row->meaning)).append("\n");
    }
  }
  return text;
}

std::string document_with_settings(std::string_view document) {
  const std::size_t begin = document.find(kSettingsBegin);
  const std::size_t end = document.find(kSettingsEnd);
  if (begin == std::string_view::npos || end == std::string_view::npos || end < begin) return {};
  std::string text(document.substr(0, begin + kSettingsBegin.size()));
  text +=
      "| setting | meaning | value | default | modes | sections |\n"
      "| --- | --- | --- | --- | --- | --- |\n";
  for (const SettingRow* row : rows_in_order()) text += line_of(*row);
  return text.append(document.substr(end));
}

}  // namespace auth
