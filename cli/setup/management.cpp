// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/management.h"

#include <algorithm>
#include <charconv>
#include <optional>
#include <thread>
#include <utility>

#include "auth/base/text.h"
#include "auth/zitadel/discovery.h"
#include "cli/common/ask.h"

namespace cli {
namespace {

using std::chrono::seconds;

constexpr std::size_t kPage = 100;
constexpr std::size_t kMostFound = 10'000;
constexpr std::size_t kMaxIdBytes = 200;
constexpr seconds kRetryAfter{1};  // if ZITADEL does not say when
constexpr seconds kMaxRetryAfter{10};

ApiError error_of(const auth::HttpResponse& answer, const std::string& path) {
  ApiError error{.status = answer.status,
                 .words = auth::answer_in_words(answer, path.substr(0, path.find('?')))};
  if (answer.status >= 300 && answer.status < 400) {
    error.words += ": it leads elsewhere, and that is never followed; is --domain right?";
  }
  const std::optional<auth::Json> body = auth::Json::parse(answer.body);
  if (!body) return error;
  error.code = body->integer_of("code").value_or(0);
  const std::optional<auth::Json> details = body->member("details");
  if (!details) return error;
  details->for_each_element([&](const auth::Json& detail) {
    if (error.id.empty()) error.id = detail.text_of("id").value_or("");
  });
  return error;
}

auth::Secret bearer(const auth::Secret& token) {
  constexpr std::string_view kScheme = "Bearer ";
  std::string value;
  value.reserve(kScheme.size() + token.size());  // no copy is left behind
  value.append(kScheme).append(token.reveal());
  return auth::Secret::take(value);
}

std::string page_of(std::size_t offset) {
  return R"("query":{"offset":")" + std::to_string(offset) + R"(","limit":)" +
         std::to_string(kPage) + R"(,"asc":true})";
}

// Adds what a search has found to the list; returns the total number of results.
std::size_t take_found(const auth::Json& answer, std::vector<auth::Json>& found) {
  if (const auto result = answer.member("result")) {
    result->for_each_element([&](const auth::Json& each) { found.push_back(each); });
  }
  // 64-bit numbers come as text, and are missing if they are 0.
  const auto details = answer.member("details");
  const std::string total = details ? details->text_of("totalResult").value_or("") : "";
  std::size_t count = 0;
  std::from_chars(total.data(), total.data() + total.size(), count);
  return count;
}

}  // namespace

bool is_id(std::string_view text) noexcept {
  return !text.empty() && text.size() <= kMaxIdBytes &&
         std::all_of(text.begin(), text.end(), [](char byte) {
           return auth::is_letter_or_digit(byte) || byte == '-' || byte == '_';
         });
}

Management::Management(std::string url, const auth::Secret& token, std::string organisation,
                       auth::HttpClient& http)
    : url_(std::move(url)),
      authorization_(bearer(token)),
      organisation_(std::move(organisation)),
      http_(http) {}

ApiResult<auth::Json> Management::get(const std::string& path) { return call("GET", path, ""); }
ApiResult<auth::Json> Management::post(const std::string& path, std::string_view body) {
  return call("POST", path, body);
}
ApiResult<auth::Json> Management::put(const std::string& path, std::string_view body) {
  return call("PUT", path, body);
}
ApiResult<auth::Json> Management::remove(const std::string& path) {
  return call("DELETE", path, "");
}

auth::HttpRequest Management::request(const char* method, const std::string& path,
                                      std::string_view body) const {
  auth::HttpRequest request{url_ + path, auth::Secret(body), authorization_.copy(), method};
  if (!body.empty()) request.headers.emplace_back("Content-Type: application/json");
  if (!organisation_.empty()) request.headers.push_back("x-zitadel-orgid: " + organisation_);
  return request;
}

ApiResult<auth::Json> Management::call(const char* method, const std::string& path,
                                       std::string_view body) {
  for (int retries = 0;; ++retries) {
    auth::Result<auth::HttpResponse> answer = ask(http_, request(method, path, body));
    if (!answer) return ApiError{.words = to_string(answer.error())};
    if (answer->status == 429 && retries < kMostRetries) {
      std::this_thread::sleep_for(
          std::min(answer->retry_after.value_or(kRetryAfter), kMaxRetryAfter));
      continue;
    }
    if (answer->status != 200) return error_of(*answer, path);
    // The answer may hold a key.
    const auth::Secret text = auth::Secret::take(answer->body);
    std::optional<auth::Json> document = auth::Json::parse_secret(text);
    if (document && document->is_object()) return *std::move(document);
    return ApiError{.status = answer->status,
                    .words = path +
                             " answered with what is no JSON object: does something else than "
                             "ZITADEL, a proxy or a log-in page, answer there?"};
  }
}

ApiResult<std::vector<auth::Json>> Management::search(const std::string& path,
                                                      std::string_view queries) {
  const std::string list = queries.empty() ? "" : "\"queries\":" + std::string(queries);
  std::vector<auth::Json> all;
  ApiResult<auth::Json> answer = post(path, '{' + list + '}');
  if (!answer) return std::move(answer).error();
  std::size_t total = take_found(*answer, all);
  if (all.size() >= total) return all;
  // More than one page: start again, with an explicit order.
  all.clear();
  for (std::size_t before = 1; all.size() < std::min(total, kMostFound) && before != all.size();) {
    before = all.size();
    answer = post(path, '{' + page_of(before) + (list.empty() ? "" : ",") + list + '}');
    if (!answer) return std::move(answer).error();
    total = take_found(*answer, all);
  }
  return all;
}

}  // namespace cli
