// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/kinds.h"

#include <algorithm>
#include <filesystem>
#include <string_view>
#include <utility>
#include <vector>

#include "auth/base/file_access.h"
#include "auth/base/ip_address.h"
#include "auth/base/log_place.h"
#include "auth/base/private_file.h"
#include "auth/base/text.h"
#include "auth/store/redis_url.h"
#include "auth/zitadel/key_file.h"
#include "auth/zitadel/url.h"

namespace auth::setting_kinds {
namespace {

Checked read_client_secret(const FoundSetting& found, Settings& settings) {
  settings.client_secret = found.value.copy();
  return {};
}

// A URL without a scheme is the commonest mistake: the message says what to write.
Checked check_full_url(std::string_view text, bool allow_http) {
  Checked checked = check_url(text, allow_http);
  const std::string with_scheme = "https://" + std::string(text);
  if (!checked && text.find("://") == std::string_view::npos && parse_url(with_scheme)) {
    return Mistake{"has no scheme: write " + with_scheme};
  }
  return checked;
}

Checked read_introspection_url(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  if (Checked checked = check_full_url(text, settings.allow_http); !checked) return checked;
  settings.introspection_url = text;
  return {};
}

Checked read_domain(const FoundSetting& found, Settings& settings) {
  std::string_view text = found.value.reveal();
  if (Checked checked = check_full_url(text, settings.allow_http); !checked) return checked;
  if (Checked checked = check_issuer_url(text, settings.allow_http); !checked) {
    return checked;
  }
  while (text.ends_with('/')) text.remove_suffix(1);
  settings.domain = text;
  return {};
}

// ZITADEL's ids are numbers. "zitadel" stands for its own project, which administers it.
Checked read_project_id(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  const bool is_number = std::all_of(text.begin(), text.end(), is_digit);
  if (!is_number && text != "zitadel") {
    return Mistake{
        "is no project's id, for that is a number: write the Resource Id that ZITADEL's console "
        "shows on the project's page, not the project's name"};
  }
  settings.project_id = text;
  return {};
}

Checked read_key_file(const FoundSetting& found, Settings& settings) {
  auto path = path_of(found);
  if (!path) return std::move(path).error();
  Result<ApplicationKey> key = read_application_key(*path, settings.key_reading);
  if (!key) return Mistake{"cannot be used: " + key.error().detail};
  settings.application_key = *std::move(key);
  return {};
}

Checked read_ca_file(const FoundSetting& found, Settings& settings) {
  auto path = path_of(found);
  if (!path) return std::move(path).error();
  const auto file = read_private_file(*path, kMaxCaFileBytes);
  if (!file) return Mistake{"cannot be used: " + *path + ' ' + file.error().sentence};
  const std::string_view text = file->text.reveal();
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) {
    return Mistake{"holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)"};
  }
  settings.ca_file = *path;
  settings.ca_certificates = text;
  return {};
}

Checked read_cache_dir(const FoundSetting& found, Settings& settings) {
  auto path = path_of(found);
  if (!path) return std::move(path).error();
  settings.cache_dir = *std::move(path);
  return {};
}

Checked read_cache_url(const FoundSetting& found, Settings& settings) {
  auto parsed = parse_redis_url(found.value);
  if (!parsed) return std::move(parsed).error();
  settings.cache_server = *std::move(parsed);
  return {};
}

Checked read_rules_file(const FoundSetting& found, Settings& settings) {
  auto path = path_of(found);
  if (!path) return std::move(path).error();
  settings.rules_file = *std::move(path);
  return {};
}

Checked read_log_file(const FoundSetting& found, Settings& settings) {
  auto path = path_of(found);
  if (!path) return std::move(path).error();
  if (Checked checked = check_log_place(*path, settings.document_root); !checked) return checked;
  settings.log_file = *std::move(path);
  return {};
}

Checked read_audit_file(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  settings.audit_to_journal = text == "journal";
  if (text == "off" || settings.audit_to_journal) return {};
  auto path = path_of(found);
  if (!path) return std::move(path).error();
  const auto normal = [](const std::string& name) {
    return std::filesystem::path(name).lexically_normal();
  };
  if (normal(*path) == normal(settings.log_file)) {
    return Mistake{"names the file of ZITADEL_LOG_FILE: write the path of a file of its own"};
  }
  if (Checked checked = check_log_place(*path, settings.document_root, Lines::kAudit); !checked)
    return checked;
  settings.audit_file = *std::move(path);
  return {};
}

// RFC 9728 §1.2: this API's own URL. Its callers use it, not this program.
Checked read_resource(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  if (Checked checked = check_full_url(text, settings.allow_http); !checked) return checked;
  settings.resource = text;
  return {};
}

std::vector<std::string> list_of(const FoundSetting& found) {
  const std::vector<std::string_view> words = words_of(found.value.reveal());
  return {words.begin(), words.end()};
}

Checked read_pass_claims(const FoundSetting& found, Settings& settings) {
  settings.pass_claims = list_of(found);
  for (const std::string& name : settings.pass_claims) {
    if (name.find_first_of(",;") == name.npos) continue;
    return Mistake{"holds a comma or semicolon: write the names with blanks between them"};
  }
  return {};
}

// An origin as a browser sends it (RFC 6454 §7): in lower case, without a path, not even "/".
bool is_origin(const std::string& word) {
  const std::optional<Url> url = parse_url(word);
  if (!url) return false;
  const std::string_view authority = std::string_view(word).substr(url->https ? 8 : 7);
  return authority.find('/') == authority.npos && std::none_of(word.begin(), word.end(), is_upper);
}

Checked read_cors_origins(const FoundSetting& found, Settings& settings) {
  settings.cors_origins = list_of(found);
  for (const std::string& origin : settings.cors_origins) {
    if (origin != "*" && !is_origin(origin)) {
      return Mistake{
          "is not a list of origins as browsers send them: write \"*\", or https://HOST[:PORT] "
          "in lower case and without a path, separated by blanks"};
    }
  }
  return {};
}

// A cookie's name (RFC 6265 §4.1.1).
Checked read_token_cookie(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  const bool is_name = std::all_of(text.begin(), text.end(), [](char byte) {
    return is_letter_or_digit(byte) ||
           std::string_view("!#$%&'*+-.^_`|~").find(byte) != std::string_view::npos;
  });
  if (!is_name) {
    return Mistake{"is not the name of a cookie, such as __Host-token: write the name alone"};
  }
  settings.token_cookie = text;
  return {};
}

// A header's name (RFC 9110 §5.1), as a request bears it.
Checked read_client_address_header(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  const bool is_name = std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-';
  });
  if (!is_name) return Mistake{"is not the name of a header, such as X-Forwarded-For"};
  if (text.size() == 9 && std::string_view("Ff").find(text[0]) != std::string_view::npos &&
      text.substr(1) == "orwarded") {
    return Mistake{
        "is not read here: write the name of a header that holds addresses alone, such as "
        "X-Forwarded-For"};
  }
  settings.client_address_header = text;
  return {};
}

Checked read_trusted_proxies(const FoundSetting& found, Settings& settings) {
  for (const std::string& word : list_of(found)) {
    const std::optional<IpPrefix> prefix = IpPrefix::parse(word);
    if (!prefix) {
      return Mistake{
          "is not a list of IP addresses and prefixes, such as 10.0.0.0/8 or 2001:db8::1, "
          "separated by blanks"};
    }
    settings.trusted_proxies.push_back(*prefix);
  }
  return {};
}

Checked read_events_token_file(const FoundSetting& found, Settings& settings) {
  auto path = path_of(found);
  if (!path) return std::move(path).error();
  auto token = read_events_token(*path);
  if (!token) return std::move(token).error();
  settings.events_token = *std::move(token);
  settings.events_token_file = *std::move(path);
  return {};
}

// An old setting, a number of tokens. It has no effect any more.
Checked read_cache_max_tokens(const FoundSetting& found, Settings& settings) {
  settings.warnings.push_back("ZITADEL_CACHE_MAX_TOKENS (" + found.origin +
                              ") counts for nothing any more: write ZITADEL_CACHE_MAX_BYTES, how "
                              "many bytes known tokens may take, instead");
  return {};
}

Checked read_metrics(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  settings.metrics.reset();
  if (text == "off") return {};
  if (text == "local") {
    settings.metrics = MetricsAccess{true, {}};
    return {};
  }
  auto requirement = Requirement::parse(text);
  if (!requirement) {
    return Mistake{"is neither off nor local, nor a requirement: " + requirement.error().sentence};
  }
  if (requirement->is_public()) {
    settings.warnings.push_back("ZITADEL_METRICS (" + found.origin +
                                ") is public: anybody may see what this program counts");
  }
  settings.metrics = MetricsAccess{false, *std::move(requirement)};
  return {};
}

template <const auto& kText>
std::string words() {
  return std::string(kText);
}

constexpr std::string_view kText = "text", kId = "number", kUrl = "URL", kPath = "path",
                           kAudit = "path, `journal`, or `off`", kHeader = "name of a header",
                           kList = "words, separated by blanks", kCookie = "name of a cookie",
                           kOrigins = "`*`, or URLs without a path, separated by blanks",
                           kGuard = "off, local, or a requirement as in a rule",
                           kAddresses = "IP addresses and prefixes, separated by blanks";

std::string none(const Settings&) { return {}; }
std::string off(const Settings&) { return "off"; }

}  // namespace

Result<std::string, Mistake> path_of(const FoundSetting& found) {
  const std::string_view text = found.value.reveal();
  // A key that was put in the place of its path must not reach the log.
  if (is_content_for_path(text)) {
    return Mistake{"is no path of a file: write where the file lies, not what it holds"};
  }
  if (text.starts_with('~')) {
    return Mistake{"begins with '~', which only a shell knows: write it in full"};
  }
  return (text.starts_with('/') ? "" : found.folder) + std::string(text);
}

constinit const SettingKind token_cookie{read_token_cookie, words<kCookie>, none};
constinit const SettingKind client_secret{read_client_secret, words<kText>, none};
constinit const SettingKind project_id{read_project_id, words<kId>, none};
constinit const SettingKind domain{read_domain, words<kUrl>, none};
constinit const SettingKind introspection_url{read_introspection_url, words<kUrl>, none};
constinit const SettingKind resource{read_resource, words<kUrl>, none};
constinit const SettingKind key_file{read_key_file, words<kPath>, none};
constinit const SettingKind ca_file{read_ca_file, words<kPath>, none};
constinit const SettingKind cache_dir{read_cache_dir, words<kPath>, none};
constinit const SettingKind cache_url{read_cache_url, words<kUrl>, none};
constinit const SettingKind rules_file{read_rules_file, words<kPath>, none};
constinit const SettingKind log_file{read_log_file, words<kPath>, none};
constinit const SettingKind audit_file{read_audit_file, words<kAudit>, none};
constinit const SettingKind pass_claims{read_pass_claims, words<kList>, none};
constinit const SettingKind cors_origins{read_cors_origins, words<kOrigins>, none};
constinit const SettingKind client_address_header{read_client_address_header, words<kHeader>, none};
constinit const SettingKind trusted_proxies{read_trusted_proxies, words<kAddresses>, none};
constinit const SettingKind events_token{read_events_token_file, words<kPath>, none};
constinit const SettingKind metrics{read_metrics, words<kGuard>, off};
constinit const SettingKind cache_max_tokens{read_cache_max_tokens, words<kText>, none};

}  // namespace auth::setting_kinds
