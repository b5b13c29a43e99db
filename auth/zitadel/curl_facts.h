// SPDX-License-Identifier: Apache-2.0
// CurlFacts: reads what libcurl knows about an exchange that has ended.
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

// Returns the reason of a failure. answer_begun: the head of the answer had ended.
// REQUIRES: not CURLE_OK.
[[nodiscard]] Reason reason_of(CURLcode code, bool answer_begun);

// A view: library and handle must outlive it.
class CurlFacts {
 public:
  CurlFacts(const CurlLibrary& curl, CURL* handle) : curl_(curl), handle_(handle) {}

  // Copies the data of the head into the response. Returns false if libcurl reports no status.
  [[nodiscard]] bool read_head(HttpResponse& response) const;
  // Whether the exchange went over HTTP/2.
  [[nodiscard]] bool was_http2() const;
  // Whether any part of an answer has arrived.
  [[nodiscard]] bool has_begun() const { return has_passed(CURLINFO_STARTTRANSFER_TIME_T); }
  // Returns advice if a certificate was refused, "; is this machine's clock right?"; may be empty.
  [[nodiscard]] const char* certificate_advice() const;
  // Returns the stage at which the time ran out, for the operator. head_begun: a line of an answer
  // had arrived.
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
