// SPDX-License-Identifier: Apache-2.0
// Sources of settings: the environment, then the .env file. This part looks at names, not at the
// meaning of values.
//
// The .env file is the first of these:
//   1. the one that ZITADEL_ENV_FILE names in the environment
//   2. the one that ZITADEL_ENV_FILE names in the file beside the program that has the program's
//      name with the ending ".env": for programs whose environment nobody can set, on shared
//      hosting
//   3. ".env" in the working directory, where there is one
//
// A relative path in it begins in its folder. Where systemd hands the file over as a credential
// (CREDENTIALS_DIRECTORY), it begins in the working directory.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "auth/base/result.h"
#include "auth/base/secret.h"

namespace auth {

// "NAME=value" strings, which must live as long as this.
using Environment = std::vector<std::string_view>;

struct SettingName {
  std::string_view name;
  bool secret = false;  // its value is not shown, and the file it stands in must be private
};

// A setting that has a value. The value may be a secret, or contain one by mistake.
struct FoundSetting {
  Secret value;        // not empty
  std::string origin;  // kEnvironment, ".env, line 3" or ".env, line 3, of [a.example]"
  std::string folder;  // where a relative path begins: empty, or ends with '/'
};

constexpr std::string_view kEnvironment = "environment";  // an origin

using FoundSettings = std::map<std::string, FoundSetting, std::less<>>;  // known names only
// Names that other programs may have as well and that sound like a setting's: setting → "DOMAIN
// (.env, line 1)".
using AlikeNames = std::map<std::string, std::string, std::less<>>;

// What stands behind a heading of the .env file.
struct SettingSection {
  std::string heading;
  std::string origin;  // ".env, line 3"
  FoundSettings found{};
  std::vector<std::string> emptied{};  // names that stand there without a value
  AlikeNames alike{};
};

// Each line names the setting, what was found, what to write instead. Never holds a secret's value.
struct SettingSources {
  FoundSettings found;                   // of the environment, or before the first heading
  std::vector<SettingSection> sections;  // in their order
  Mistakes mistakes;  // of the .env file: not readable, malformed, repeated or misspelt names, …
  AlikeNames alike;
  std::vector<std::string> files;   // which were read, or should have been: their paths
  std::vector<std::string> unread;  // names in lines that could not be read
  bool is_incomplete = false;       // what is not found may stand in a file that could not be read
  Mistakes warnings;  // of the environment, which other programs share: names that may be misspelt
};

// program: the path of the running program; empty: there is no file beside it.
[[nodiscard]] SettingSources collect_settings(const Environment& environment,
                                              std::string_view program,
                                              std::span<const SettingName> known);

// For a sentence about a setting: "ZITADEL_DOMAIN (.env, line 3)". REQUIRES: it is found.
[[nodiscard]] std::string with_origin(const SettingSources& sources, std::string_view name);

// Whether quotes are part of the value: docker --env-file does not take them away.
[[nodiscard]] bool is_in_quotes(std::string_view value) noexcept;
constexpr std::string_view kInQuotes =
    "is in quotes, as docker --env-file leaves them: write it without";

// Text from outside for a line to the operator: without control characters, cut where it is long.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace auth
