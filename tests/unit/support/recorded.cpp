// SPDX-License-Identifier: Apache-2.0
#include "tests/unit/support/recorded.h"

#include <cppunit/TestAssert.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <utility>

namespace support {
namespace {

namespace fs = std::filesystem;

const fs::path kFolder = "tests/testdata/zitadel";
constexpr std::size_t kMostRolesByName = 12;

template <typename T>
T required(std::optional<T> value, const std::string& what) {
  if (!value) throw std::runtime_error(what);
  return *std::move(value);
}

// RFC 9110 §5.6.7, the preferred form.
auth::WallTime time_of(const std::string& date) {
  std::tm parts{};
  const char* end = ::strptime(date.c_str(), "%a, %d %b %Y %H:%M:%S GMT", &parts);
  if (end == nullptr || *end != '\0') throw std::runtime_error("no date: " + date);
  return auth::WallTime{std::chrono::seconds(::timegm(&parts))};
}

std::string header_of(const auth::Json& response, std::string_view name) {
  std::string found;
  required(response.member("headers"), "no headers").for_each_element([&](const auth::Json& field) {
    std::vector<std::string> pair;
    field.for_each_element([&](const auth::Json& part) { pair.emplace_back(*part.text()); });
    if (pair.at(0) == name) found = pair.at(1);
  });
  return found;
}

Recorded read(const fs::path& path) {
  const std::string name = fs::path(path).replace_extension().lexically_relative(kFolder);
  std::ifstream file(path);
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  Recorded exchange{.name = name,
                    .document = required(auth::Json::parse(text), name + ": no JSON")};
  if (exchange.document.member("token")) return exchange;
  const auth::Json request = required(exchange.document.member("request"), name + ": no request");
  const auth::Json response =
      required(exchange.document.member("response"), name + ": no response");
  exchange.path = required(request.text_of("path"), name + ": no path");
  exchange.response.status =
      static_cast<int>(required(response.integer_of("status"), name + ": no status"));
  exchange.response.date = time_of(header_of(response, "Date"));
  const auth::Json body = required(response.member("body"), name + ": no body");
  if (!body.text()) exchange.body = body;
  exchange.response.body = body.text() ? std::string(*body.text()) : body.serialise();
  return exchange;
}

std::vector<Recorded> read_all() {
  std::vector<Recorded> all;
  for (const auto& entry : fs::recursive_directory_iterator(kFolder)) {
    if (entry.is_directory() && fs::is_empty(entry)) {
      throw std::runtime_error(entry.path().string() + " is empty");
    }
    if (entry.path().extension() == ".json") all.push_back(read(entry.path()));
  }
  std::sort(all.begin(), all.end(),
            [](const Recorded& a, const Recorded& b) { return a.name < b.name; });
  return all;
}

}  // namespace

std::string Recorded::sent(std::string_view field) const {
  const std::optional<auth::Json> request = document.member("request");
  const std::optional<auth::Json> form = request ? request->member("body") : std::nullopt;
  return form ? form->text_of(field).value_or("") : "";
}

const std::vector<Recorded>& recorded() {
  static const std::vector<Recorded> all = read_all();
  return all;
}

std::vector<Recorded> recorded_at(std::initializer_list<std::string_view> paths) {
  std::vector<Recorded> found;
  for (const Recorded& each : recorded()) {
    if (std::find(paths.begin(), paths.end(), each.path) != paths.end()) found.push_back(each);
  }
  return found;
}

const Recorded& recorded(std::string_view name) {
  for (const Recorded& each : recorded()) {
    if (each.name == name) return each;
  }
  throw std::runtime_error(std::string(name) + " is not there");
}

std::string verdict_of(const auth::Result<auth::Claims>& judged) {
  if (!judged) return std::string(auth::describe(judged.error().reason));
  const std::vector<auth::Role> roles = judged->roles();
  if (roles.size() > kMostRolesByName) return std::to_string(roles.size()) + " roles";
  std::string names;
  for (const auth::Role& role : roles) {
    names.append(&role == &roles.front() ? "" : "|").append(role.name);
  }
  return names;
}

void assert_verdicts(const std::map<std::string, std::string>& expected,
                     const std::map<std::string, std::string>& found) {
  for (const auto& [name, verdict] : found) {
    CPPUNIT_ASSERT_MESSAGE("nobody says what is expected of " + name, expected.contains(name));
    CPPUNIT_ASSERT_EQUAL_MESSAGE(name, expected.at(name), verdict);
  }
  for (const auto& [name, verdict] : expected) {
    CPPUNIT_ASSERT_MESSAGE(name + " was not judged", found.contains(name));
  }
}

}  // namespace support
