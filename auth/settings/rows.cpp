#include "auth/settings/rows.h"

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdint>
#include <iterator>
#include <string_view>
#include <system_error>
#include <utility>

#include "auth/base/ip_address.h"
#include "auth/base/log_place.h"
#include "auth/base/private_file.h"
#include "auth/base/text.h"
#include "auth/store/redis_url.h"
#include "auth/zitadel/key_file.h"
#include "auth/zitadel/url.h"

namespace auth {
namespace {

using Problem = std::optional<std::string>;

constexpr std::size_t kMaxPathBytes = 1024;
// At least some tokens with claims as long as they may be, in each of the cache's parts.
constexpr std::uint64_t kLeastCacheBytes = 4 << 20;
constexpr std::uint64_t kMostCacheBytes = std::uint64_t{64} << 30;

constexpr std::string_view unit_of(std::chrono::milliseconds) { return " of milliseconds"; }
constexpr std::string_view unit_of(std::chrono::seconds) { return " of seconds"; }
constexpr std::string_view unit_of(std::size_t) { return ""; }

template <auto Member, std::uint64_t Least, std::uint64_t Most>
Problem number(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  std::uint64_t value = 0;
  const auto [end, code] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (code != std::errc() || end != text.data() + text.size() || value < Least || value > Most) {
    return "is not a whole number" + std::string(unit_of(settings.*Member)) + " from " +
           std::to_string(Least) + " to " + std::to_string(Most);
  }
  using Number = std::remove_reference_t<decltype(settings.*Member)>;
  settings.*Member = Number(value);
  return std::nullopt;
}

constexpr std::pair<std::string_view, LogLevel> kLogLevels[] = {{"error", LogLevel::kError},
                                                                {"warn", LogLevel::kWarn},
                                                                {"info", LogLevel::kInfo},
                                                                {"debug", LogLevel::kDebug}};
constexpr std::pair<std::string_view, Validation> kValidations[] = {
    {"introspection", Validation::kIntrospection},
    {"jwt", Validation::kJwt},
    {"jwt-or-introspection", Validation::kJwtOrIntrospection}};
constexpr std::pair<std::string_view, GraceWhen> kGraceWhen[] = {
    {"unreachable", GraceWhen::kUnreachable}, {"failing", GraceWhen::kFailing}};
constexpr std::pair<std::string_view, bool> kSwitch[] = {
    {"on", true}, {"off", false}, {"1", true}, {"0", false}};

// One word of several.
template <auto Member, const auto& kChoices>
Problem choice(const FoundSetting& found, Settings& settings) {
  std::string names;
  for (const auto& each : kChoices) {
    if (each.first == found.value.reveal()) {
      settings.*Member = each.second;
      return std::nullopt;
    }
    if (!names.empty()) names += &each == std::end(kChoices) - 1 ? " and " : ", ";
    names += each.first;
  }
  return "is not one of " + names;
}

// Of the characters from least to '~'.
template <auto Member, char Least>
Problem ascii(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  const bool good =
      std::all_of(text.begin(), text.end(), [](char byte) { return byte >= Least && byte <= '~'; });
  if (!good) {
    return Least == ' ' ? "holds a character that is not ASCII: write it without"
                        : "holds a blank or a character that is not ASCII: write it without";
  }
  settings.*Member = text;
  return std::nullopt;
}

Problem client_secret(const FoundSetting& found, Settings& settings) {
  settings.client_secret = found.value.copy();
  return std::nullopt;
}

// A URL without a scheme is the commonest mistake: what was meant can be said.
Problem url_problem(std::string_view text, bool allow_http) {
  Problem problem = url_mistake(text, allow_http);
  const std::string with_scheme = "https://" + std::string(text);
  if (problem && text.find("://") == std::string_view::npos && parse_url(with_scheme)) {
    return "has no scheme: write " + with_scheme;
  }
  return problem;
}

Problem introspection_url(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  if (Problem problem = url_problem(text, settings.allow_http)) return problem;
  settings.introspection_url = text;
  return std::nullopt;
}

Problem domain(const FoundSetting& found, Settings& settings) {
  std::string_view text = found.value.reveal();
  if (Problem problem = url_problem(text, settings.allow_http)) return problem;
  const std::size_t discovery = text.find("/.well-known/");
  while (text.ends_with('/')) text.remove_suffix(1);
  if (discovery != std::string_view::npos) {
    return "is the discovery document's URL: write " + std::string(text.substr(0, discovery));
  }
  settings.domain = text;
  return std::nullopt;
}

// Puts the path together, or says why the text is none.
Problem resolve(const FoundSetting& found, std::string& path) {
  const std::string_view text = found.value.reveal();
  // A key that was put in the place of its path must not reach the log.
  if (text.size() > kMaxPathBytes || text.find('{') != std::string_view::npos ||
      text.find("-----") != std::string_view::npos) {
    return "is no path of a file: write where the file lies, not what it holds";
  }
  if (text.starts_with('~')) return "begins with '~', which only a shell knows: write it in full";
  path = (text.starts_with('/') ? "" : found.folder) + std::string(text);
  return std::nullopt;
}

Problem key_file(const FoundSetting& found, Settings& settings) {
  std::string path;
  if (Problem problem = resolve(found, path)) return problem;
  Result<ApplicationKey> key = read_application_key(path, settings.key_reading);
  if (!key) return "cannot be used: " + key.error().detail;
  settings.application_key = *std::move(key);
  return std::nullopt;
}

Problem ca_file(const FoundSetting& found, Settings& settings) {
  std::string path;
  if (Problem problem = resolve(found, path)) return problem;
  const auto file = read_private_file(path, kMaxCaFileBytes);
  if (!file) return "cannot be used: " + path + ' ' + file.error().sentence;
  const std::string_view text = file->text.reveal();
  if (text.find("-----BEGIN CERTIFICATE-----") == std::string_view::npos) {
    return "holds no certificate in PEM form (-----BEGIN CERTIFICATE-----)";
  }
  settings.ca_file = path;
  return std::nullopt;
}

Problem cache_dir(const FoundSetting& found, Settings& settings) {
  return resolve(found, settings.cache_dir);
}

Problem cache_url(const FoundSetting& found, Settings& settings) {
  auto parsed = parse_redis_url(found.value);
  if (!parsed) return std::move(parsed).error().sentence;
  settings.cache_server = *std::move(parsed);
  return std::nullopt;
}

Problem rules_file(const FoundSetting& found, Settings& settings) {
  return resolve(found, settings.rules_file);
}

Problem log_file(const FoundSetting& found, Settings& settings) {
  std::string path;
  if (Problem problem = resolve(found, path)) return problem;
  if (Problem problem = log_place_mistake(path, settings.document_root)) return problem;
  settings.log_file = std::move(path);
  return std::nullopt;
}

// RFC 9728 §1.2: this API's own URL. Its callers use it, not this program.
Problem resource(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  if (Problem problem = url_problem(text, settings.allow_http)) return problem;
  settings.resource = text;
  return std::nullopt;
}

std::vector<std::string> list_of(const FoundSetting& found) {
  const std::vector<std::string_view> words = words_of(found.value.reveal());
  return {words.begin(), words.end()};
}

Problem pass_claims(const FoundSetting& found, Settings& settings) {
  settings.pass_claims = list_of(found);
  return std::nullopt;
}

// As a browser sends it (RFC 6454 §7): in lower case, without a path, not even "/".
bool is_origin(const std::string& word) {
  const std::optional<Url> url = parse_url(word);
  if (!url) return false;
  const std::string_view authority = std::string_view(word).substr(url->https ? 8 : 7);
  return authority.find('/') == authority.npos && std::none_of(word.begin(), word.end(), is_upper);
}

Problem cors_origins(const FoundSetting& found, Settings& settings) {
  settings.cors_origins = list_of(found);
  for (const std::string& origin : settings.cors_origins) {
    if (origin != "*" && !is_origin(origin)) {
      return "is not a list of origins as browsers send them: write \"*\", or https://HOST[:PORT] "
             "in lower case and without a path, separated by blanks";
    }
  }
  return std::nullopt;
}

// A header's name (RFC 9110 §5.1), as a request bears it.
Problem client_address_header(const FoundSetting& found, Settings& settings) {
  const std::string_view text = found.value.reveal();
  const bool is_name = std::all_of(text.begin(), text.end(), [](char letter) {
    return (letter >= 'a' && letter <= 'z') || (letter >= 'A' && letter <= 'Z') ||
           (letter >= '0' && letter <= '9') || letter == '-';
  });
  if (!is_name) return "is not the name of a header, such as X-Forwarded-For";
  if (text.size() == 9 && std::string_view("Ff").find(text[0]) != std::string_view::npos &&
      text.substr(1) == "orwarded") {
    return "is not read here: write the name of a header that holds addresses alone, such as "
           "X-Forwarded-For";
  }
  settings.client_address_header = text;
  return std::nullopt;
}

Problem trusted_proxies(const FoundSetting& found, Settings& settings) {
  for (const std::string& word : list_of(found)) {
    const std::optional<IpPrefix> prefix = IpPrefix::parse(word);
    if (!prefix) {
      return "is not a list of IP addresses and prefixes, such as 10.0.0.0/8 or 2001:db8::1, "
             "separated by blanks";
    }
    settings.trusted_proxies.push_back(*prefix);
  }
  return std::nullopt;
}

// Was a number of tokens.
Problem cache_max_tokens(const FoundSetting& found, Settings& settings) {
  settings.warnings.push_back("ZITADEL_CACHE_MAX_TOKENS (" + found.origin +
                              ") counts for nothing any more: write ZITADEL_CACHE_MAX_BYTES, how "
                              "many bytes known tokens may take, instead");
  return std::nullopt;
}

// ZITADEL_ALLOW_HTTP stands before the URLs that it concerns.
constexpr SettingRow kRows[] = {
    {{"ZITADEL_ALLOW_HTTP"}, choice<&Settings::allow_http, kSwitch>},
    {{"ZITADEL_DOMAIN"}, domain},
    {{"ZITADEL_INTROSPECTION_URL"}, introspection_url},
    {{"API_PRIVATE_KEY_FILE_PATH"}, key_file},
    {{"ZITADEL_CLIENT_ID"}, ascii<&Settings::client_id, '!'>},
    {{"ZITADEL_CLIENT_SECRET", true}, client_secret},
    {{"ZITADEL_PROJECT_ID"}, ascii<&Settings::project_id, '!'>},
    {{"ZITADEL_VALIDATION"}, choice<&Settings::validation, kValidations>},
    {{"ZITADEL_JWT_SHIELD"}, choice<&Settings::jwt_shield, kSwitch>},
    {{"ZITADEL_REALM"}, ascii<&Settings::realm, ' '>},
    {{"ZITADEL_CA_FILE"}, ca_file},
    {{"ZITADEL_CONNECT_TIMEOUT_MS"}, number<&Settings::connect_timeout, 10, 60000>},
    {{"ZITADEL_TIMEOUT_MS"}, number<&Settings::timeout, 10, 60000>},
    {{"ZITADEL_THREADS"}, number<&Settings::threads, 1, 64>},
    {{"ZITADEL_LOG_LEVEL"}, choice<&Settings::log_level, kLogLevels>},
    {{"ZITADEL_LOG_FILE"}, log_file},
    {{"ZITADEL_CACHE_TTL"}, number<&Settings::cache_ttl, 0, 3600>},
    {{"ZITADEL_CACHE_MAX_BYTES"},
     number<&Settings::cache_max_bytes, kLeastCacheBytes, kMostCacheBytes>},
    {{"ZITADEL_CACHE_MAX_TOKENS"}, cache_max_tokens, false},
    {{"ZITADEL_CACHE_DIR"}, cache_dir},
    {{"ZITADEL_CACHE_URL", true}, cache_url},
    {{"ZITADEL_GRACE"}, number<&Settings::grace, 0, 86400>},
    {{"ZITADEL_GRACE_WHEN"}, choice<&Settings::grace_when, kGraceWhen>},
    {{"ZITADEL_RULES"}, rules_file},
    {{"ZITADEL_PASS_CLAIMS"}, pass_claims},
    {{"ZITADEL_RESOURCE"}, resource},
    {{"ZITADEL_CORS_ORIGINS"}, cors_origins},
    {{"ZITADEL_MAX_IN_FLIGHT"}, number<&Settings::max_in_flight, 1, 65536>},
    {{"ZITADEL_MAX_CONNECTIONS"}, number<&Settings::max_connections, 1, 65536>},
    {{"ZITADEL_MAX_PARKED"}, number<&Settings::max_parked, 1, 65536>},
    {{"ZITADEL_CLIENT_ADDRESS_HEADER"}, client_address_header},
    {{"ZITADEL_TRUSTED_PROXIES"}, trusted_proxies},
};

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

}  // namespace auth
