// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/server_words.h"

#include <algorithm>
#include <iterator>
#include <optional>
#include <unordered_set>
#include <vector>

#include "auth/base/json.h"
#include "auth/base/log_text.h"
#include "auth/base/text.h"
#include "auth/base/utf8.h"
#include "auth/zitadel/basic.h"
#include "auth/zitadel/form.h"

namespace auth {
namespace {

constexpr std::size_t kMaxJsonBytes = 64 << 10;  // of an answer that is parsed
constexpr std::size_t kMaxHtmlBytes = 16 << 10;
constexpr std::size_t kMaxLineBytes = 1024;  // of a line before it is cleaned
constexpr std::size_t kPieceBytes = 8;       // of a secret, by which it is recognised
constexpr std::string_view kBlanks = " \t\r\n\v\f";

// Fields of a form that are no secret. All others are secret.
constexpr std::string_view kPlainFields[] = {"grant_type", "scope", "client_id",
                                             "client_assertion_type"};

std::string cleaned(std::string_view line) {
  const std::string words = visible_text(line);
  return std::string(cut_to(words, kMaxServerWords));
}

std::string of_json(std::string_view body) {
  if (body.size() > kMaxJsonBytes) return {};
  const std::optional<Json> document = Json::parse(body);
  if (!document) return {};
  const std::string code = document->text_of("error").value_or("");
  const std::string description = document->text_of("error_description").value_or("");
  if (code.empty() && description.empty()) return document->text_of("message").value_or("");
  return code + (code.empty() || description.empty() ? "" : ": ") + description;
}

std::string of_html(std::string_view body) {
  const std::string page = lower_case(body.substr(0, kMaxHtmlBytes));
  const std::size_t tag = page.find("<title");
  const std::size_t begin = page.find('>', tag);
  const std::size_t end = page.find('<', begin);
  if (tag == std::string::npos || end == std::string::npos) return {};
  std::string title(body.substr(begin + 1, end - begin - 1));
  const auto is_blank = [](char byte) { return kBlanks.find(byte) != std::string_view::npos; };
  std::replace_if(title.begin(), title.end(), is_blank, ' ');
  const auto both_blank = [](char a, char b) { return a == ' ' && b == ' '; };
  title.erase(std::unique(title.begin(), title.end(), both_blank), title.end());
  return std::string(trimmed(title, kBlanks));
}

std::string line_of(std::string_view body) {
  constexpr std::string_view kByteOrderMark = "\xef\xbb\xbf";
  if (body.starts_with(kByteOrderMark)) body.remove_prefix(kByteOrderMark.size());
  body = trimmed(body, kBlanks);
  if (body.starts_with('{')) return of_json(body);
  if (body.starts_with('<')) return of_html(body);
  return std::string(trimmed(body.substr(0, body.find_first_of("\r\n")), kBlanks));
}

// Whether the words hold a piece of the secret, which gives it away as well.
bool repeats(std::string_view words, const Secret& secret) {
  const std::size_t piece = std::min(kPieceBytes, secret.size());
  if (piece == 0) return false;
  std::unordered_set<std::string_view> pieces;
  for (std::size_t at = 0; at + piece <= words.size(); ++at) pieces.insert(words.substr(at, piece));
  const std::string_view whole = secret.reveal();
  for (std::size_t at = 0; at + piece <= whole.size(); ++at) {
    if (pieces.contains(whole.substr(at, piece))) return true;
  }
  return false;
}

void add(std::vector<Secret>& secrets, std::string_view sent) {
  secrets.push_back(form_decode(sent));
  secrets.emplace_back(sent);
}

// Returns the secrets of the request, as they were sent, and as they were before they were encoded.
std::vector<Secret> secrets_of(const HttpRequest& sent) {
  std::vector<Secret> secrets;
  std::string_view form = sent.form.reveal();
  while (!form.empty()) {
    const std::string_view field = form.substr(0, form.find('&'));
    form.remove_prefix(std::min(field.size() + 1, form.size()));
    const std::size_t equals = std::min(field.find('='), field.size());
    if (std::count(std::begin(kPlainFields), std::end(kPlainFields), field.substr(0, equals)) ==
        0) {
      add(secrets, field.substr(std::min(equals + 1, field.size())));
    }
  }
  const std::string_view credentials = sent.authorization.reveal();
  secrets.emplace_back(credentials.substr(credentials.find(' ') + 1));
  add(secrets, secret_of_basic(sent.authorization).reveal());
  return secrets;
}

}  // namespace

std::string server_words(std::string_view body, const HttpRequest& sent) {
  const std::string line = line_of(body).substr(0, kMaxLineBytes);
  std::string words = cleaned(line);
  if (words.empty()) return words;
  for (const Secret& secret : secrets_of(sent)) {
    if (repeats(line, secret) || repeats(words, secret)) return {};
  }
  return words;
}

}  // namespace auth
