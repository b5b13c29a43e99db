// SPDX-License-Identifier: Apache-2.0
#include "auth/base/json.h"

#include <json-c/json.h>
#include <json-c/printbuf.h>

#include <algorithm>
#include <limits>

#include "auth/base/json_tokens.h"

namespace auth {
namespace {

constexpr std::size_t kMaxTextBytes = std::numeric_limits<int>::max() - 1;  // json-c counts in int
constexpr std::int64_t kMaxExact = std::int64_t{1} << 53;

using Tokener = std::unique_ptr<json_tokener, decltype(&json_tokener_free)>;

// Members of all objects below a value. json-c keeps the last of two members with one name.
std::size_t count_members(json_object* value) {
  std::size_t count = 0;
  if (json_object_is_type(value, json_type_object)) {
    json_object_object_foreach(value, name, member) {
      static_cast<void>(name);
      count += 1 + count_members(member);
    }
  } else if (json_object_is_type(value, json_type_array)) {
    for (std::size_t i = 0; i < json_object_array_length(value); ++i) {
      count += count_members(json_object_array_get_idx(value, i));
    }
  }
  return count;
}

// Returns nullptr if the text repeats a name: json-c keeps the last of two members, so there are
// fewer members than colons. json-c's own check of UTF-8 is off: count_json_colons is stricter.
json_object* parse_unique(json_tokener* tokener, std::string_view text) {
  const std::optional<std::size_t> colons = count_json_colons(text);
  if (!colons) return nullptr;
  json_tokener_set_flags(tokener, JSON_TOKENER_STRICT);
  json_object* parsed = json_tokener_parse_ex(tokener, text.data(), static_cast<int>(text.size()));
  if (json_tokener_get_error(tokener) == json_tokener_continue) {
    // A number at the very end is complete only once something follows it.
    parsed = json_tokener_parse_ex(tokener, "", 1);
  }
  if (parsed == nullptr) return nullptr;
  if (count_members(parsed) == *colons) return parsed;
  json_object_put(parsed);
  return nullptr;
}

void release(json_object* value) noexcept { json_object_put(value); }

void wipe_strings(json_object* value) noexcept {
  if (json_object_is_type(value, json_type_object)) {
    json_object_object_foreach(value, name, member) {
      static_cast<void>(name);
      wipe_strings(member);
    }
  } else if (json_object_is_type(value, json_type_array)) {
    for (std::size_t i = 0; i < json_object_array_length(value); ++i) {
      wipe_strings(json_object_array_get_idx(value, i));
    }
  } else if (json_object_is_type(value, json_type_string)) {
    // json-c lends its bytes as constant, but nobody else reads them any more.
    wipe(const_cast<char*>(json_object_get_string(value)),
         static_cast<std::size_t>(json_object_get_string_len(value)));
  }
}

void wipe_and_release(json_object* value) noexcept {
  wipe_strings(value);
  release(value);
}

bool needs_escape(char byte) noexcept {
  return byte == '"' || byte == '\\' || static_cast<unsigned char>(byte) < 0x20;
}

void append_escaped(std::string& text, char byte) {
  if (byte == '"' || byte == '\\') {
    text.append({'\\', byte});
  } else {
    constexpr std::string_view kHexDigits = "0123456789abcdef";
    text.append("\\u00").append({kHexDigits[(byte >> 4) & 0xf], kHexDigits[byte & 0xf]});
  }
}

}  // namespace

std::optional<Json> Json::parse(std::string_view text) {
  const Tokener tokener(json_tokener_new_ex(static_cast<int>(kMaxJsonDepth)), &json_tokener_free);
  if (!tokener || text.size() > kMaxTextBytes) return std::nullopt;
  json_object* parsed = parse_unique(tokener.get(), text);
  if (parsed == nullptr) return std::nullopt;
  return Json(std::shared_ptr<json_object>(parsed, &release), parsed);
}

std::optional<Json> Json::parse_secret(SecretView secret) {
  const std::string_view text = secret.reveal();
  const Tokener tokener(json_tokener_new_ex(static_cast<int>(kMaxJsonDepth)), &json_tokener_free);
  if (!tokener || text.size() > kMaxTextBytes) return std::nullopt;
  // Every string passes through this buffer. At full size from the start it never grows, so it
  // leaves no piece of a secret behind.
  printbuf* const buffer = tokener->pb;
  if (printbuf_memset(buffer, 0, 0, static_cast<int>(text.size()) + 1) != 0) return std::nullopt;
  printbuf_reset(buffer);
  json_object* parsed = parse_unique(tokener.get(), text);
  wipe(buffer->buf, static_cast<std::size_t>(buffer->size));
  if (parsed == nullptr) return std::nullopt;
  return Json(std::shared_ptr<json_object>(parsed, &wipe_and_release), parsed);
}

bool Json::is_object() const noexcept { return json_object_is_type(value_, json_type_object) != 0; }

bool Json::is_array() const noexcept { return json_object_is_type(value_, json_type_array) != 0; }

std::optional<Json> Json::member(std::string_view name) const {
  // json-c would search for the part of the name before the zero byte.
  if (!is_object() || name.find('\0') != std::string_view::npos) return std::nullopt;
  json_object* found = nullptr;
  if (json_object_object_get_ex(value_, std::string(name).c_str(), &found) == 0) {
    return std::nullopt;
  }
  return Json(root_, found);
}

std::optional<std::string_view> Json::text() const {
  if (json_object_is_type(value_, json_type_string) == 0) return std::nullopt;
  return std::string_view(json_object_get_string(value_),
                          static_cast<std::size_t>(json_object_get_string_len(value_)));
}

std::optional<bool> Json::boolean() const {
  if (json_object_is_type(value_, json_type_boolean) == 0) return std::nullopt;
  return json_object_get_boolean(value_) != 0;
}

std::optional<std::int64_t> Json::integer() const {
  if (json_object_is_type(value_, json_type_int) != 0) {
    const std::int64_t number = json_object_get_int64(value_);
    if (number > kMaxExact || number < -kMaxExact) return std::nullopt;
    return number;
  }
  if (json_object_is_type(value_, json_type_double) != 0) {
    const double number = json_object_get_double(value_);
    // Written so that NaN fails it.
    if (!(number <= static_cast<double>(kMaxExact) && number >= -static_cast<double>(kMaxExact))) {
      return std::nullopt;
    }
    return static_cast<std::int64_t>(number);
  }
  return std::nullopt;
}

std::optional<std::string> Json::text_of(std::string_view name) const {
  const std::optional<Json> found = member(name);
  if (!found) return std::nullopt;
  const std::optional<std::string_view> text = found->text();
  if (!text) return std::nullopt;
  return std::string(*text);
}

std::optional<std::int64_t> Json::integer_of(std::string_view name) const {
  const std::optional<Json> found = member(name);
  return found ? found->integer() : std::nullopt;
}

void Json::for_each_member(const std::function<void(std::string_view, const Json&)>& visit) const {
  if (!is_object()) return;
  json_object_object_foreach(value_, name, member) { visit(name, Json(root_, member)); }
}

void Json::for_each_element(const std::function<void(const Json&)>& visit) const {
  if (!is_array()) return;
  for (std::size_t i = 0; i < json_object_array_length(value_); ++i) {
    visit(Json(root_, json_object_array_get_idx(value_, i)));
  }
}

std::string Json::serialise() const {
  return json_object_to_json_string_ext(value_,
                                        JSON_C_TO_STRING_PLAIN | JSON_C_TO_STRING_NOSLASHESCAPE);
}

std::string json_quote(std::string_view text) {
  std::string quoted = "\"";
  quoted.reserve(text.size() + 2);
  while (!text.empty()) {
    const auto special =
        std::find_if(text.begin(), text.end(), [](char byte) { return needs_escape(byte); });
    quoted.append(text.begin(), special);
    text.remove_prefix(static_cast<std::size_t>(special - text.begin()));
    if (text.empty()) break;
    append_escaped(quoted, text.front());
    text.remove_prefix(1);
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace auth
