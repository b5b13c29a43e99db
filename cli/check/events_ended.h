// SPDX-License-Identifier: Apache-2.0
// Reports what the events of a user or of an authorization would end, as the program reads them.
#pragma once

#include <string>
#include <utility>
#include <vector>

#include "auth/events/scope.h"
#include "auth/settings/settings.h"
#include "cli/check/findings.h"
#include "cli/check/token.h"

namespace cli {

// One thread at a time. All arguments of the constructor must outlive it.
class EndedTokens {
 public:
  // tokens: those of which it is reported whether the events end them.
  EndedTokens(const auth::Settings& settings, const std::vector<KnownToken>& tokens,
              Findings& findings)
      : settings_(settings), tokens_(tokens), findings_(findings) {}

  void tell_user(const std::string& user) const;
  // user: the one whose authorization it is; empty if not known.
  void tell_grant(const std::string& grant, const std::string& user) const;

 private:
  // Types of events that end the same tokens.
  struct Group {
    auth::Scope ends;
    bool jwts;  // also JWTs that are verified here, without a question
    std::string types;
  };
  using Groups = std::vector<Group>;

  // user: the one that ZITADEL names if an event names none.
  void add(Groups& groups, const std::vector<std::string>& types, const std::string& history,
           const std::string& payload, const std::string& user) const;
  void tell(const std::string& name, const Groups& groups, const std::string& user) const;
  [[nodiscard]] std::string tokens_in(auth::Scope scope) const;

  const auth::Settings& settings_;
  const std::vector<KnownToken>& tokens_;
  Findings& findings_;
};

}  // namespace cli
