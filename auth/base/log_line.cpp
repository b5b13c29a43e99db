// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_line.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

namespace auth {
namespace {

using Small = std::array<char, 64>;

std::string_view process(Small& out, const char* form) noexcept {
  static_cast<void>(std::snprintf(out.data(), out.size(), form, static_cast<int>(::getpid())));
  return out.data();
}

}  // namespace

LogLine::LogLine(Level level, std::string_view message, About about, LogFormat format,
                 For reader) noexcept {
  add("\n");
  if (reader == For::kJournal) {
    add("<");
    add({&level.priority, 1});
    add(">");
  }
  message = cut_to(message, kMaxLogMessage);
  const std::string_view section = cut_to(about.section, kMaxLoggedSection);
  const std::string_view request = cut_to(about.request, kMaxLoggedRequest);
  if (format == LogFormat::kJson) {
    add_object_head(level);
    add_member("section", section);
    add_member("request", request);
    add("\"message\":\"");
    add_shown(message, format);
    add("\"}\n");
    return;
  }
  add_text_head(level, reader);
  if (!section.empty()) {
    add("[");
    add_shown(section, format);
    add("] ");
  }
  add_shown(message, format);
  if (!request.empty()) {
    add(" [request ");
    add_shown(request, format);
    add("]");
  }
  add("\n");
}

void LogLine::add_time() noexcept {
  using std::chrono::floor;
  const auto now = std::chrono::system_clock::now();
  const auto day = floor<std::chrono::days>(now);
  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(floor<std::chrono::seconds>(now - day));
  Small text;
  static_cast<void>(std::snprintf(
      text.data(), text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ldZ", static_cast<int>(date.year()),
      static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()),
      static_cast<long>(time.hours().count()), static_cast<long>(time.minutes().count()),
      static_cast<long>(time.seconds().count())));
  add(text.data());
}

void LogLine::add_text_head(Level level, For reader) noexcept {
  if (reader == For::kJournal) return;
  add_time();
  Small text;
  add(process(text, " zitadel-fcgi[%d] "));
  add(level.name);
  add(": ");
}

void LogLine::add_object_head(Level level) noexcept {
  add("{\"time\":\"");
  add_time();
  add("\",\"level\":\"");
  add(level.name);
  Small text;
  add(process(text, "\",\"program\":\"zitadel-fcgi\",\"pid\":%d,"));
}

void LogLine::add(std::string_view bytes) noexcept {
  std::copy(bytes.begin(), bytes.end(), text_.begin() + static_cast<std::ptrdiff_t>(size_));
  size_ += bytes.size();
}

void LogLine::add_member(std::string_view name, std::string_view value) noexcept {
  if (value.empty()) return;
  add("\"");
  add(name);
  add("\":\"");
  add_shown(value, LogFormat::kJson);
  add("\",");
}

void LogLine::add_shown(std::string_view text, LogFormat format) noexcept {
  while (!text.empty()) {
    const Shown first = show_first(text, format);
    add(first.text());
    text.remove_prefix(first.taken);
  }
}

}  // namespace auth
