// SPDX-License-Identifier: Apache-2.0
// Exchanges with a real ZITADEL, as tests/testdata/zitadel/README.md describes them.
#pragma once

#include <initializer_list>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/json.h"
#include "auth/base/result.h"
#include "auth/token/claims.h"
#include "auth/zitadel/http_client.h"

namespace support {

struct Recorded {
  std::string name{};                // "introspection/basic"
  std::string path{};                // that was asked; empty where the file is a token alone
  auth::Json document;               // all of the file
  auth::HttpResponse response{};     // with the server's clock
  std::optional<auth::Json> body{};  // of the response, where it is JSON

  // A member of the request's form; empty where there is none.
  [[nodiscard]] std::string sent(std::string_view field) const;
};

constexpr const char* kRecordedIssuer = "http://localhost:18080";

// The two API applications of the instance.
struct RecordedApi {
  std::string client_id;
  std::string project_id;
};
inline const RecordedApi kFirstApi{"401504949306985510", "401504948921044006"};
inline const RecordedApi kSecondApi{"401506971397721126", "401506971330546726"};

// All of them, by name. Throws std::runtime_error if a file is not as described, or a folder empty.
[[nodiscard]] const std::vector<Recorded>& recorded();
// Those that asked for one of the paths.
[[nodiscard]] std::vector<Recorded> recorded_at(std::initializer_list<std::string_view> paths);
[[nodiscard]] const Recorded& recorded(std::string_view name);

// What a verdict comes to: the names of the roles, or how many they are; or the reason.
[[nodiscard]] std::string verdict_of(const auth::Result<auth::Claims>& judged);

// Fails where a file has another verdict than was expected, or either of the two lists has a file
// that the other lacks. Both are by name.
void assert_verdicts(const std::map<std::string, std::string>& expected,
                     const std::map<std::string, std::string>& found);

}  // namespace support
