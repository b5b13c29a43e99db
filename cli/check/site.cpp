// SPDX-License-Identifier: Apache-2.0
#include "cli/check/site.h"

#include <array>
#include <optional>
#include <string_view>

#include "auth/zitadel/url.h"
#include "cli/check/site_client.h"
#include "cli/check/site_exposure.h"
#include "fcgi/command/settings_rules.h"

namespace cli {
namespace {

using auth::HttpResponse;

constexpr std::string_view kMadeUpToken = "zitadel-check-asks-with-a-token-that-nobody-has";

// Headers that some programs believe more than the request itself. None may open what is closed.
constexpr std::array<std::string_view, 5> kSpoofs = {
    "X-Original-URL: /public", "X-Rewrite-URL: /public", "X-HTTP-Method-Override: OPTIONS",
    "X-Remote-User: admin", "X-Zitadel-Authorize: public"};

class SiteCheck {
 public:
  SiteCheck(const std::string& url, const auth::Settings& settings, auth::SecretView token,
            Findings& findings)
      : url_(url), settings_(settings), token_(token), findings_(findings), client_(settings) {}

  void run() {
    if (!answers()) return;
    if (find_closed_path()) {
      header_arrives();
      spoofs_stay_out();
    }
    check_neighbour(url_, client_, findings_);
    check_files(url_, client_, findings_);
  }

 private:
  bool answers();
  bool find_closed_path();
  void header_arrives();
  void try_token();
  void spoofs_stay_out();
  void bad(std::string_view name, const std::string& text) {
    findings_.bad(Trouble::kSite, name, text);
  }

  const std::string& url_;
  const auth::Settings& settings_;
  const auth::SecretView token_;
  Findings& findings_;
  SiteClient client_;
  std::string closed_{};  // a path that asks for a token
};

bool SiteCheck::answers() {
  const std::optional<HttpResponse> answer = client_.get(url_ + "/");
  if (!answer) {
    bad("site", client_.why_not() + ": does the web server run, and is --url right?");
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

// Whether the rules make the path public: then it is no fault that it is open.
bool is_public(const std::string& path, const auth::Settings& settings) {
  const auth::SystemClock clock;
  const auto rules = fcgi::open_rules(settings, clock);
  if (!rules || *rules == nullptr) return false;
  const std::shared_ptr<const fcgi::Rules> current = (*rules)->current();
  const auto found = current->find(path, "GET");
  return found && (*found)->is_public();
}

// Looks for a path that asks for a token: an endpoint of the program as it is shipped, or the root
// of a site that is guarded from there.
bool SiteCheck::find_closed_path() {
  const std::string root = url_ + "/";
  std::string seen;
  bool root_is_open = false;
  for (const std::string& path : {url_ + "/private", root}) {
    const std::optional<HttpResponse> answer = client_.get(path);
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
  const std::optional<HttpResponse> answer = client_.get(closed_, kMadeUpToken);
  if (!answer) return bad("authorization", client_.why_not());
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
  const std::optional<HttpResponse> answer = client_.get(closed_, token_.reveal());
  if (!answer) return bad("call", client_.why_not());
  const std::string what = closed_ + " with your token: status " + std::to_string(answer->status);
  const std::string error = error_in(*answer);
  if (lets_in(*answer) || answer->status == 404) return findings_.good("call", what);
  bad("call", what + (error.empty() ? "" : ", " + error) + ": see the lines about the token");
}

void SiteCheck::spoofs_stay_out() {
  for (const std::string_view header : kSpoofs) {
    const std::optional<HttpResponse> answer = client_.get(closed_, {}, header);
    if (answer && lets_in(*answer)) {
      return bad("spoofing", closed_ + " is open to who sends \"" + std::string(header) +
                                 "\": let the web server take that header away");
    }
  }
  findings_.good("spoofing", "headers such as X-Original-URL open nothing");
}

}  // namespace

void check_site(const std::string& url, const auth::Settings& settings, auth::SecretView token,
                Findings& findings) {
  SiteCheck(url, settings, token, findings).run();
}

}  // namespace cli
