// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/report.h"

#include <algorithm>
#include <array>
#include <cstdlib>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/text.h"
#include "auth/base/utf8.h"
#include "auth/zitadel/url.h"
#include "cli/common/terminal.h"

namespace cli {
namespace {

using auth::json_quote;
using auth::visible_text;

std::string_view word_of(Action action) {
  switch (action) {
    case Action::kExists:
      return "exists";
    case Action::kMake:
      return "make";
    case Action::kChange:
      return "change";
    case Action::kRemove:
      return "remove";
    case Action::kKeep:
      return "keep";
  }
  return "";
}

std::size_t width_of(std::string_view text) {
  return static_cast<std::size_t>(
      std::count_if(text.begin(), text.end(), [](char byte) { return (byte & 0xc0) != 0x80; }));
}

std::string padded(std::string text, std::size_t width) {
  text.append(width - std::min(width, width_of(text)), ' ');
  return text;
}

std::string table_of(const Plan& plan) {
  using Cells = std::array<std::string, 3>;
  std::vector<Cells> lines{{"what", "name", "plan"}};
  for (const Row& row : plan.rows) {
    const std::string remark = row.remark.empty() ? "" : "  (" + row.remark + ')';
    lines.push_back({row.what, visible_text(row.name),
                     std::string(word_of(row.action)) + visible_text(remark)});
  }
  std::size_t first = 0, second = 0;
  for (const Cells& cells : lines) {
    first = std::max(first, width_of(cells[0]));
    second = std::max(second, width_of(cells[1]));
  }
  std::string text;
  for (const Cells& cells : lines) {
    text += padded(cells[0], first) + "  " + padded(cells[1], second) + "  " + cells[2] + '\n';
  }
  return text;
}

// Quotes the text for a shell.
std::string quoted(const std::string& text) {
  const bool plain = std::all_of(text.begin(), text.end(), [](char byte) {
    return auth::is_letter_or_digit(byte) ||
           std::string_view("_@%+=:,./-").find(byte) != std::string_view::npos;
  });
  if (plain && !text.empty()) return text;
  std::string out = "'";
  for (const char byte : text) out += byte == '\'' ? "'\\''" : std::string(1, byte);
  return out + "'";
}

std::string member(const char* name, const std::string& value) {
  return json_quote(name) + ':' + json_quote(value);
}

std::string joined(const std::vector<std::string>& texts) {
  std::string all;
  for (const std::string& text : texts) all += (all.empty() ? "" : ",") + text;
  return all;
}

}  // namespace

std::vector<std::string> commands_to_try(const Context& context) {
  const SetupOptions& options = context.options;
  const std::string ca_file =
      options.ca_file.empty() ? "" : " --ca-file " + quoted(options.ca_file);
  // After sudo, the key belongs to root.
  const std::string sudo = std::getenv("SUDO_USER") != nullptr ? "sudo " : "";
  const char* const http = auth::check_url(options.domain, false) ? "" : "ZITADEL_ALLOW_HTTP=1 ";
  return {"TOKEN=$(" + sudo + http + "zitadel-token --key " +
              quoted(context.folder.path_of(kUserKeyFile)) + " --domain " + options.domain +
              " --project " + context.state.project.id + ca_file + ')',
          "curl -H \"Authorization: Bearer $TOKEN\" http://localhost/api/private" +
              std::string(options.roles.empty() ? "" : "-scoped")};
}

void Report::plan(const Plan& plan) {
  plan_ = plan;
  if (!json_) static_cast<void>(write_out(table_of(plan)));
}

void Report::line(const std::string& text) {
  if (json_) return;
  const char* const wiped = is_going_on_ ? "\r\x1b[K" : "";
  is_going_on_ = false;
  static_cast<void>(write_out(wiped + visible_text(text) + '\n'));
}

Report::~Report() {
  if (is_going_on_) static_cast<void>(write_out("\n"));
}

void Report::begin(const std::string& what) {
  if (!terminal_) return;
  static_cast<void>(write_out(what + " …"));
  is_going_on_ = true;
}

void Report::done(const std::string& what, const std::string& name, const std::string& how,
                  const std::string& id) {
  steps_.push_back({what, name, how, id});
  line(what + ' ' + name + ": " + how + (id.empty() || id == "-" ? "" : " (" + id + ')'));
}

void Report::say(const std::string& text) { line(text); }

void Report::end(const Context& context, const std::string& outcome) {
  if (!json_) return;
  std::vector<std::string> rows, steps, old_keys, commands;
  for (const Row& row : plan_.rows) {
    rows.push_back('{' + member("what", row.what) + ',' + member("name", row.name) + ',' +
                   member("plan", std::string(word_of(row.action))) + ',' +
                   member("remark", row.remark) + '}');
  }
  for (const Step& step : steps_) {
    steps.push_back('{' + member("what", step.what) + ',' + member("name", step.name) + ',' +
                    member("how", step.how) + ',' + member("id", step.id) + '}');
  }
  for (const std::string& each : commands_to_try(context)) commands.push_back(json_quote(each));
  const State& state = context.state;
  for (const std::string& id : state.old_keys()) old_keys.push_back(json_quote(id));
  std::string text = "{\"plan\":[" + joined(rows) + "],\"done\":[" + joined(steps) + "]," +
                     member("outcome", outcome);
  if (!state.project.id.empty()) {
    text += ',' + member("project", state.project.id) + ',' +
            member("application", state.application.id) + ',' +
            member("applicationKey", state.application_key.id) + ',' +
            member("user", state.user.id) + ',' + member("userKey", state.user_key.id) + ',' +
            member("authorization", state.grant.id) + ',' +
            member("eventsUser", state.events.user.id) + ',' +
            member("eventsKey", state.events.key.id) + ",\"oldKeys\":[" + joined(old_keys) +
            "],\"try\":[" + joined(commands) + ']';
  }
  static_cast<void>(write_out(text + "}\n"));
}

}  // namespace cli
