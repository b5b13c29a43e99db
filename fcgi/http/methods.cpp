// SPDX-License-Identifier: Apache-2.0
#include "fcgi/http/methods.h"

#include <algorithm>
#include <cstddef>
#include <iterator>
#include <vector>

#include "auth/base/text.h"

namespace fcgi {
namespace {

// https://www.iana.org/assignments/http-methods, but for PRI, which no request has.
constexpr std::string_view kKnown[] = {"ACL",
                                       "BASELINE-CONTROL",
                                       "BIND",
                                       "CHECKIN",
                                       "CHECKOUT",
                                       "CONNECT",
                                       "COPY",
                                       "DELETE",
                                       "GET",
                                       "HEAD",
                                       "LABEL",
                                       "LINK",
                                       "LOCK",
                                       "MERGE",
                                       "MKACTIVITY",
                                       "MKCALENDAR",
                                       "MKCOL",
                                       "MKREDIRECTREF",
                                       "MKWORKSPACE",
                                       "MOVE",
                                       "OPTIONS",
                                       "ORDERPATCH",
                                       "PATCH",
                                       "POST",
                                       "PROPFIND",
                                       "PROPPATCH",
                                       "PUT",
                                       "QUERY",
                                       "REBIND",
                                       "REPORT",
                                       "SEARCH",
                                       "TRACE",
                                       "UNBIND",
                                       "UNCHECKOUT",
                                       "UNLINK",
                                       "UNLOCK",
                                       "UPDATE",
                                       "UPDATEREDIRECTREF",
                                       "VERSION-CONTROL"};

constexpr std::string_view kOfTheResourceAlone[] = {
    "GET",  "HEAD",   "POST",  "PUT",        "PATCH",     "OPTIONS", "TRACE",
    "LINK", "UNLINK", "MKCOL", "MKCALENDAR", "PROPPATCH", "QUERY",   "UNLOCK"};

template <std::size_t kSize>
bool is_one_of(const std::string_view (&methods)[kSize], std::string_view method) noexcept {
  return std::find(std::begin(methods), std::end(methods), method) != std::end(methods);
}

// Returns how many letters must be inserted, removed, replaced, or swapped with their neighbour.
std::size_t distance(std::string_view from, std::string_view to) {
  using Row = std::vector<std::size_t>;
  std::vector<Row> steps(from.size() + 1, Row(to.size() + 1));
  for (std::size_t i = 0; i <= from.size(); ++i) steps[i][0] = i;
  for (std::size_t j = 0; j <= to.size(); ++j) steps[0][j] = j;
  for (std::size_t i = 1; i <= from.size(); ++i) {
    for (std::size_t j = 1; j <= to.size(); ++j) {
      const std::size_t exchanged = steps[i - 1][j - 1] + (from[i - 1] == to[j - 1] ? 0 : 1);
      steps[i][j] = std::min({steps[i - 1][j] + 1, steps[i][j - 1] + 1, exchanged});
      const bool swapped = i > 1 && j > 1 && from[i - 1] == to[j - 2] && from[i - 2] == to[j - 1];
      if (swapped) steps[i][j] = std::min(steps[i][j], steps[i - 2][j - 2] + 1);
    }
  }
  return steps[from.size()][to.size()];
}

}  // namespace

bool is_method(std::string_view text) noexcept {
  return std::any_of(text.begin(), text.end(), auth::is_upper) &&
         std::all_of(text.begin(), text.end(),
                     [](char byte) { return auth::is_upper(byte) || byte == '-'; });
}

bool is_known_method(std::string_view method) noexcept { return is_one_of(kKnown, method); }

std::string_view nearest_method(std::string_view text) {
  constexpr std::size_t kFar = 3;
  constexpr std::size_t kLongest = 20;
  if (text.size() > kLongest) return {};
  std::size_t least = kFar;
  std::string_view nearest;
  for (const std::string_view known : kKnown) {
    const std::size_t steps = distance(text, known);
    if (steps >= least || 2 * steps >= known.size()) continue;
    least = steps;
    nearest = known;
  }
  return nearest;
}

bool acts_below(std::string_view method) noexcept {
  return !is_one_of(kOfTheResourceAlone, method);
}

bool heeds_depth(std::string_view method) noexcept {
  // nginx copies a whole folder, whatever depth a COPY names.
  return method == "LOCK" || method == "PROPFIND";
}

}  // namespace fcgi
