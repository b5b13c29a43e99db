#include "cli/check/site.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/json.h"
#include "auth/base/text.h"
#include "auth/settings/load.h"
#include "auth/zitadel/curl_http_client.h"
#include "auth/zitadel/url.h"
#include "fcgi/command/judge.h"
#include "fcgi/command/settings_rules.h"

namespace cli {
namespace {

using auth::HttpResponse;

constexpr std::string_view kMadeUpToken = "zitadel-check-asks-with-a-token-that-nobody-has";

// Headers that some programs believe more than the request itself. None may open what is closed.
constexpr std::array<std::string_view, 5> kSpoofs = {
    "X-Original-URL: /public", "X-Rewrite-URL: /public", "X-HTTP-Method-Override: OPTIONS",
    "X-Remote-User: admin", "X-Zitadel-Authorize: public"};

bool lets_in(const HttpResponse& answer) { return answer.status >= 200 && answer.status < 300; }
bool asks_for_token(const HttpResponse& answer) {
  return answer.status == 401 && auth::lower_case(answer.challenge).starts_with("bearer");
}

// Which kind of refusal it is, where the web server leaves it as it was.
std::string error_in(const HttpResponse& answer) {
  const std::optional<auth::Json> body = auth::Json::parse(answer.body);
  std::string code = body ? body->text_of("error").value_or("") : "";
  if (!code.empty()) return code;
  constexpr std::string_view kParameter = "error=\"";
  const std::size_t begin = answer.challenge.find(kParameter);
  if (begin == std::string::npos) return asks_for_token(answer) ? "unauthorized" : "";
  const std::string_view rest =
      std::string_view(answer.challenge).substr(begin + kParameter.size());
  return std::string(rest.substr(0, rest.find('"')));
}

class SiteCheck {
 public:
  SiteCheck(const std::string& url, const auth::Settings& settings, auth::SecretView token,
            Findings& findings)
      : url_(url),
        settings_(settings),
        token_(token),
        findings_(findings),
        http_({settings.connect_timeout, settings.timeout}),
        private_http_({settings.connect_timeout, settings.timeout, 8, 8, settings.ca_file}) {}

  void run() {
    if (!answers()) return;
    if (find_closed_path()) {
      header_arrives();
      spoofs_stay_out();
    }
    neighbour_stays_out();
    files_are_refused();
  }

 private:
  [[nodiscard]] std::optional<HttpResponse> get(const std::string& url, std::string_view token = {},
                                                std::string_view header = {});
  bool answers();
  bool find_closed_path();
  void header_arrives();
  void try_token();
  void spoofs_stay_out();
  void neighbour_stays_out();
  [[nodiscard]] bool is_answered_alike(const HttpResponse& answer, const std::string& url);
  void files_are_refused();
  void bad(std::string_view name, const std::string& text) {
    findings_.bad(Trouble::kSite, name, text);
  }

  const std::string& url_;
  const auth::Settings& settings_;
  const auth::SecretView token_;
  Findings& findings_;
  auth::CurlHttpClient http_;
  auth::CurlHttpClient private_http_;  // trusts ZITADEL_CA_FILE
  bool is_private_ = false;
  std::string why_not_{};  // of the last call that failed
  std::string closed_{};   // a path that asks for a token
};

std::optional<HttpResponse> SiteCheck::get(const std::string& url, std::string_view token,
                                           std::string_view header) {
  auth::HttpRequest request{url};
  if (!token.empty()) {
    std::string value = "Bearer " + std::string(token);
    request.authorization = auth::Secret::take(value);
  }
  if (!header.empty()) request.headers.emplace_back(header);
  auto answer = fcgi::send_and_wait(is_private_ ? private_http_ : http_, std::move(request));
  if (answer) return std::move(answer).value();
  why_not_ = to_string(answer.error());
  if (answer.error().reason != auth::Reason::kTlsFailed || is_private_ ||
      settings_.ca_file.empty()) {
    return std::nullopt;
  }
  is_private_ = true;
  return get(url, token, header);
}

bool SiteCheck::answers() {
  const std::optional<HttpResponse> answer = get(url_ + "/");
  if (!answer) {
    bad("site", why_not_ + ": does the web server run, and is --url right?");
    return false;
  }
  const std::string status = std::to_string(answer->status);
  if (answer->status == 500 && answer->body.find("not configured") != std::string::npos) {
    bad("site",
        "the program answers that it is not configured: run api.fcgi --check --as www-data");
    return false;
  }
  if (answer->status >= 500) {
    bad("site",
        "it answers with status " + status +
            ": the web server reaches no program. Does that run, may the web server connect "
            "to its socket, and what do the logs of both say? (api.fcgi --check --as www-data)");
    return false;
  }
  findings_.good("site", url_ + " answers with status " + status);
  return true;
}

// Whether the rules leave the path to everybody, so that it is no fault to find it open.
bool is_public(const std::string& path, const auth::Settings& settings) {
  const auth::SystemClock clock;
  const auto rules = fcgi::open_rules(settings, clock);
  if (!rules || *rules == nullptr) return false;
  const std::shared_ptr<const fcgi::Rules> current = (*rules)->current();
  const auto found = current->find(path, "GET");
  return found && (*found)->is_public();
}

// An endpoint of the program as it is shipped, or a site that is guarded from its root.
bool SiteCheck::find_closed_path() {
  const std::string root = url_ + "/";
  std::string seen;
  bool root_is_open = false;
  for (const std::string& path : {url_ + "/private", root}) {
    const std::optional<HttpResponse> answer = get(path);
    if (!answer) continue;
    if (asks_for_token(*answer)) {
      closed_ = path;
      findings_.good("guard", path + " asks who comes without a token for one");
      return true;
    }
    root_is_open = path == root && lets_in(*answer);
    seen += (seen.empty() ? "" : ", ") + path + ": " + std::to_string(answer->status);
  }
  if (root_is_open && !is_public(root.substr(auth::origin_of(url_).size()), settings_)) {
    bad("guard", "whoever comes without a token is let in (" + seen +
                     "): the web server asks nobody. Compare its configuration with the shipped "
                     "file");
  } else {
    findings_.note("guard", "no path that asks for a token was found (" + seen +
                                "): give --url one that does, to have more looked at");
  }
  return false;
}

void SiteCheck::header_arrives() {
  const std::optional<HttpResponse> answer = get(closed_, kMadeUpToken);
  if (!answer) return bad("authorization", why_not_);
  const std::string error = error_in(*answer);
  if (answer->status == 401 && error == "invalid_token") {
    findings_.good("authorization", "the header arrives: a made-up token is refused as one");
    return try_token();
  }
  if (lets_in(*answer)) {
    return bad("authorization", "a made-up token is let in: what answers looks at no token");
  }
  if (answer->status >= 500) {
    return bad("authorization", "the header arrives, and the program cannot ask ZITADEL (status " +
                                    std::to_string(answer->status) +
                                    "): see the lines above, and its log");
  }
  if (error == "unauthorized") {
    return bad("authorization",
               "the Authorization header does not arrive. Apache keeps it to itself: write "
               "\"CGIPassAuth On\" into the <Location> or <Directory> of the program, or into its "
               ".htaccess; another server in front must pass it on as well");
  }
  findings_.note("authorization", "the web server's answer (status " +
                                      std::to_string(answer->status) +
                                      ") does not show whether the header arrives");
}

void SiteCheck::try_token() {
  if (token_.empty()) return;
  const std::optional<auth::Url> url = auth::parse_url(url_);
  if (!url || (!url->https && !url->loopback)) {
    return findings_.note("call", "your token is not sent over http://, where others can read it");
  }
  const std::optional<HttpResponse> answer = get(closed_, token_.reveal());
  if (!answer) return bad("call", why_not_);
  const std::string what = closed_ + " with your token: status " + std::to_string(answer->status);
  const std::string error = error_in(*answer);
  if (lets_in(*answer) || answer->status == 404) return findings_.good("call", what);
  bad("call", what + (error.empty() ? "" : ", " + error) + ": see the lines about the token");
}

void SiteCheck::spoofs_stay_out() {
  for (const std::string_view header : kSpoofs) {
    const std::optional<HttpResponse> answer = get(closed_, {}, header);
    if (answer && lets_in(*answer)) {
      return bad("spoofing", closed_ + " is open to who sends \"" + std::string(header) +
                                 "\": let the web server take that header away");
    }
  }
  findings_.good("spoofing", "headers such as X-Original-URL open nothing");
}

// "/api" is not "/apix": a prefix that ends in the middle of a name mounts more than was meant. The
// program answers there as it does at the same path below /api, or at one that it does not have.
void SiteCheck::neighbour_stays_out() {
  if (auth::origin_of(url_).size() >= url_.size()) return;  // there is no name at its end
  for (const std::string_view path : {"/public", "/private"}) {
    const std::string name = url_ + "x" + std::string(path);
    const std::optional<HttpResponse> beside = get(name);
    const bool is_ours =
        beside &&
        (is_answered_alike(*beside, url_ + std::string(path)) ||
         (error_in(*beside) == "not_found" && is_answered_alike(*beside, url_ + "/zitadel-check")));
    if (is_ours) {
      return bad("neighbour", name +
                                  " is answered by the program, too: end the web server's prefix "
                                  "where the name ends, as the shipped file does");
    }
  }
  findings_.good("neighbour", url_ + "x is not the program's");
}

bool SiteCheck::is_answered_alike(const HttpResponse& answer, const std::string& url) {
  const std::optional<HttpResponse> own = get(url);
  return own && own->status == answer.status && own->body == answer.body &&
         (lets_in(*own) || asks_for_token(*own) || error_in(*own) == "not_found");
}

bool shows_secret(const HttpResponse& answer) {
  if (!lets_in(answer)) return false;
  for (const std::string_view part :
       {"ZITADEL_", "API_PRIVATE_KEY", "PRIVATE KEY-----", "\"keyId\""}) {
    if (answer.body.find(part) != std::string::npos) return true;
  }
  return false;
}

// The names of the files that must not be seen, as a stranger would guess them.
std::vector<std::string> names_to_try() {
  std::vector<std::string> names = {".env", "api.env", "api-key.json"};
  for (const auth::SettingFile& file : auth::find_setting_files(auth::process_environment(), "")) {
    const std::string name = file.path.substr(file.path.rfind('/') + 1);
    const bool is_plain = std::all_of(name.begin(), name.end(), [](char byte) {
      return auth::is_letter_or_digit(byte) ||
             std::string_view("._-").find(byte) != std::string_view::npos;
    });
    const bool is_new = std::find(names.begin(), names.end(), name) == names.end();
    if (file.holds_secret && is_plain && is_new) names.push_back(name);
  }
  return names;
}

void SiteCheck::files_are_refused() {
  std::vector<std::string> folders = {auth::origin_of(url_)};
  if (folders[0] != url_) folders.push_back(url_);
  const std::size_t slash = url_.rfind('/');
  if (slash > folders[0].size()) folders.push_back(url_.substr(0, slash));
  bool all_refused = true;
  for (const std::string& folder : folders) {
    for (const std::string& name : names_to_try()) {
      std::string url = folder;
      url.append("/").append(name);
      const std::optional<HttpResponse> answer = get(url);
      if (!answer || !shows_secret(*answer)) continue;
      all_refused = false;
      bad("files", url +
                       " is shown to everybody: move the file out of what the web server serves, "
                       "and make a new key or secret in ZITADEL's console, for this one is known");
    }
  }
  if (all_refused)
    findings_.good("files", "settings and key are shown to nobody under their usual names");
}

}  // namespace

void check_site(const std::string& url, const auth::Settings& settings, auth::SecretView token,
                Findings& findings) {
  SiteCheck(url, settings, token, findings).run();
}

}  // namespace cli
