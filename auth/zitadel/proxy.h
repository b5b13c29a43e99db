// SPDX-License-Identifier: Apache-2.0
// The proxy that the environment names. libcurl finds it by itself; these functions check it, and
// keep its password out of the log.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace auth {

struct Proxy {
  std::string_view variable{};  // of the environment
  std::string_view value{};     // may hold a password
};

// Returns the proxy for https URLs, as libcurl chooses it, whether or not no_proxy names
// exceptions; nullopt if there is none. The views are of the environment.
[[nodiscard]] std::optional<Proxy> https_proxy();

// Whether it is [SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/], which every program reads alike.
[[nodiscard]] bool is_sound_proxy(std::string_view value);

// Returns libcurl's message about a failure, for the log. libcurl puts the whole value, or what it
// takes for a host, into some messages. A message is left out if it repeats a user name or
// password, or if the value is malformed: nobody knows then which part of it is secret.
[[nodiscard]] std::string without_credentials(std::string words, const Proxy& proxy);

}  // namespace auth
