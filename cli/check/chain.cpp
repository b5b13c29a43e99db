#include "cli/check/chain.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/timestamp.h"
#include "auth/zitadel/discovery.h"
#include "auth/zitadel/form.h"
#include "auth/zitadel/proxy.h"
#include "auth/zitadel/server_words.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

using auth::HttpResponse;
using auth::Settings;
using std::chrono::seconds;

constexpr std::string_view kMadeUpToken = "zitadel-check-asks-about-a-token-that-nobody-has";
constexpr std::size_t kFormOverhead = 4096;  // client assertion, names and encoding
constexpr std::chrono::hours kSoon{24 * 30};

// Of one run.
class Chain {
 public:
  Chain(const Settings& settings, fcgi::Judge& judge, Findings& findings)
      : settings_(settings), judge_(judge), findings_(findings) {}

  Instance run() && {
    if (!name_resolves()) return std::move(instance_);
    const auto answer = ask_discovery();
    if (!answer) return std::move(instance_);
    compare_clock(*answer);
    const auto document = read_discovery(*answer);
    if (!document) return std::move(instance_);
    instance_.introspection_endpoint = settings_.introspection_url.empty()
                                           ? document->introspection_endpoint
                                           : settings_.introspection_url;
    authenticate();
    tell_expiry();
    read_keys(document->jwks_uri);
    return std::move(instance_);
  }

 private:
  bool name_resolves();
  std::optional<HttpResponse> ask_discovery();
  void compare_clock(const HttpResponse& answer);
  std::optional<auth::DiscoveryDocument> read_discovery(const HttpResponse& answer);
  bool compare_issuer(const std::string& issuer);
  void authenticate();
  void explain_refusal(const HttpResponse& answer);
  [[nodiscard]] std::string about_clock(const HttpResponse& answer) const;
  void tell_expiry();
  void read_keys(const std::string& url);

  [[nodiscard]] bool is_our_own_judge() const {
    return settings_.validation != auth::Validation::kIntrospection;
  }

  const Settings& settings_;
  fcgi::Judge& judge_;
  Findings& findings_;
  Instance instance_{};
  std::string clock_{};  // how wrong ours is; empty: it is right
};

std::string with_words(const std::string& text, const HttpResponse& answer) {
  const std::string words = auth::server_words(answer);
  return words.empty() ? text : text + ", saying: " + words;
}

std::string address_of(const addrinfo& found) {
  std::array<char, NI_MAXHOST> text{};
  const int failed = ::getnameinfo(found.ai_addr, found.ai_addrlen, text.data(), text.size(),
                                   nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text.data() : "?";
}

bool Chain::name_resolves() {
  const std::optional<auth::Url> url = auth::parse_url(settings_.domain);
  const std::string host = url ? url->host : "";
  const auto proxy = auth::https_proxy();
  if (url && url->https && proxy) {
    findings_.note("name", "a proxy looks it up, which " + std::string(proxy->variable) + " names");
    return true;
  }
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int failed = ::getaddrinfo(host.c_str(), nullptr, &hints, &found);
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> list(found, ::freeaddrinfo);
  if (failed != 0) {
    findings_.bad(
        Trouble::kZitadel, "name",
        host + " has no address (" + ::gai_strerror(failed) +
            "): is it spelt right in ZITADEL_DOMAIN, and can this machine look up names?");
    return false;
  }
  std::string addresses;
  for (const addrinfo* each = found; each != nullptr; each = each->ai_next) {
    addresses += (addresses.empty() ? "" : ", ") + address_of(*each);
  }
  findings_.good("name", host + " is " + addresses);
  return true;
}

std::optional<HttpResponse> Chain::ask_discovery() {
  const std::string url = settings_.domain + std::string(auth::kDiscoveryPath);
  auto answer = judge_.send({url});
  const bool is_https = settings_.domain.starts_with("https:");
  // What a server of TLS says to plain HTTP.
  const bool may_be_tls = !is_https && answer && answer->status == 400;
  if (!answer || may_be_tls) {
    const auth::Error error =
        answer ? auth::Error{auth::Reason::kMalformedAnswer, "status 400"} : answer.error();
    const Failure failure =
        explain_failure(error, url, "ZITADEL_DOMAIN", settings_.ca_file, judge_);
    if (!answer || failure.trouble == Trouble::kSettings) {
      findings_.bad(failure.trouble, is_https ? "tls" : "connection", failure.text);
      return std::nullopt;
    }
  }
  if (is_https) {
    findings_.good("tls", settings_.ca_file.empty()
                              ? "the certificate is one that this machine trusts"
                              : "the certificate is one that ZITADEL_CA_FILE vouches for");
  } else {
    findings_.note("tls", "none: http:// is called, as ZITADEL_DOMAIN says");
  }
  return std::move(answer).value();
}

void Chain::compare_clock(const HttpResponse& answer) {
  const auth::WallTime now = judge_.clock().wall();
  clock_ = auth::clock_error(answer, now, auth::kDateTolerance);
  if (!answer.date) return findings_.note("clock", "ZITADEL tells no time to compare with");
  if (clock_.empty()) return findings_.good("clock", "agrees with ZITADEL's to the second");
  const std::string text = "this machine's clock is " + clock_ + ": set it right (NTP)";
  const bool harms = std::chrono::abs(now - *answer.date) > auth::kClockSkew;
  harms ? findings_.bad(Trouble::kRefused, "clock", text) : findings_.note("clock", text);
}

std::optional<auth::DiscoveryDocument> Chain::read_discovery(const HttpResponse& answer) {
  const auto bad = [this](const std::string& text) {
    findings_.bad(Trouble::kZitadel, "instance", text);
    return std::nullopt;
  };
  const std::string said =
      with_words("discovery answered with status " + std::to_string(answer.status), answer);
  if (answer.status == 404) {
    return bad(said +
               ": no instance has the name in ZITADEL_DOMAIN. Write the instance's own URL "
               "(its custom domain); where a proxy is in front of ZITADEL, let it pass the Host "
               "header on; where the words speak of a connection or a database, that is away");
  }
  if (answer.status >= 300 && answer.status < 400) {
    return bad(said +
               ": it leads elsewhere, and that is never followed: write the URL that it "
               "leads to into ZITADEL_DOMAIN");
  }
  if (answer.status == 429) return bad(said + ": ZITADEL limits our calls; wait and try again");
  if (answer.status >= 500)
    return bad(said + ": ZITADEL, or the proxy in front of it, is in trouble");
  if (answer.status != 200) return bad(said + ": is that ZITADEL, at the name in ZITADEL_DOMAIN?");
  const std::optional<auth::Json> json = auth::Json::parse(answer.body);
  const std::optional<std::string> issuer = json ? json->text_of("issuer") : std::nullopt;
  if (!issuer) {
    return bad(
        "what answers at ZITADEL_DOMAIN is no ZITADEL: its discovery document names no "
        "issuer. Write the instance's own URL");
  }
  if (!compare_issuer(*issuer)) return std::nullopt;
  auto document = auth::parse_discovery(answer.body, settings_.domain, settings_.allow_http);
  if (!document) return bad(to_string(document.error()));
  return *std::move(document);
}

// Which part differs, in words.
std::string difference(const std::string& issuer, const std::string& domain) {
  if (!auth::parse_url(issuer)) return "it is no URL";
  if (issuer == domain + "/") return "the slash at its end is one too many";
  const bool same_scheme = issuer.substr(0, 5) == domain.substr(0, 5);
  const auto host_of = [](const std::string& url) { return auth::parse_url(url)->host; };
  if (host_of(issuer) != host_of(domain))
    return "the host differs: the instance has another (custom) domain";
  if (!same_scheme) {
    return "http and https differ: where a proxy ends TLS, ZITADEL must know (ExternalSecure)";
  }
  if (auth::origin_of(issuer) != auth::origin_of(domain)) return "the port differs (ExternalPort)";
  return "they differ in spelling";
}

bool Chain::compare_issuer(const std::string& issuer) {
  if (issuer == settings_.domain) {
    findings_.good("instance", issuer + " answers as itself: the issuer is ZITADEL_DOMAIN");
    return true;
  }
  findings_.bad(
      Trouble::kSettings, "instance",
      "it calls itself " + auth::shown_url(issuer) + ", and ZITADEL_DOMAIN is " + settings_.domain +
          ": " + difference(issuer, settings_.domain) +
          (issuer == settings_.domain + "/"
               ? ""
               : "; if that is your instance, write ZITADEL_DOMAIN=" + auth::shown_url(issuer)));
  return false;
}

void Chain::authenticate() {
  const bool has_credentials = settings_.application_key || !settings_.client_id.empty();
  if (settings_.validation == auth::Validation::kJwt) {
    return findings_.note("credentials",
                          "not tried: with ZITADEL_VALIDATION=jwt ZITADEL is asked about no token");
  }
  if (instance_.introspection_endpoint.empty() || !has_credentials) {
    return findings_.bad(Trouble::kZitadel, "credentials",
                         "the discovery document names no introspection_endpoint: is it ZITADEL?");
  }
  const auto answer =
      introspect(instance_.introspection_endpoint, judge_, auth::SecretView(kMadeUpToken));
  if (!answer) {
    const Failure failure = explain_failure(answer.error(), instance_.introspection_endpoint,
                                            "ZITADEL_INTROSPECTION_URL", settings_.ca_file, judge_);
    return findings_.bad(failure.trouble, "credentials", failure.text);
  }
  if (answer->status != 200) return explain_refusal(*answer);
  const std::optional<auth::Json> json = auth::Json::parse(answer->body);
  const std::optional<auth::Json> active = json ? json->member("active") : std::nullopt;
  const std::optional<bool> is_active = active ? active->boolean() : std::nullopt;
  if (!is_active) {
    return findings_.bad(Trouble::kZitadel, "credentials",
                         "the answer of introspection is none: does ZITADEL_INTROSPECTION_URL lead "
                         "to ZITADEL's /oauth/v2/introspect?");
  }
  if (*is_active) {
    return findings_.bad(Trouble::kZitadel, "credentials",
                         "a made-up token is called active: what answers is not ZITADEL, and lets "
                         "everybody in");
  }
  instance_.takes_us = true;
  findings_.good("credentials", judge_.authentication().describe() +
                                    " is accepted: a made-up token is called inactive");
}

// ZITADEL answers the same to each of these.
std::string causes_of(const Settings& settings) {
  if (settings.application_key) {
    return "is the key deleted or expired in ZITADEL, of another instance or application, is the "
           "application or its project deactivated, or is its method Basic? Open the API "
           "application in ZITADEL's console, add a key of type JSON and name that file in "
           "API_PRIVATE_KEY_FILE_PATH";
  }
  return "is ZITADEL_CLIENT_SECRET or ZITADEL_CLIENT_ID wrong, of another instance, is the "
         "application or its project deactivated, or is its method Private Key JWT? Make a new "
         "secret for the API application in ZITADEL's console";
}

// What speaks of times is said of a clock, also where none is seen to be wrong.
std::string Chain::about_clock(const HttpResponse& answer) const {
  if (!clock_.empty()) return "this machine's clock is " + clock_ + ", set it right first; then: ";
  const std::string words = auth::server_words(answer);
  const bool speaks_of_times = words.find("future") != std::string::npos ||
                               words.find("issued") != std::string::npos ||
                               words.find("expired") != std::string::npos;
  if (answer.date && !speaks_of_times) return {};
  return "is this machine's clock right (compare date -u)? Else: ";
}

void Chain::explain_refusal(const HttpResponse& answer) {
  const std::string said =
      with_words("introspection answered with status " + std::to_string(answer.status), answer);
  const auto bad = [&](Trouble trouble, const std::string& advice) {
    findings_.bad(trouble, "credentials", said + ": " + advice);
  };
  const std::optional<auth::Json> json = auth::Json::parse(answer.body);
  const std::string code = json ? json->text_of("error").value_or("") : "";
  if (answer.status == 401 || code == "unauthorized_client" || code == "invalid_client") {
    const std::string who = judge_.authentication().describe() + " was refused: ";
    return bad(Trouble::kRefused, who + about_clock(answer) + causes_of(settings_));
  }
  if (answer.status == 400)
    return bad(Trouble::kZitadel, "does a proxy on the way change the form that is sent?");
  if (answer.status == 404) {
    return bad(
        Trouble::kSettings,
        "is ZITADEL_INTROSPECTION_URL right? For ZITADEL it is ZITADEL_DOMAIN/oauth/v2/introspect; "
        "without it, the URL is found by itself");
  }
  if (answer.status == 429)
    return bad(Trouble::kZitadel, "ZITADEL limits our calls; wait and try again");
  bad(Trouble::kZitadel, "ZITADEL, or the proxy in front of it, is in trouble");
}

void Chain::tell_expiry() {
  if (!settings_.application_key) return;
  const auth::ApplicationKey& key = *settings_.application_key;
  const std::optional<auth::WallTime> end = auth::parse_timestamp(key.expires);
  if (!end) {
    return findings_.note("expiry",
                          "the key's file does not say when it ends: ZITADEL's console does, under "
                          "Keys of the API application");
  }
  const auth::WallTime now = judge_.clock().wall();
  const std::string when =
      "the key " + key.key_id + (*end <= now ? " expired at " : " ends at ") + key.expires;
  if (*end <= now) {
    return findings_.bad(Trouble::kRefused, "expiry",
                         when + ", by its file: add another in ZITADEL's console");
  }
  *end - now < kSoon ? findings_.note("expiry", when + ": add another before")
                     : findings_.good("expiry", when);
}

void Chain::read_keys(const std::string& url) {
  const auto fail = [this](const std::string& text) {
    // Where ZITADEL judges, the keys only spare it questions.
    is_our_own_judge() ? findings_.bad(Trouble::kZitadel, "key set", text)
                       : findings_.note("key set", text);
  };
  if (url.empty()) return fail("the discovery document names no jwks_uri");
  const auto answer = judge_.send({url});
  if (!answer)
    return fail(explain_failure(answer.error(), url, "jwks_uri", settings_.ca_file, judge_).text);
  if (answer->status != 200) {
    return fail(with_words("it answered with status " + std::to_string(answer->status), *answer));
  }
  auto keys = auth::jose::JwkSet::parse(answer->body);
  if (!keys) return fail(to_string(keys.error()));
  if (keys->size() == 0) return fail("it holds no key: ZITADEL makes one with the first JWT");
  findings_.good("key set", std::to_string(keys->size()) + (keys->size() == 1 ? " key" : " keys") +
                                " at " + url);
  for (const std::string& left_out : keys->left_out()) findings_.note("key set", left_out);
  instance_.keys = *std::move(keys);
}

}  // namespace

Instance check_instance(const Settings& settings, fcgi::Judge& judge, Findings& findings) {
  return Chain(settings, judge, findings).run();
}

// Like the program: what was signed before may be refused where it was used before.
auth::Result<HttpResponse> introspect(const std::string& endpoint, fcgi::Judge& judge,
                                      auth::SecretView token) {
  const auto ask = [&](bool after_refusal) -> auth::Result<HttpResponse> {
    auth::HttpRequest request{endpoint};
    std::string form;
    form.reserve(token.size() * 3 + kFormOverhead);  // no copy is left behind by growing
    auth::append_form_field(form, "token", token.reveal());
    auto applied = judge.authentication().apply(form, request, after_refusal);
    request.form = auth::Secret::take(form);
    if (!applied) return std::move(applied).error();
    return judge.send(std::move(request));
  };
  auto answer = ask(false);
  const bool is_refused = answer && (answer->status == 400 || answer->status == 401);
  return is_refused && judge.authentication().can_renew() ? ask(true) : std::move(answer);
}

}  // namespace cli
