// SPDX-License-Identifier: Apache-2.0
/// @file
/// Request: one FastCGI or CGI request (RFC 3875), as types.
#ifndef ZITADEL_FCGI_REQUEST_H
#define ZITADEL_FCGI_REQUEST_H

#include <array>
#include <cstddef>
#include <initializer_list>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace zitadel_fcgi {

/// Bytes of a body that the server keeps for an endpoint: 64 KiB.
inline constexpr std::size_t kMaxBody = 64 << 10;

/// Bytes of a request's name; a longer one that is sent is not taken.
inline constexpr std::size_t kMaxRequestId = 128;

/// A view of the request's variables and body, which must outlive it. Nothing changes after
/// construction but the body, which the server sets before anybody asks for it; so any thread may
/// read it. Owns no memory.
class Request {
 public:
  /// variables: "NAME=value" strings, ended by a null pointer; strings without '=' are passed over.
  /// Body: nullopt where it is longer than the server keeps (kMaxBody), or has not come yet.
  explicit Request(const char* const* variables, std::optional<std::string_view> body = "");

  /// As the client sent it: "GET".
  [[nodiscard]] std::string_view method() const noexcept { return method_; }
  /// The path below the mount point, decoded by the web server; may be empty.
  [[nodiscard]] std::string_view path_info() const noexcept { return path_info_; }
  /// Values of the Authorization headers, at most the first two: more than one is refused anyway.
  /// HTTP_AUTHORIZATION, or, where that is missing or empty, REDIRECT_HTTP_AUTHORIZATION (what
  /// Apache leaves of a variable after an internal redirect). Views live as long as this Request.
  [[nodiscard]] std::span<const std::string_view> authorization() const noexcept {
    return {authorization_.data(), authorization_count_};
  }
  /// What this request is called in the log, in the answer (X-Request-Id) and where it goes on:
  /// what the web server or a proxy calls it, or else a random name. Printable ASCII without
  /// blanks, at most kMaxRequestId bytes. Lives as long as this Request.
  [[nodiscard]] std::string_view request_id() const noexcept {
    return given_id_.empty() ? std::string_view(own_id_.data(), own_id_.size()) : given_id_;
  }
  /// Any variable; the first of several with one name, empty where there is none.
  [[nodiscard]] std::string_view variable(std::string_view name) const noexcept;
  /// All of that name, in their order.
  [[nodiscard]] std::vector<std::string_view> variables(std::string_view name) const;
  /// Calls visit(name, value) for each variable whose name begins so, also for several with one
  /// name: a client can send "X-A" beside "X_A".
  template <typename Visit>
  void for_each(std::string_view prefix, Visit visit) const {
    for (const char* const* each = variables_; *each != nullptr; ++each) {
      if (!begins(*each, prefix)) continue;
      const std::string_view variable(*each);
      const std::size_t equals = variable.find('=');
      if (equals != variable.npos) visit(variable.substr(0, equals), variable.substr(equals + 1));
    }
  }
  /// nullopt: it is longer than kMaxBody, so answer 413. Bytes, whatever Content-Type says.
  [[nodiscard]] std::optional<std::string_view> body() const noexcept { return body_; }
  /// For the server.
  void set_body(std::optional<std::string_view> body) noexcept { body_ = body; }

 private:
  static bool begins(const char* variable, std::string_view prefix) noexcept {
    for (const char byte : prefix) {
      if (*variable++ != byte) return false;
    }
    return true;
  }
  void add_authorization(std::string_view value) noexcept;
  void look_for_authorization_of_redirect() noexcept;
  void name_it(std::initializer_list<const char*> names) noexcept;
  [[nodiscard]] bool is_sound_name(std::string_view name) const noexcept;

  const char* const* variables_;
  std::optional<std::string_view> body_;
  std::string_view method_{};
  std::string_view path_info_{};
  std::array<std::string_view, 2> authorization_{};
  std::size_t authorization_count_ = 0;
  std::string_view given_id_{};  ///< empty: its own counts
  std::array<char, 32> own_id_{};
};

}  // namespace zitadel_fcgi

#endif
