// SPDX-License-Identifier: Apache-2.0
#include "auth/token/requirement.h"

#include <algorithm>
#include <utility>

#include "auth/base/percent.h"
#include "auth/base/text.h"
#include "auth/base/utf8.h"

namespace zitadel_auth {
namespace {

using auth::has_control;
using auth::is_utf8;
using auth::percent_decode;
using auth::percent_encode;
using auth::words_of;

constexpr std::string_view kHelp =
    "write public, token, or conditions such as role:NAME, scope:NAME, org:ID, "
    "with \"or\" between alternatives, and %20 for a blank in a name";

// Claims are UTF-8 (RFC 8259 §8.1), and one with U+0000 is not read.
bool can_be_claimed(std::string_view name) noexcept {
  return is_utf8(name) && name.find('\0') == std::string_view::npos;
}

void append(std::string& text, std::string_view separator, std::string_view more) {
  if (!text.empty()) text.append(separator);
  text.append(more);
}

}  // namespace

bool is_scope_token(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char byte) {
    return byte > 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
  });
}

// Adds one condition to an alternative; gives a sentence where it is none.
Result<void, Mistake> Requirement::add(Alternative& alternative, std::string_view word) {
  const auto mistake = [&](std::string_view what) {
    return Mistake{"\"" + std::string(word) + "\" " + std::string(what) + ": " +
                   std::string(kHelp)};
  };
  if (word == "public" || word == "token") return mistake("stands alone or not at all");
  const std::size_t colon = word.find(':');
  if (colon == std::string_view::npos) return mistake("is not a condition");
  const std::string_view kind = word.substr(0, colon);
  if (word.size() == colon + 1) return mistake("lacks a name");
  if (has_control(word)) return mistake("holds a control character");
  std::optional<std::string> name = percent_decode(word.substr(colon + 1));
  if (!name) {
    return mistake("holds a '%' without two hexadecimal digits (the character itself is %25)");
  }
  if (!can_be_claimed(*name)) return mistake("is a name that no token can carry");
  if (kind == "role") {
    alternative.roles.push_back(*std::move(name));
  } else if (kind == "scope") {
    if (!is_scope_token(*name)) return mistake("holds a character that no scope can hold");
    alternative.scopes.push_back(*std::move(name));
  } else if (kind == "org") {
    if (!alternative.organisation.empty()) return mistake("is a second organisation");
    alternative.organisation = *std::move(name);
  } else {
    return mistake("is not a condition");
  }
  return {};
}

Result<Requirement, Mistake> Requirement::parse(std::string_view text) {
  const std::vector<std::string_view> words = words_of(text);
  if (words.empty()) return Mistake{"nothing is required: " + std::string(kHelp)};
  for (const std::string_view word : words) {
    if (word.find(',') == std::string_view::npos) continue;
    return Mistake{"\"" + std::string(word) +
                   "\" holds a comma, and blanks alone part words: " + std::string(kHelp)};
  }
  Requirement requirement;
  if (words.size() == 1 && (words[0] == "public" || words[0] == "token")) {
    requirement.public_ = words[0] == "public";
    return requirement;
  }
  requirement.alternatives_.emplace_back();
  bool complete = false;
  for (const std::string_view word : words) {
    if (word == "or") {
      if (!complete) break;
      requirement.alternatives_.emplace_back();
      complete = false;
      continue;
    }
    if (auto added = add(requirement.alternatives_.back(), word); !added) {
      return std::move(added).error();
    }
    complete = true;
  }
  if (!complete) return Mistake{"\"or\" without conditions on both sides: " + std::string(kHelp)};
  return requirement;
}

Requirement Requirement::all_of(const std::vector<const Requirement*>& parts) {
  Requirement all;
  all.public_ = !parts.empty();
  for (const Requirement* each : parts) {
    if (!each->is_public()) all.public_ = false;
    if (!each->alternatives_.empty() || !each->all_of_.empty()) all.all_of_.push_back(each);
  }
  return all;
}

std::optional<Reason> Requirement::refusal(const Alternative& alternative, const Claims& claims) {
  for (const std::string& role : alternative.roles) {
    if (!claims.has_role(role)) return Reason::kRoleMissing;
  }
  const std::string& organisation = alternative.organisation;
  if (!organisation.empty()) {
    const bool granted =
        std::all_of(alternative.roles.begin(), alternative.roles.end(),
                    [&](const std::string& role) { return claims.has_role(role, organisation); });
    if (!granted) return Reason::kWrongOrganisation;
    if (alternative.roles.empty() && claims.organisation() != organisation) {
      return Reason::kWrongOrganisation;
    }
  }
  for (const std::string& scope : alternative.scopes) {
    if (!claims.has_scope(scope)) return Reason::kScopeMissing;
  }
  return std::nullopt;
}

Result<void> Requirement::check(const Claims& claims) const {
  for (const Requirement* each : all_of_) {
    if (auto met = each->check(claims); !met) return met;
  }
  std::optional<Reason> first;
  for (const Alternative& each : alternatives_) {
    const std::optional<Reason> reason = refusal(each, claims);
    if (!reason) return {};
    if (!first) first = reason;
  }
  if (!first) return {};
  return Error{*first, "needs " + describe()};
}

std::string Requirement::describe() const {
  if (public_) return "nothing";
  if (!all_of_.empty()) return describe_all();
  if (alternatives_.empty()) return "a valid access token";
  std::string text;
  for (const Alternative& each : alternatives_) {
    std::string conditions;
    for (const std::string& role : each.roles) {
      append(conditions, " and ", "the role " + percent_encode(role));
    }
    if (!each.organisation.empty()) {
      conditions.append(each.roles.empty() ? "membership in" : " granted by");
      conditions.append(" the organisation ").append(percent_encode(each.organisation));
    }
    for (const std::string& scope : each.scopes) {
      append(conditions, " and ", "the scope " + percent_encode(scope));
    }
    append(text, " or ", conditions);
  }
  return text;
}

std::string Requirement::describe_all() const {
  std::string text;
  for (const Requirement* each : all_of_) {
    const std::string more = each->describe();
    if (!text.empty() && text.size() + more.size() > kMaxDescribedBytes) return text + ", and more";
    append(text, ", and ", more);
  }
  return text;
}

// Each of the requirements has to be one that scopes open.
std::string Requirement::scopes_of_all() const {
  std::string all;
  for (const Requirement* each : all_of_) {
    const std::string scopes = each->scopes();
    if (scopes.empty() || all.size() + scopes.size() > kMaxDescribedBytes) return {};
    append(all, " ", scopes);
  }
  return all;
}

std::string Requirement::scopes() const {
  if (!all_of_.empty()) return scopes_of_all();
  for (const Alternative& each : alternatives_) {
    if (!each.roles.empty() || !each.organisation.empty()) continue;
    std::string scopes;
    for (const std::string& scope : each.scopes) append(scopes, " ", scope);
    return scopes;
  }
  return {};
}

}  // namespace zitadel_auth
