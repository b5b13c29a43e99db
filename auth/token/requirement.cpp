// SPDX-License-Identifier: Apache-2.0
#include "auth/token/requirement.h"

#include <algorithm>
#include <utility>

#include "auth/base/percent.h"
#include "auth/base/text.h"
#include "auth/base/utf8.h"
#include "auth/token/network.h"

namespace zitadel_auth {
namespace {

using auth::has_control;
using auth::is_utf8;
using auth::percent_decode;
using auth::percent_encode;
using auth::words_of;

constexpr std::string_view kHelp =
    "write public, token, or conditions such as role:NAME, scope:NAME, org:ID, net:192.0.2.0/24, "
    "with \"or\" between alternatives, and %20 for a blank in a name";

// Claims are UTF-8 (RFC 8259 §8.1), and one with U+0000 is not read.
bool can_be_claimed(std::string_view name) noexcept {
  return is_utf8(name) && name.find('\0') == std::string_view::npos;
}

void append(std::string& text, std::string_view separator, std::string_view more) {
  if (!text.empty()) text.append(separator);
  text.append(more);
}

bool is_network(std::string_view word) { return word.starts_with("net:"); }

// "token net:192.0.2.0/24" says no more than the network alone, and says it plainly.
bool is_token_from_network(const std::vector<std::string_view>& words, std::size_t at) {
  const bool begins = at == 0 || words[at - 1] == "or";
  const bool is_whole = at + 2 == words.size() || (at + 2 < words.size() && words[at + 2] == "or");
  return words[at] == "token" && begins && is_whole && is_network(words[at + 1]);
}

}  // namespace

bool is_scope_token(std::string_view name) noexcept {
  return std::all_of(name.begin(), name.end(), [](char byte) {
    return byte > 0x20 && byte < 0x7f && byte != '"' && byte != '\\';
  });
}

// Adds one condition to an alternative. Error: a sentence, if the word is no condition.
Result<void, Mistake> Requirement::add(Alternative& alternative, std::string_view word) {
  const auto mistake = [&](std::string_view what) {
    return Mistake{"\"" + std::string(word) + "\" " + std::string(what) + ": " +
                   std::string(kHelp)};
  };
  if (word == "public" || word == "token") return mistake("stands alone or not at all");
  if (is_network(word)) return add_network(alternative, word);
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

Result<void, Mistake> Requirement::add_network(Alternative& alternative, std::string_view word) {
  const std::string_view text = word.substr(word.find(':') + 1);
  const auto network = auth::parse_network(text);
  if (!network) return Mistake{"\"" + std::string(word) + "\" " + network.error().sentence};
  if (alternative.network) {
    return Mistake{"\"" + std::string(word) +
                   "\" is a second network, and nobody calls from two: write an alternative for "
                   "each, with \"or\" between"};
  }
  alternative.network = {network->network.bytes, network->bits, std::string(text)};
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
  for (std::size_t at = 0; at < words.size(); ++at) {
    const std::string_view word = words[at];
    if (is_token_from_network(words, at)) continue;
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

Result<void> Requirement::check(const Claims& claims, std::string_view client) const {
  return check_at(claims, client);
}

Result<void> Requirement::check_from_anywhere(const Claims& claims) const {
  return check_at(claims, std::nullopt);
}

Result<void> Requirement::check_at(const Claims& claims,
                                   std::optional<std::string_view> client) const {
  for (const Requirement* each : all_of_) {
    if (auto met = each->check_at(claims, client); !met) return met;
  }
  const auto is_at_home = [&](const std::optional<Network>& network) {
    return !network || !client ||
           auth::is_in_network(*client, {auth::IpAddress{network->first}, network->bits});
  };
  std::optional<Reason> first;
  for (const Alternative& each : alternatives_) {
    const std::optional<Reason> reason =
        is_at_home(each.network) ? refusal(each, claims) : Reason::kWrongNetwork;
    if (!reason) return {};
    if (!first) first = reason;
  }
  if (!first) return {};
  return Error{*first, "needs " + describe_to_operator()};
}

bool Requirement::names_networks() const noexcept {
  return std::any_of(alternatives_.begin(), alternatives_.end(),
                     [](const Alternative& each) { return each.network.has_value(); }) ||
         std::any_of(all_of_.begin(), all_of_.end(),
                     [](const Requirement* each) { return each->names_networks(); });
}

std::string Requirement::describe(Told whom) const {
  if (public_) return "nothing";
  if (!all_of_.empty()) return describe_all(whom);
  if (alternatives_.empty()) return "a valid access token";
  std::string text;
  for (const Alternative& each : alternatives_) append(text, " or ", describe(each, whom));
  return text;
}

std::string Requirement::describe(const Alternative& alternative, Told whom) {
  std::string conditions;
  for (const std::string& role : alternative.roles) {
    append(conditions, " and ", "the role " + percent_encode(role));
  }
  if (!alternative.organisation.empty()) {
    conditions.append(alternative.roles.empty() ? "membership in" : " granted by");
    conditions.append(" the organisation ").append(percent_encode(alternative.organisation));
  }
  for (const std::string& scope : alternative.scopes) {
    append(conditions, " and ", "the scope " + percent_encode(scope));
  }
  if (!alternative.network) return conditions;
  if (conditions.empty()) conditions = "a valid access token";
  return conditions + (whom == Told::kOperator ? " from the network " + alternative.network->text
                                               : " from an allowed network");
}

std::string Requirement::describe_all(Told whom) const {
  std::string text;
  for (const Requirement* each : all_of_) {
    const std::string more = each->describe(whom);
    if (!text.empty() && text.size() + more.size() > kMaxDescribedBytes) return text + ", and more";
    append(text, ", and ", more);
  }
  return text;
}

// Returns the scopes that meet all the requirements; empty if scopes alone do not meet each of
// them.
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
    if (!each.roles.empty() || !each.organisation.empty() || each.network) continue;
    std::string scopes;
    for (const std::string& scope : each.scopes) append(scopes, " ", scope);
    return scopes;
  }
  return {};
}

}  // namespace zitadel_auth
