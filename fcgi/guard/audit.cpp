// SPDX-License-Identifier: Apache-2.0
#include "fcgi/guard/audit.h"

#include <unistd.h>

#include <array>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string_view>
#include <utility>

#include "auth/base/log_text.h"
#include "fcgi/http/credentials.h"
#include "fcgi/http/request_target.h"

namespace fcgi {
namespace {

constexpr std::size_t kMostMethod = 32;
constexpr std::size_t kMostPath = 2048;
constexpr std::size_t kMostName = 256;  // of users and the like, which ZITADEL gives
constexpr std::size_t kUsualLine = 512;
constexpr std::string_view kHidden = "(the path holds the token)";

// Kept per thread, so that the text is made once a second.
struct Second {
  std::int64_t number = -1;
  std::array<char, 32> text{};
};

// "2026-11-28T12:00:00"
std::string_view words_of_second(std::chrono::sys_seconds time) {
  static thread_local Second last;
  const std::int64_t number = time.time_since_epoch().count();
  if (number != last.number) {
    const auto day = std::chrono::floor<std::chrono::days>(time);
    const std::chrono::year_month_day date(day);
    const std::chrono::hh_mm_ss clock(time - day);
    static_cast<void>(std::snprintf(
        last.text.data(), last.text.size(), "%04d-%02u-%02uT%02ld:%02ld:%02ld",
        static_cast<int>(date.year()), static_cast<unsigned>(date.month()),
        static_cast<unsigned>(date.day()), static_cast<long>(clock.hours().count()),
        static_cast<long>(clock.minutes().count()), static_cast<long>(clock.seconds().count())));
    last.number = number;
  }
  return last.text.data();
}

void append_time(std::string& line, auth::WallMicroseconds now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto part = std::chrono::floor<std::chrono::milliseconds>(now - second).count();
  line.append(words_of_second(second)).append(".");
  line.append(std::to_string(1000 + part), 1).append("Z");  // three digits, behind a 1
}

// Returns the path as it was sent, without the query, which may hold anything.
std::string_view path_of(const Request& request) {
  std::string_view target = request.variable("REQUEST_URI");
  if (target.empty()) target = request.path_info();
  if (const auto parts = request_target(target)) return parts->path;
  target = target.substr(0, target.find_first_of("?#"));
  // In a malformed URL, nobody can know where a user name or password ends.
  return target.starts_with('/') ? target : "(not readable)";
}

std::string_view shown_path(const Request& request) {
  const std::string_view path = path_of(request);
  for (std::string_view each : request.authorization()) {
    each = each.substr(each.find(' ') + 1);
    if (!each.empty() && path.find(each) != path.npos) return kHidden;
  }
  return contains_credential(request, path) ? kHidden : path;
}

// name: as it stands in the line: ,"name":
void append(std::string& line, std::string_view name, std::string_view value,
            std::size_t most = kMostName) {
  if (!value.empty()) auth::append_json_string(line.append(name), value, most);
}

void append(std::string& line, std::string_view name, std::int64_t value) {
  line.append(name).append(std::to_string(value));
}

}  // namespace

Audit::Audit(const std::string& file, auth::LineWriter::Thread thread, std::string section,
             ClientAddress client_address, const auth::Clock& clock)
    : section_(std::move(section)),
      client_address_(std::move(client_address)),
      clock_(clock),
      end_(R"(,"pid":)" + std::to_string(::getpid()) + "}\n"),
      writer_("ZITADEL_AUDIT_FILE", file, "zitadel-fcgi-audit", thread, clock) {}

void Audit::decided(const Decision& decision) noexcept {
  try {
    writer_.add(line_of(decision));
  } catch (const std::exception&) {
    writer_.lost_one();  // there is no memory
  }
}

std::string Audit::line_of(const Decision& decision) const {
  const Request& request = decision.request;
  std::string line;
  line.reserve(kUsualLine);
  append_time(line.append(R"({"time":")"), clock_.wall_microseconds());
  // check_log_place recognises the file by these two.
  line.append(R"(","program":"zitadel-fcgi","decision":)");
  line.append(decision.is_let_in() ? R"("allowed")" : R"("refused")");
  append(line, R"(,"status":)", decision.status);
  append(line, R"(,"reason":)", decision.sentence);
  append(line, R"(,"section":)", section_, kMostPath);
  append(line, R"(,"request":)", request.request_id());
  if (decision.claims != nullptr) {
    append(line, R"(,"subject":)", decision.claims->subject());
    append(line, R"(,"client":)", decision.claims->client_id());
    append(line, R"(,"organisation":)", decision.claims->organisation());
  }
  append(line, R"(,"method":)", request.method(), kMostMethod);
  append(line, R"(,"path":)", shown_path(request), kMostPath);
  if (decision.requirement != nullptr) {
    append(line, R"(,"rule":)", decision.requirement->describe(), auth::kMaxDescribedBytes);
  }
  append(line, R"(,"from":)", client_address_.of(request));
  append(line, R"(,"took_us":)",
         std::chrono::ceil<std::chrono::microseconds>(decision.took).count());
  return line.append(end_);
}

}  // namespace fcgi
