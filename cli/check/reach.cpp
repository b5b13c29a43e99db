// SPDX-License-Identifier: Apache-2.0
#include "cli/check/reach.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <sys/socket.h>

#include <array>
#include <memory>
#include <string_view>
#include <utility>

#include "auth/zitadel/proxy.h"
#include "auth/zitadel/url.h"
#include "cli/check/failure.h"

namespace cli {
namespace {

using auth::HttpResponse;

// Holds the data of one run.
class Reach {
 public:
  Reach(const auth::Settings& settings, fcgi::Judge& judge, Findings& findings)
      : settings_(settings), judge_(judge), findings_(findings) {}

  Reached run() && {
    if (!name_resolves()) return std::move(reached_);
    const auto answer = ask_discovery();
    if (!answer) return std::move(reached_);
    compare_clock(*answer);
    reached_.document = read_discovery(*answer);
    return std::move(reached_);
  }

 private:
  bool name_resolves();
  std::optional<HttpResponse> ask_discovery();
  void compare_clock(const HttpResponse& answer);
  std::optional<auth::DiscoveryDocument> read_discovery(const HttpResponse& answer);
  bool compare_issuer(const std::string& issuer);

  const auth::Settings& settings_;
  fcgi::Judge& judge_;
  Findings& findings_;
  Reached reached_{};
};

std::string address_of(const addrinfo& found) {
  std::array<char, NI_MAXHOST> text{};
  const int failed = ::getnameinfo(found.ai_addr, found.ai_addrlen, text.data(), text.size(),
                                   nullptr, 0, NI_NUMERICHOST);
  return failed == 0 ? text.data() : "?";
}

bool Reach::name_resolves() {
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

std::optional<HttpResponse> Reach::ask_discovery() {
  const std::string url = settings_.domain + std::string(auth::kDiscoveryPath);
  auto answer = judge_.send({url});
  const bool is_https = settings_.domain.starts_with("https:");
  // A TLS server answers plain HTTP with status 400.
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

void Reach::compare_clock(const HttpResponse& answer) {
  const auth::WallTime now = judge_.clock().wall();
  reached_.clock_error = auth::clock_error(answer, now, auth::kDateTolerance);
  if (!answer.date) return findings_.note("clock", "ZITADEL tells no time to compare with");
  if (reached_.clock_error.empty())
    return findings_.good("clock", "agrees with ZITADEL's to the second");
  const std::string text =
      "this machine's clock is " + reached_.clock_error + ": set it right (NTP)";
  const bool harms = std::chrono::abs(now - *answer.date) > auth::kClockSkew;
  harms ? findings_.bad(Trouble::kRefused, "clock", text) : findings_.note("clock", text);
}

std::optional<auth::DiscoveryDocument> Reach::read_discovery(const HttpResponse& answer) {
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
  bool names_issuer = false;
  const auto check = [&](const std::string& issuer) -> auth::Result<void> {
    names_issuer = true;
    if (compare_issuer(issuer)) return {};
    return auth::Error{auth::Reason::kIssuerMismatch};
  };
  auto document = auth::read_discovery(answer.body, check, settings_.allow_http);
  if (document) return *std::move(document);
  if (!names_issuer) {
    return bad(
        "what answers at ZITADEL_DOMAIN is no ZITADEL: its discovery document names no "
        "issuer. Write the instance's own URL");
  }
  if (document.error().reason == auth::Reason::kIssuerMismatch) return std::nullopt;
  return bad(to_string(document.error()));
}

// Returns in words which part differs.
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

bool Reach::compare_issuer(const std::string& issuer) {
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

}  // namespace

Reached reach_instance(const auth::Settings& settings, fcgi::Judge& judge, Findings& findings) {
  return Reach(settings, judge, findings).run();
}

}  // namespace cli
