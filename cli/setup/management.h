// SPDX-License-Identifier: Apache-2.0
// ZITADEL's management API, version 1: JSON over HTTP, asked in the name of an administrator.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "auth/base/json.h"
#include "auth/base/result.h"
#include "auth/base/secret.h"
#include "auth/zitadel/http_client.h"

namespace cli {

// An error that ZITADEL answered, or that no answer came. Decide by status, code and id: the words
// are text for people, partly translated.
struct ApiError {
  int status = 0;         // 0: no answer came
  std::int64_t code = 0;  // gRPC's
  std::string id{};       // of details: "AUTH-5mWD2"
  std::string words{};    // a sentence for the operator, without any secret

  [[nodiscard]] bool exists_already() const noexcept { return status == 409; }
  // Whether nothing was done. After 408 and 499, which say that somebody stopped waiting, that is
  // not known.
  [[nodiscard]] bool is_refusal() const noexcept {
    return status >= 400 && status < 500 && status != 408 && status != 499 && !exists_already();
  }
  [[nodiscard]] bool is_missing() const noexcept { return status == 404 && id != "AUTHZ-cdgFk"; }
};

template <typename T>
using ApiResult = auth::Result<T, ApiError>;

// Whether the text may be written into a path unchanged. The ids that ZITADEL makes are numbers.
[[nodiscard]] bool is_id(std::string_view text) noexcept;

// One thread at a time. Each call waits for its answer, within the time limits of the HTTP client.
// If ZITADEL limits calls (429), the call is repeated up to kMostRetries times.
class Management {
 public:
  static constexpr int kMostRetries = 3;

  // url: the instance's. organisation: the id of another organisation than the administrator's own,
  // or empty. The HTTP client must outlive it.
  Management(std::string url, const auth::Secret& token, std::string organisation,
             auth::HttpClient& http);

  // path: "/management/v1/…". body: JSON.
  [[nodiscard]] ApiResult<auth::Json> get(const std::string& path);
  [[nodiscard]] ApiResult<auth::Json> post(const std::string& path, std::string_view body);
  [[nodiscard]] ApiResult<auth::Json> put(const std::string& path, std::string_view body);
  [[nodiscard]] ApiResult<auth::Json> remove(const std::string& path);

  // Returns all that a search finds, whatever the size of ZITADEL's pages. queries: a JSON array,
  // or empty.
  [[nodiscard]] ApiResult<std::vector<auth::Json>> search(const std::string& path,
                                                          std::string_view queries = "");

  [[nodiscard]] const std::string& organisation() const noexcept { return organisation_; }

 private:
  [[nodiscard]] ApiResult<auth::Json> call(const char* method, const std::string& path,
                                           std::string_view body);
  [[nodiscard]] auth::HttpRequest request(const char* method, const std::string& path,
                                          std::string_view body) const;

  const std::string url_;
  const auth::Secret authorization_;
  const std::string organisation_;
  auth::HttpClient& http_;
};

// How long a new thing may be missing from a search. The search is repeated until then.
constexpr std::chrono::milliseconds kPatience{3000};
constexpr std::chrono::milliseconds kFirstPause{50};
constexpr std::chrono::milliseconds kLongestPause{400};

// Calls find until it returns an error or a thing that exists, or until kPatience is over. find:
// returns a Result of an optional or of a bool.
template <typename Find>
[[nodiscard]] auto patiently(Find find) -> decltype(find()) {
  const auto end = std::chrono::steady_clock::now() + kPatience;
  for (auto pause = kFirstPause;; pause = std::min(pause * 2, kLongestPause)) {
    auto found = find();
    if (!found || *found || std::chrono::steady_clock::now() + pause > end) return found;
    std::this_thread::sleep_for(pause);
  }
}

}  // namespace cli
