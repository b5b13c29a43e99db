// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/demo.h"

#include <cstddef>
#include <optional>
#include <utility>

#include "auth/base/json.h"
#include "auth/base/private_file.h"
#include "auth/zitadel/url.h"

namespace cli {
namespace {

constexpr std::size_t kMaxBytes = 64 << 10;

}  // namespace

auth::Result<DemoIssuer, auth::Mistake> read_demo_issuer(const std::string& folder,
                                                         bool of_instance) {
  const std::string path = folder + "/ready.json";
  const auto mistake = [&](const std::string& what) { return auth::Mistake{path + ' ' + what}; };
  const auto file = auth::read_private_file(path, kMaxBytes);
  if (!file) {
    return mistake(file.error().sentence +
                   ": --demo takes the folder in which the tests' issuer runs "
                   "(node tests/issuer/main.mjs --data DIR)");
  }
  const std::optional<auth::Json> ready = auth::Json::parse(file->text.reveal());
  const std::optional<auth::Json> files = ready ? ready->member("files") : std::nullopt;
  DemoIssuer issuer{
      ready ? ready->text_of("issuer").value_or("") : "",
      files ? files->text_of(of_instance ? "iam-owner-token" : "admin-token").value_or("") : ""};
  if (issuer.token_file.empty()) return mistake("is not what the tests' issuer writes");
  // The issuer is on this machine: http:// is allowed for loopback addresses only.
  if (const auto checked = auth::check_issuer_url(issuer.domain, false); !checked) {
    return mistake("names an issuer that " + checked.error().sentence);
  }
  return issuer;
}

}  // namespace cli
