// SPDX-License-Identifier: Apache-2.0
#include "cli/check/site_exposure.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <vector>

#include "auth/base/text.h"
#include "auth/settings/load.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

using auth::HttpResponse;

bool is_answered_alike(const HttpResponse& answer, const std::string& url, SiteClient& client) {
  const std::optional<HttpResponse> own = client.get(url);
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

// Returns the names of the files that must not be seen, as a stranger would guess them.
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

}  // namespace

// "/api" is not "/apix": a prefix that ends in the middle of a name mounts more than was meant. The
// program answers there as it does at the same path below /api, or at one that it does not have.
void check_neighbour(const std::string& url, SiteClient& client, Findings& findings) {
  if (auth::origin_of(url).size() >= url.size()) return;  // there is no name at its end
  for (const std::string_view path : {"/public", "/private"}) {
    const std::string name = url + "x" + std::string(path);
    const std::optional<HttpResponse> beside = client.get(name);
    const bool is_ours = beside && (is_answered_alike(*beside, url + std::string(path), client) ||
                                    (error_in(*beside) == "not_found" &&
                                     is_answered_alike(*beside, url + "/zitadel-check", client)));
    if (is_ours) {
      return findings.bad(Trouble::kSite, "neighbour",
                          name +
                              " is answered by the program, too: end the web server's prefix "
                              "where the name ends, as the shipped file does");
    }
  }
  findings.good("neighbour", url + "x is not the program's");
}

void check_files(const std::string& url, SiteClient& client, Findings& findings) {
  std::vector<std::string> folders = {auth::origin_of(url)};
  if (folders[0] != url) folders.push_back(url);
  const std::size_t slash = url.rfind('/');
  if (slash > folders[0].size()) folders.push_back(url.substr(0, slash));
  bool all_refused = true;
  for (const std::string& folder : folders) {
    for (const std::string& name : names_to_try()) {
      std::string place = folder;
      place.append("/").append(name);
      const std::optional<HttpResponse> answer = client.get(place);
      if (!answer || !shows_secret(*answer)) continue;
      all_refused = false;
      findings.bad(Trouble::kSite, "files",
                   place +
                       " is shown to everybody: move the file out of what the web server serves, "
                       "and make a new key or secret in ZITADEL's console, for this one is known");
    }
  }
  if (all_refused)
    findings.good("files", "settings and key are shown to nobody under their usual names");
}

}  // namespace cli
