// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/meaning.h"

#include <algorithm>
#include <string>
#include <vector>

#include "auth/base/text.h"

namespace auth {
namespace {

// A name means a setting if all its words are in that row, and at least one of them is decisive.
struct Meaning {
  std::string_view setting;
  std::string_view decisive;
  std::string_view further;
};

constexpr Meaning kMeanings[] = {
    {"ZITADEL_INTROSPECTION_URL", "INTROSPECTION INTROSPECT", "TOKEN URL URI ENDPOINT OAUTH"},
    {"API_PRIVATE_KEY_FILE_PATH", "KEY PRIVATE PRIVATEKEY KEYFILE APIKEY JWTKEY CREDENTIALS",
     "CLIENT JWT APPLICATION APP SERVICE RSA"},
    {"ZITADEL_CLIENT_SECRET", "SECRET PASSWORD", "CLIENT APP APPLICATION"},
    {"ZITADEL_CLIENT_ID", "CLIENT CLIENTID", "ID APP APPLICATION"},
    {"ZITADEL_PROJECT_ID", "PROJECT PROJECTID AUDIENCE AUD", "ID RESOURCE"},
    {"ZITADEL_CA_FILE", "CA CACERT CERT CERTS CERTIFICATE CERTIFICATES BUNDLE",
     "TLS SSL ROOT TRUSTED"},
    {"ZITADEL_RULES", "RULES RULE", "AUTHORIZER"},
    {"ZITADEL_LOG_FILE", "LOG LOGFILE", "ERROR"},
    {"ZITADEL_DOMAIN", "DOMAIN ISSUER INSTANCE AUTHORITY HOST HOSTNAME URL URI BASEURL",
     "BASE SERVER NAME CUSTOM EXTERNAL"},
};

// Words that do not show which setting is meant. They are ignored.
constexpr std::string_view kFillers = "ZITADEL API FCGI OIDC FILE PATH FILEPATH FILENAME JSON PEM";

bool holds(std::string_view list, std::string_view word) {
  const std::vector<std::string_view> words = words_of(list);
  return std::find(words.begin(), words.end(), word) != words.end();
}

bool is_meant(const Meaning& meaning, const std::vector<std::string_view>& words) {
  const auto is_decisive = [&](std::string_view word) { return holds(meaning.decisive, word); };
  const auto fits = [&](std::string_view word) {
    return is_decisive(word) || holds(meaning.further, word);
  };
  return std::any_of(words.begin(), words.end(), is_decisive) &&
         std::all_of(words.begin(), words.end(), fits);
}

}  // namespace

std::string_view setting_meant_by(std::string_view name) {
  std::string text = upper_case(name);
  std::replace_if(
      text.begin(), text.end(), [](char byte) { return !is_letter_or_digit(byte); }, ' ');
  std::vector<std::string_view> words = words_of(text);
  std::erase_if(words, [](std::string_view word) { return holds(kFillers, word); });
  for (const Meaning& meaning : kMeanings) {
    if (is_meant(meaning, words)) return meaning.setting;
  }
  return {};
}

}  // namespace auth
