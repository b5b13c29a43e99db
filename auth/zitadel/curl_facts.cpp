// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/curl_facts.h"

#include <openssl/x509_vfy.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <ctime>

namespace auth {

Reason reason_of(CURLcode code, bool answer_begun) {
  switch (code) {
    case CURLE_OPERATION_TIMEDOUT:
      return answer_begun ? Reason::kAnswerStalled : Reason::kTimedOut;
    case CURLE_PARTIAL_FILE:
    case CURLE_RECV_ERROR:
    case CURLE_HTTP2:
    case CURLE_HTTP2_STREAM:
      return answer_begun ? Reason::kAnswerTruncated : Reason::kConnectionLost;
    case CURLE_GOT_NOTHING:
    case CURLE_SEND_ERROR:
      return Reason::kConnectionLost;
    case CURLE_SSL_CONNECT_ERROR:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CIPHER:
    case CURLE_SSL_ISSUER_ERROR:
    case CURLE_SSL_INVALIDCERTSTATUS:
      return Reason::kTlsFailed;
    case CURLE_WEIRD_SERVER_REPLY:
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_BAD_CONTENT_ENCODING:
      return Reason::kMalformedAnswer;
    case CURLE_OUT_OF_MEMORY:
    case CURLE_FAILED_INIT:
    case CURLE_URL_MALFORMAT:
      return Reason::kInternal;
    default:  // some ninety codes, all of which mean that there was no connection
      return Reason::kUnreachable;
  }
}

bool CurlFacts::read_head(HttpResponse& response) const {
  long status = 0;
  curl_off_t retry_after = 0;
  if (curl_.easy_getinfo(handle_, CURLINFO_RESPONSE_CODE, &status) != CURLE_OK ||
      curl_.easy_getinfo(handle_, CURLINFO_RETRY_AFTER, &retry_after) != CURLE_OK) {
    return false;
  }
  response.status = static_cast<int>(status);
  if (retry_after > 0) {
    response.retry_after =
        std::min(kMaxRetryAfter, std::chrono::seconds(static_cast<std::int64_t>(retry_after)));
  }
  if (const char* const challenge = header("WWW-Authenticate")) response.challenge = challenge;
  response.freshness = freshness();
  response.date = date();
  if (response.date) *response.date += response.freshness.age;
  return true;
}

bool CurlFacts::was_http2() const {
  long version = 0;
  return curl_.easy_getinfo(handle_, CURLINFO_HTTP_VERSION, &version) == CURLE_OK &&
         version == CURL_HTTP_VERSION_2_0;
}

const char* CurlFacts::header(const char* name, std::size_t index) const {
  curl_header* found = nullptr;
  return curl_.easy_header(handle_, name, index, CURLH_HEADER, -1, &found) == CURLHE_OK
             ? found->value
             : nullptr;
}

std::optional<WallTime> CurlFacts::date() const {
  const char* const value = header("Date");
  const std::time_t seconds = value != nullptr ? curl_.getdate(value, nullptr) : -1;
  if (seconds < 0) return std::nullopt;
  return WallTime{std::chrono::seconds(seconds)};
}

Freshness CurlFacts::freshness() const {
  Freshness freshness;
  if (const char* const age = header("Age")) freshness.age = read_age(age);
  for (std::size_t i = 0; !freshness.max_age; ++i) {
    const char* const value = header("Cache-Control", i);
    if (value == nullptr) break;
    freshness.max_age = read_max_age(value);
  }
  return freshness;
}

const char* CurlFacts::certificate_advice() const {
  long verified = X509_V_OK;
  if (curl_.easy_getinfo(handle_, CURLINFO_SSL_VERIFYRESULT, &verified) != CURLE_OK) return "";
  switch (verified) {
    case X509_V_ERR_CERT_NOT_YET_VALID:
    case X509_V_ERR_CERT_HAS_EXPIRED:
      return "; is this machine's clock right?";
    case X509_V_ERR_DEPTH_ZERO_SELF_SIGNED_CERT:
    case X509_V_ERR_SELF_SIGNED_CERT_IN_CHAIN:
    case X509_V_ERR_UNABLE_TO_GET_ISSUER_CERT_LOCALLY:
    case X509_V_ERR_UNABLE_TO_VERIFY_LEAF_SIGNATURE:
      return "; a certificate authority that this machine does not know has to be named: "
             "ZITADEL_CA_FILE, --ca-file";
    default:
      return "";
  }
}

bool CurlFacts::has_passed(CURLINFO stage) const {
  curl_off_t microseconds = 0;
  return curl_.easy_getinfo(handle_, stage, &microseconds) == CURLE_OK && microseconds > 0;
}

std::string CurlFacts::stage(bool head_begun) const {
  if (head_begun) return "an answer began and stopped in its head";
  if (has_passed(CURLINFO_PRETRANSFER_TIME_T)) return "the question was sent, no answer came";
  // CURLINFO_CONNECT_TIME_T stays zero until TLS is set up too.
  long port = 0;
  if (curl_.easy_getinfo(handle_, CURLINFO_LOCAL_PORT, &port) == CURLE_OK && port > 0) {
    return "connected, but TLS was not set up";
  }
  if (has_passed(CURLINFO_NAMELOOKUP_TIME_T)) return "while connecting";
  return "while waiting for a connection or looking up the name";
}

}  // namespace auth
