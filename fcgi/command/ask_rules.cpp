// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/ask_rules.h"

#include <array>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "auth/base/clock.h"
#include "auth/base/json.h"
#include "auth/base/text.h"
#include "fcgi/command/judge.h"
#include "fcgi/command/settings_rules.h"
#include "fcgi/guard/demand.h"
#include "fcgi/guard/section_choice.h"
#include "fcgi/http/methods.h"
#include "fcgi/http/request_path.h"
#include "fcgi/http/request_target.h"

namespace fcgi {
namespace {

std::string_view path_of(std::string_view target) {
  const auto parsed = request_target(target);
  return parsed ? parsed->path : target.substr(0, target.find('?'));
}

// Returns the host of https://host/path; otherwise empty.
std::string_view host_of(std::string_view target) {
  const auto parsed = request_target(target);
  return parsed ? parsed->authority : std::string_view();
}

// The request as a web server would pass it on.
class Question {
 public:
  Question(std::string_view method, std::string_view target)
      : method_("REQUEST_METHOD=" + std::string(method)),
        uri_("REQUEST_URI=" + std::string(target)),
        path_("PATH_INFO=" + std::string(path_of(target))),
        host_("SERVER_NAME=" + std::string(host_of(target))),
        variables_{method_.c_str(), uri_.c_str(), path_.c_str(), host_.c_str(), nullptr},
        request_(variables_.data()) {}
  Question(const Question&) = delete;
  Question& operator=(const Question&) = delete;
  ~Question() = default;

  [[nodiscard]] const Request& request() const noexcept { return request_; }
  [[nodiscard]] std::string_view method() const noexcept { return value_of(method_); }
  [[nodiscard]] std::string_view target() const noexcept { return value_of(uri_); }

 private:
  static std::string_view value_of(const std::string& variable) {
    return std::string_view(variable).substr(variable.find('=') + 1);
  }

  const std::string method_, uri_, path_, host_;
  const std::array<const char*, 5> variables_;
  const Request request_;
};

auth::Result<std::pair<std::string_view, std::string_view>, auth::Mistake> parts_of(
    std::string_view rule) {
  const std::vector<std::string_view> words = auth::words_of(rule);
  if (words.size() == 1) return std::pair{std::string_view("GET"), words[0]};
  if (words.size() == 2 && is_method(words[0])) return std::pair{words[0], words[1]};
  return auth::Mistake{"--rule takes a method and a path: --rule 'GET /reports/x'"};
}

void refuse(const Response& refusal, Report& report) {
  const auto body = auth::Json::parse(refusal.body);
  const std::string why = body ? body->text_of("error_description").value_or("") : "";
  const std::string* const allow = refusal.header("allow");
  report.bad("refused", "whoever asks gets " + std::to_string(refusal.status) +
                            (why.empty() ? "" : ": " + why) +
                            (allow == nullptr ? "" : ": only " + *allow));
}

void name_lines(const Rules& rules, std::string_view method, std::string_view target,
                Report& report) {
  const auto parsed = request_target(target);
  const auto paths = parsed ? request_paths(parsed->path, rules.letters()) : std::nullopt;
  if (!paths) return;
  for (const Reading& reading : *paths) {
    if (!rules.find(reading.path, method)) continue;
    const std::string where =
        paths->size() > 1
            ? (reading.is_inside ? " of it as something in " : " of it as ") + reading.path
            : "";
    const Rules::Line& line = rules.line_for(reading.path, method);
    report.note("rule",
                "line " + std::to_string(line.number) + " decides" + where + ": " + line.text);
  }
  if (acts_below(method)) {
    report.note("rule",
                std::string(method) +
                    " acts below the path, too: what is required there is asked for as well");
  }
}

void require(const Command& command, auth::Settings& settings, const auth::Requirement& required,
             const auth::Secret& token, Report& report) {
  if (command.token_file.empty() || required.is_public()) {
    return report.good("required", required.describe_to_operator());
  }
  const auto answer = Judge(settings).ask(token, required, command.from);
  if (answer) {
    return report.good("required", required.describe_to_operator() + ": the token meets it");
  }
  report.bad("required", required.describe_to_operator() + ": the token is refused, " +
                             auth::to_string(answer.error()));
  if (answer.error().reason == auth::Reason::kWrongNetwork && command.from.empty()) {
    report.note("required", "from which address, --from ADDRESS says");
  }
}

void name_section(const auth::Settings& settings, Report& report) {
  report.note("section", settings.section.empty() ? "what stands before the first one"
                                                  : '[' + settings.section + ']');
}

auth::Result<void, auth::Mistake> ask_section(const Command& command, auth::Settings& settings,
                                              const Question& question, const Router& router,
                                              Report& report) {
  auth::Secret token;
  if (!command.token_file.empty()) {
    auto read = read_token_file(command.token_file, settings);
    if (!read) return std::move(read).error();
    token = *std::move(read);
  }
  const auth::SystemClock clock;
  const auto file = open_rules(settings, clock);
  if (!file) return auth::Mistake{file.error().front()};
  if (*file == nullptr) {
    report.note("rule", "ZITADEL_RULES is not set: the program's endpoints decide");
    const auto endpoint = router.find(question.request());
    endpoint ? require(command, settings, (*endpoint)->requirement, token, report)
             : refuse(endpoint.error(), report);
    if (!endpoint && endpoint.error().status == 404) {
      report.note("path",
                  "an endpoint's path begins behind what the web server routes here: ask "
                  "for /private, not /api/private");
    }
    return {};
  }
  const std::shared_ptr<const Rules> rules = (*file)->current();
  name_lines(*rules, question.method(), question.target(), report);
  const auto demand = demand_of(question.request(), rules);
  demand ? require(command, settings, **demand, token, report)
         : refuse(demand.error().response, report);
  return {};
}

}  // namespace

auth::Result<void, auth::Mistake> ask_rules(const Command& command,
                                            std::vector<auth::Settings>& all, const Router& router,
                                            Report& report) {
  const auto parts = parts_of(command.rule);
  if (!parts) return parts.error();
  const Question question(parts->first, parts->second);
  const SectionChoice choice(auth::places_of(all));
  if (choice.goes_by_host() && host_of(question.target()).empty()) {
    return auth::Mistake{
        "--rule needs the host, too, by which a section is chosen: --rule 'GET "
        "https://example.org/reports/x'"};
  }
  const auto section = choice.find(question.request());
  if (!section) {
    refuse(section.error().response, report);
    return {};
  }
  auth::Settings& settings = all[*section];
  if (choice.is_free()) name_section(settings, report);
  return ask_section(command, settings, question, router, report);
}

}  // namespace fcgi
