// SPDX-License-Identifier: Apache-2.0
// CurlFacts: what libcurl tells of an exchange that has ended.
#pragma once

#include <cstddef>
#include <optional>
#include <string>

#include "auth/base/clock.h"
#include "auth/base/result.h"
#include "auth/zitadel/curl_library.h"
#include "auth/zitadel/freshness.h"
#include "auth/zitadel/http_client.h"

namespace auth {

// What a failure is, by whether the head of the answer had ended. REQUIRES: not CURLE_OK.
[[nodiscard]] Reason reason_of(CURLcode code, bool answer_begun);

// A view: library and handle must outlive it.
class CurlFacts {
 public:
  CurlFacts(const CurlLibrary& curl, CURL* handle) : curl_(curl), handle_(handle) {}

  // Puts what the head says into the response. Returns false if libcurl does not tell the status.
  [[nodiscard]] bool read_head(HttpResponse& response) const;
  // Whether it went over HTTP/2.
  [[nodiscard]] bool was_http2() const;
  // Whether anything of an answer has come.
  [[nodiscard]] bool has_begun() const { return has_passed(CURLINFO_STARTTRANSFER_TIME_T); }
  // What helps where a certificate was refused, "; is this machine's clock right?"; may be empty.
  [[nodiscard]] const char* certificate_advice() const;
  // Where the time went, for the operator. head_begun: whether a line of an answer had come.
  [[nodiscard]] std::string stage(bool head_begun) const;

 private:
  [[nodiscard]] const char* header(const char* name, std::size_t index = 0) const;
  [[nodiscard]] Freshness freshness() const;
  [[nodiscard]] std::optional<WallTime> date() const;
  [[nodiscard]] bool has_passed(CURLINFO stage) const;

  const CurlLibrary& curl_;
  CURL* const handle_;
};

}  // namespace auth
