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
#include "fcgi/http/request_target.h"

namespace fcgi {
namespace {

constexpr std::size_t kMostMethod = 32;
constexpr std::size_t kMostPath = 2048;
constexpr std::size_t kMostName = 256;  // of users and the like, which ZITADEL gives
constexpr std::string_view kHidden = "(the path holds the token)";

// Each thread's, so that it is put into words once a second.
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

std::string time_of(auth::WallMicroseconds now) {
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  const auto part = std::chrono::floor<std::chrono::milliseconds>(now - second).count();
  const std::string digits = std::to_string(1000 + part);  // three of them, behind a 1
  return std::string(words_of_second(second)).append(".").append(digits, 1).append("Z");
}

// As it was sent, without the query, which may hold anything.
std::string_view path_of(const Request& request) {
  std::string_view target = request.variable("REQUEST_URI");
  if (target.empty()) target = request.path_info();
  if (const auto parts = request_target(target)) return parts->path;
  target = target.substr(0, target.find_first_of("?#"));
  // Of what is no sound URL nobody can tell where a user name or password ends.
  return target.starts_with('/') ? target : "(not readable)";
}

std::string_view shown_path(const Request& request) {
  const std::string_view path = path_of(request);
  for (std::string_view each : request.authorization()) {
    each = each.substr(each.find(' ') + 1);
    if (!each.empty() && path.find(each) != path.npos) return kHidden;
  }
  return path;
}

class Members {
 public:
  explicit Members(std::string& line) : line_(line) {}

  void add(std::string_view name, std::string_view value, std::size_t most = kMostName) {
    if (!value.empty()) begin(name).append(auth::json_string(value, most));
  }
  void add(std::string_view name, std::int64_t value) { begin(name).append(std::to_string(value)); }

 private:
  std::string& begin(std::string_view name) {
    return line_.append(line_.empty() ? "{\"" : ",\"").append(name).append("\":");
  }

  std::string& line_;
};

}  // namespace

Audit::Audit(const std::string& file, auth::LineWriter::Thread thread, std::string section,
             ClientAddress client_address, const auth::Clock& clock)
    : section_(std::move(section)),
      client_address_(std::move(client_address)),
      clock_(clock),
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
  line.reserve(512);
  Members members(line);
  members.add("time", time_of(clock_.wall_microseconds()));
  // check_log_place knows the file by these two.
  members.add("program", "zitadel-fcgi");
  members.add("decision", decision.is_let_in() ? "allowed" : "refused");
  members.add("status", decision.status);
  members.add("reason", decision.sentence);
  members.add("section", section_, kMostPath);
  members.add("request", request.request_id());
  if (decision.claims != nullptr) {
    members.add("subject", decision.claims->subject());
    members.add("client", decision.claims->client_id());
    members.add("organisation", decision.claims->organisation());
  }
  members.add("method", request.method(), kMostMethod);
  members.add("path", shown_path(request), kMostPath);
  if (decision.requirement != nullptr) {
    members.add("rule", decision.requirement->describe(), auth::kMaxDescribedBytes);
  }
  members.add("from", client_address_.of(request));
  members.add("took_us", std::chrono::ceil<std::chrono::microseconds>(decision.took).count());
  members.add("pid", ::getpid());
  return line.append("}\n");
}

}  // namespace fcgi
