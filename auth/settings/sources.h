// SPDX-License-Identifier: Apache-2.0
// Sources of settings: the environment, then the .env file. This part checks names, not the
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
// Names that resemble a setting's, but may belong to other programs: setting → "DOMAIN (.env, line
// 1)".
using AlikeNames = std::map<std::string, std::string, std::less<>>;

// The settings below one heading of the .env file.
struct SettingSection {
  std::string heading;
  std::string origin;  // ".env, line 3"
  FoundSettings found{};
  std::vector<std::string> emptied{};  // names that it sets to an empty value
  AlikeNames alike{};
};

// The settings that were found. Each mistake and warning names the setting, what was found and what
// to write instead, and never contains a secret's value.
struct SettingSources {
  FoundSettings found;                   // of the environment, or before the first heading
  std::vector<SettingSection> sections;  // in their order
  Mistakes mistakes;  // of the .env file: not readable, malformed, repeated or misspelt names, …
  AlikeNames alike;
  std::vector<std::string> files;   // paths of those that were read, or should have been
  std::vector<std::string> unread;  // names in lines that could not be read
  bool is_incomplete = false;       // a missing setting may be in text that could not be read
  Mistakes warnings;  // of the environment, which other programs share: names that may be misspelt
};

// program: the path of the running program; empty: there is no file beside it.
[[nodiscard]] SettingSources collect_settings(const Environment& environment,
                                              std::string_view program,
                                              std::span<const SettingName> known);

// Begins a sentence about a setting: "ZITADEL_DOMAIN (.env, line 3)". REQUIRES: it is found.
[[nodiscard]] std::string with_origin(const SettingSources& sources, std::string_view name);

// Returns whether the value is in quotes: docker --env-file does not remove them.
[[nodiscard]] bool is_in_quotes(std::string_view value) noexcept;
constexpr std::string_view kInQuotes =
    "is in quotes, as docker --env-file leaves them: write it without";

// Returns text from outside for a line to the operator: without control characters, cut if long.
[[nodiscard]] std::string shown(std::string_view text);

}  // namespace auth
