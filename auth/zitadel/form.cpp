// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/form.h"

#include <algorithm>
#include <optional>

#include "auth/base/percent.h"

namespace auth {
namespace {

constexpr std::string_view kPlain =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789*-._";

void append_encoded(std::string& out, std::string_view text) {
  for (const char letter : text) {
    if (kPlain.find(letter) != std::string_view::npos) {
      out.push_back(letter);
    } else if (letter == ' ') {
      out.push_back('+');
    } else {
      append_percent(out, letter);
    }
  }
}

}  // namespace

std::string form_encode(std::string_view text) {
  std::string out;
  append_encoded(out, text);
  return out;
}

Secret form_decode(std::string_view text) {
  std::string blanks(text);
  std::replace(blanks.begin(), blanks.end(), '+', ' ');
  const Secret encoded = Secret::take(blanks);
  std::optional<std::string> decoded = percent_decode(encoded.reveal());
  return decoded ? Secret::take(*decoded) : encoded.copy();
}

void append_form_field(std::string& form, std::string_view name, std::string_view value) {
  if (!form.empty()) form.push_back('&');
  append_encoded(form, name);
  form.push_back('=');
  append_encoded(form, value);
}

}  // namespace auth
