// SPDX-License-Identifier: Apache-2.0
// The proxy that the environment names. libcurl finds it by itself; here is what has to be known of
// it besides.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace auth {

struct Proxy {
  std::string_view variable{};  // of the environment
  std::string_view value{};     // may hold a password
};

// The one for https URLs, as libcurl chooses it, whether or not no_proxy names exceptions. The
// views are of the environment.
[[nodiscard]] std::optional<Proxy> https_proxy();

// Whether it is [SCHEME://][USER[:PASSWORD]@]HOST[:PORT][/], which all read in one way.
[[nodiscard]] bool is_sound_proxy(std::string_view value);

// libcurl's words about what failed, for the log: it puts the whole value, or what it takes for a
// host, into some of them. They are left out where they repeat a user name or password, or where
// the value is malformed and nobody can tell what in it is secret.
[[nodiscard]] std::string without_credentials(std::string words, const Proxy& proxy);

}  // namespace auth
