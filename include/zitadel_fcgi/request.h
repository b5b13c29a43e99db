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

/// Maximum size of a body that the server keeps for an endpoint, in bytes: 64 KiB.
inline constexpr std::size_t kMaxBody = 64 << 10;

/// Maximum length of a request's name, in bytes. A longer name is not used.
inline constexpr std::size_t kMaxRequestId = 128;

/// A view of the request's variables and body, which must outlive it. Nothing changes after
/// construction but the body, which the server sets before anybody asks for it; so any thread may
/// read it. Owns no memory.
class Request {
 public:
  /// variables: "NAME=value" strings, ended by a null pointer; strings without '=' are ignored.
  /// body: nullopt if it is longer than the server keeps (kMaxBody), or has not arrived yet.
  explicit Request(const char* const* variables, std::optional<std::string_view> body = "");

  /// The method as the client sent it: "GET".
  [[nodiscard]] std::string_view method() const noexcept { return method_; }
  /// The path below the mount point, decoded by the web server; may be empty.
  [[nodiscard]] std::string_view path_info() const noexcept { return path_info_; }
  /// Values of the Authorization headers, at most the first two: more than one is refused anyway.
  /// They come from HTTP_AUTHORIZATION or, if that is missing or empty, from
  /// REDIRECT_HTTP_AUTHORIZATION (what Apache leaves of a variable after an internal redirect).
  /// Views live as long as this Request.
  [[nodiscard]] std::span<const std::string_view> authorization() const noexcept {
    return {authorization_.data(), authorization_count_};
  }
  /// The name of this request in the log, in the answer (X-Request-Id) and in the protected
  /// program: the one that the web server or a proxy gave it, otherwise a random name. Printable
  /// ASCII without blanks, at most kMaxRequestId bytes. Lives as long as this Request.
  [[nodiscard]] std::string_view request_id() const noexcept {
    return given_id_.empty() ? std::string_view(own_id_.data(), own_id_.size()) : given_id_;
  }
  /// Returns the value of a variable: the first one if several have that name, empty if there is
  /// none.
  [[nodiscard]] std::string_view variable(std::string_view name) const noexcept;
  /// Returns the values of all variables with that name, in their order.
  [[nodiscard]] std::vector<std::string_view> variables(std::string_view name) const;
  /// Calls visit(name, value) for each variable whose name begins with the prefix, also if several
  /// have the same name: a client can send "X-A" beside "X_A".
  template <typename Visit>
  void for_each(std::string_view prefix, Visit visit) const {
    for (const char* const* each = variables_; *each != nullptr; ++each) {
      if (!begins(*each, prefix)) continue;
      const std::string_view variable(*each);
      const std::size_t equals = variable.find('=');
      if (equals != variable.npos) visit(variable.substr(0, equals), variable.substr(equals + 1));
    }
  }
  /// The bytes of the body, whatever Content-Type says; nullopt if it is longer than kMaxBody: then
  /// answer 413.
  [[nodiscard]] std::optional<std::string_view> body() const noexcept { return body_; }
  /// Sets the body. For the server.
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
  std::string_view given_id_{};  ///< empty: own_id_ is used
  std::array<char, 32> own_id_{};
};

}  // namespace zitadel_fcgi

#endif
