// SPDX-License-Identifier: Apache-2.0
// Input: a URL. libcurl, which calls it, must read it as we do.
#include "auth/zitadel/url.h"

#include <arpa/inet.h>
#include <curl/curl.h>

#include <algorithm>
#include <memory>
#include <string>

#include "tests/fuzz/fuzz.h"

namespace {

class CurlUrl {
 public:
  explicit CurlUrl(const std::string& text)
      : url_(curl_url(), &curl_url_cleanup),
        taken_(url_ && curl_url_set(url_.get(), CURLUPART_URL, text.c_str(), 0) == CURLUE_OK) {}

  [[nodiscard]] bool taken() const { return taken_; }
  // Empty where there is none.
  [[nodiscard]] std::string part(CURLUPart part) const {
    char* text = nullptr;
    if (curl_url_get(url_.get(), part, &text, 0) != CURLUE_OK) return {};
    std::string copy(text);
    curl_free(text);
    return copy;
  }

 private:
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> url_;
  bool taken_;
};

// One spelling for each host: in lower case, an IPv6 address as its bytes.
std::string one_spelling(std::string host) {
  if (host.starts_with('[')) host = host.substr(1, host.size() - 2);
  std::string address(sizeof(in6_addr), '\0');
  if (inet_pton(AF_INET6, host.c_str(), address.data()) == 1) return address;
  std::transform(host.begin(), host.end(), host.begin(),
                 [](unsigned char byte) { return static_cast<char>(std::tolower(byte)); });
  return host;
}

}  // namespace

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string text(fuzz::text_of(data, size));
  const auto checked = auth::check_url(text, true);
  fuzz::require(checked || !checked.error().sentence.empty());
  const std::optional<auth::Url> url = auth::parse_url(text);
  if (!url) return 0;
  const CurlUrl curl(text);
  fuzz::require(curl.taken());
  fuzz::require(curl.part(CURLUPART_SCHEME) == (url->https ? "https" : "http"));
  fuzz::require(one_spelling(curl.part(CURLUPART_HOST)) == one_spelling(url->host));
  for (const CURLUPart part :
       {CURLUPART_USER, CURLUPART_PASSWORD, CURLUPART_QUERY, CURLUPART_FRAGMENT}) {
    fuzz::require(curl.part(part).empty());
  }
  return 0;
}
