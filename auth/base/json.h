// SPDX-License-Identifier: Apache-2.0
// Reading JSON (RFC 8259), strictly: one value and nothing behind it, valid UTF-8, no duplicate
// members, no U+0000 and no half of a surrogate pair in a string, bounded depth. The only room that
// includes json-c.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "auth/base/secret.h"

struct json_object;

namespace auth {

constexpr std::size_t kMaxJsonDepth = 32;

// A JSON value that shares ownership of its document. Immutable; one thread at a time.
class Json {
 public:
  // Returns nullopt if the text is not exactly one well-formed value.
  [[nodiscard]] static std::optional<Json> parse(std::string_view text);

  // The same for text that holds a key: its copies in the document are wiped with the last Json of
  // the document. Copies that the caller makes are not.
  [[nodiscard]] static std::optional<Json> parse_secret(SecretView text);

  [[nodiscard]] bool is_object() const noexcept;
  [[nodiscard]] bool is_array() const noexcept;

  // Returns a member of an object; nullopt if this is no object or has no such member. JSON null
  // counts as a member.
  [[nodiscard]] std::optional<Json> member(std::string_view name) const;

  // Returns the value; nullopt if it is of another type. A view lives as long as this Json.
  [[nodiscard]] std::optional<std::string_view> text() const;
  [[nodiscard]] std::optional<bool> boolean() const;
  // A whole number, or a fraction cut to one (NumericDate, RFC 7519 §2); within +-2^53.
  [[nodiscard]] std::optional<std::int64_t> integer() const;

  // Shorthands for a member of that type.
  [[nodiscard]] std::optional<std::string> text_of(std::string_view name) const;
  [[nodiscard]] std::optional<std::int64_t> integer_of(std::string_view name) const;

  // Calls back for each member or element in order; does nothing for other types.
  void for_each_member(const std::function<void(std::string_view, const Json&)>& visit) const;
  void for_each_element(const std::function<void(const Json&)>& visit) const;

  // The value as compact JSON text.
  [[nodiscard]] std::string serialise() const;

 private:
  explicit Json(std::shared_ptr<json_object> root, json_object* value)
      : root_(std::move(root)), value_(value) {}

  std::shared_ptr<json_object> root_;
  json_object* value_;
};

// The text as a JSON string with its quotes, for building small documents by hand.
[[nodiscard]] std::string json_quote(std::string_view text);

}  // namespace auth
