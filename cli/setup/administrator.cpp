// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/administrator.h"

#include <termios.h>
#include <unistd.h>

#include <cerrno>
#include <iostream>
#include <system_error>
#include <utility>

#include "auth/base/private_file.h"
#include "auth/base/text.h"
#include "auth/token/bearer_token.h"
#include "auth/zitadel/key_file.h"
#include "cli/token/token_request.h"

namespace cli {
namespace {

using auth::Mistake;

constexpr std::size_t kMaxTokenFileBytes = 64 << 10;
constexpr const char* kManagers =
    "in ZITADEL's console, open the organisation and add it there with the plus sign beside the "
    "managers (administrators)";

// How to make a user a manager of the instance.
constexpr const char* kOwners =
    "in ZITADEL's console, open Default Settings and add it there with the plus sign beside the "
    "managers (administrators); or use the token or key of somebody who has that role: on a server "
    "of your own, the file that PatPath of the first start names";

// Asks at a terminal, and hides what is typed.
class NoEcho {
 public:
  NoEcho() : is_terminal_(::tcgetattr(STDIN_FILENO, &before_) == 0) {
    if (!is_terminal_) return;
    termios without = before_;
    without.c_lflag &= ~static_cast<tcflag_t>(ECHO);
    static_cast<void>(::tcsetattr(STDIN_FILENO, TCSAFLUSH, &without));
    std::cerr << "The administrator's token (it is not shown): ";
  }
  NoEcho(const NoEcho&) = delete;
  NoEcho& operator=(const NoEcho&) = delete;
  ~NoEcho() {
    if (!is_terminal_) return;
    static_cast<void>(::tcsetattr(STDIN_FILENO, TCSAFLUSH, &before_));
    std::cerr << '\n';
  }

 private:
  termios before_{};
  const bool is_terminal_;
};

// Reads up to the end of the first line that is not blank.
auth::Result<auth::Secret, Mistake> read_standard_input() {
  const NoEcho no_echo;
  std::string text;
  text.reserve(kMaxTokenFileBytes);  // no copy is left behind
  while (text.size() < kMaxTokenFileBytes) {
    char byte = 0;
    const ssize_t count = ::read(STDIN_FILENO, &byte, 1);
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      return Mistake{"standard input: " + std::generic_category().message(errno)};
    }
    const bool is_blank = auth::trimmed(text, " \t\r").empty();
    if (count == 0 || (byte == '\n' && !is_blank)) break;
    text.push_back(byte);
  }
  return auth::Secret::take(text);
}

auth::Result<auth::Secret, Mistake> read_token_file(const std::string& path) {
  if (path == "-") return read_standard_input();
  auto file = auth::read_private_file(path, kMaxTokenFileBytes);
  if (!file) return Mistake{path + ' ' + file.error().sentence};
  if (!file->remedy.empty()) {
    return Mistake{path + ": others may read this token: " + file->remedy};
  }
  return std::move(file->text);
}

Mistake wrong_token() {
  return {
      "ZITADEL does not take the administrator's token (401): (1) it has expired or was removed; "
      "(2) its user is deactivated or locked; (3) it is of another instance than --domain; (4) it "
      "is an access token without the audience of ZITADEL itself. Make a personal access token: "
      "open the service user that administers, under Users in ZITADEL's console, Personal Access "
      "Tokens, New"};
}

Mistake manages_nothing(const std::string& name, bool of_instance) {
  if (of_instance) {
    return {"the user " + name +
            " manages nothing, and --events needs an IAM_OWNER: give it that role: " + kOwners};
  }
  return {"the user " + name +
          " manages nothing in this organisation: give it the role ORG_OWNER: " + kManagers +
          "; or name its organisation with --org"};
}

// Whether this is the user of ZITADEL's own log-in page, whose token lies beside the
// administrator's.
bool is_login_client(const Administrator& who) {
  return who.permissions.contains("session.link") && !who.permissions.contains("project.create");
}

}  // namespace

auth::Result<auth::Secret, Mistake> administrator_token(const SetupOptions& options,
                                                        bool allow_http, auth::HttpClient& http,
                                                        const auth::Clock& clock) {
  if (options.key_file.empty()) {
    auto text = read_token_file(options.token_file);
    if (!text) return std::move(text).error();
    const std::string_view token = auth::trimmed(text->reveal(), " \t\r\n");
    if (auth::is_bearer_token(token, auth::kMostAuthorizationBytes)) return auth::Secret(token);
    const std::string name = options.token_file == "-" ? "standard input" : options.token_file;
    const std::string wrong(auth::token_text_mistake(token));
    return Mistake{name + ' ' + (wrong.empty() ? "holds a token that is too long" : wrong) +
                   (token.starts_with('{') ? ": a key file goes with --admin-key" : "")};
  }
  const auto key = auth::read_service_user_key(options.key_file);
  if (!key) return Mistake{auth::to_string(key.error())};
  return get_token(
      {options.domain, std::string(kZitadelScope), allow_http, auth::kMostAuthorizationBytes}, *key,
      http, clock);
}

auth::Result<Administrator, Mistake> introduce(Management& api, bool of_instance) {
  const auto me = api.get("/auth/v1/users/me");
  if (!me) return in_words(me.error(), "ZITADEL does not say whose the administrator's token is");
  const auto user = me->member("user");
  Administrator who{.name = user ? user->text_of("userName").value_or("") : ""};
  if (who.name.empty()) return Mistake{"/auth/v1/users/me names no user: is this a ZITADEL?"};
  const auto found = api.post("/auth/v1/permissions/zitadel/me/_search", "{}");
  if (!found && found.error().id == "AUTHZ-cdgFk") return manages_nothing(who.name, of_instance);
  if (!found) return in_words(found.error(), "ZITADEL does not say what the administrator may do");
  if (const auto list = found->member("result")) {
    list->for_each_element(
        [&](const auth::Json& each) { who.permissions.emplace(each.text().value_or("")); });
  }
  if (who.permissions.empty()) return manages_nothing(who.name, of_instance);
  return who;
}

auth::Result<void, Mistake> check_permissions(const Administrator& who, const Permissions& wanted) {
  std::string missing;
  bool only_applications = true;
  bool of_instance = false;
  std::set<std::string> named;
  for (const std::string& each : wanted) {
    if (who.permissions.contains(each) || !named.insert(each).second) continue;
    missing += (missing.empty() ? "" : ", ") + each;
    only_applications = only_applications && each == "project.app.delete";
    of_instance = of_instance || each.starts_with("iam.");
  }
  if (missing.empty()) return {};
  if (is_login_client(who)) {
    return Mistake{"this is the token of ZITADEL's own log-in page (" + who.name +
                   "), which may set up nothing: use the administrator's, whose file PatPath of "
                   "the first start names"};
  }
  const std::string lacks = "the user " + who.name + " lacks the permissions " + missing +
                            "; nothing was changed. Give it the role ";
  if (of_instance) {
    return Mistake{lacks +
                   "IAM_OWNER (an ORG_OWNER may not say who reads the events of the "
                   "instance, as --events does): " +
                   kOwners};
  }
  return Mistake{
      lacks +
      (only_applications ? "IAM_OWNER (ORG_OWNER may not delete applications)" : "ORG_OWNER") +
      ": " + kManagers};
}

Mistake in_words(const ApiError& error, const std::string& doing) {
  if (error.status == 401) return wrong_token();
  if (error.id == "AUTH-Bs7Ds") {
    return {
        "there is no such organisation as --org names: write the Resource Id that its page in "
        "ZITADEL's console shows"};
  }
  const std::string text = doing + ": " + error.words;
  if (error.id == "AUTHZ-cdgFk") return {text + "; give the administrator ORG_OWNER: " + kManagers};
  // An answer without a code does not come from ZITADEL.
  if (error.status == 403 && error.code == 0) {
    return {text + "; does something in front of ZITADEL, a firewall or a proxy, refuse it?"};
  }
  if (error.status == 403) return {text + "; give the administrator ORG_OWNER: " + kManagers};
  if (error.status == 0 || error.status >= 500) {
    return {text + "; run the same command again, it goes on where this one ended"};
  }
  return {text};
}

}  // namespace cli
