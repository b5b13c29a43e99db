#include "auth/json.h"

#include <json-c/json.h>

#include <array>
#include <cstdio>
#include <limits>

namespace auth {
namespace {

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

// Colons outside of strings: in well-formed text, exactly one a member.
std::size_t count_colons(std::string_view text) {
  std::size_t count = 0;
  bool quoted = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (quoted && text[i] == '\\') {
      ++i;
    } else if (text[i] == '"') {
      quoted = !quoted;
    } else if (text[i] == ':' && !quoted) {
      ++count;
    }
  }
  return count;
}

}  // namespace

std::optional<Json> Json::parse(std::string_view text) {
  if (text.empty() || text.size() > std::numeric_limits<int>::max()) return std::nullopt;
  const Tokener tokener(json_tokener_new_ex(static_cast<int>(kMaxJsonDepth)), &json_tokener_free);
  if (!tokener) return std::nullopt;
  json_tokener_set_flags(tokener.get(), JSON_TOKENER_STRICT | JSON_TOKENER_VALIDATE_UTF8);
  json_object* parsed =
      json_tokener_parse_ex(tokener.get(), text.data(), static_cast<int>(text.size()));
  if (json_tokener_get_error(tokener.get()) == json_tokener_continue) {
    // A number at the very end is complete only once something follows it.
    parsed = json_tokener_parse_ex(tokener.get(), "", 1);
  }
  std::shared_ptr<json_object> root(parsed, [](json_object* value) { json_object_put(value); });
  if (json_tokener_get_error(tokener.get()) != json_tokener_success) return std::nullopt;
  if (parsed == nullptr) return std::nullopt;
  if (count_members(parsed) != count_colons(text)) return std::nullopt;
  return Json(std::move(root), parsed);
}

bool Json::is_object() const noexcept { return json_object_is_type(value_, json_type_object) != 0; }

bool Json::is_array() const noexcept { return json_object_is_type(value_, json_type_array) != 0; }

std::optional<Json> Json::member(std::string_view name) const {
  if (!is_object()) return std::nullopt;
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
  for (const char byte : text) {
    const auto code = static_cast<unsigned char>(byte);
    if (byte == '"' || byte == '\\') {
      quoted.push_back('\\');
      quoted.push_back(byte);
    } else if (code < 0x20) {
      std::array<char, 7> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(code));
      quoted.append(escape.data());
    } else {
      quoted.push_back(byte);
    }
  }
  quoted.push_back('"');
  return quoted;
}

}  // namespace auth
