// SPDX-License-Identifier: Apache-2.0
// What a step of the set-up works with: a folder of its own, and a ZITADEL that answers as a test
// says.
#pragma once

#include <cppunit/extensions/HelperMacros.h>

#include <algorithm>
#include <map>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "auth/zitadel/http_client.h"
#include "cli/setup/context.h"
#include "cli/setup/report.h"
#include "tests/unit/support/manual_clock.h"
#include "tests/unit/support/temporary_folder.h"

namespace support {

// Answers "METHOD /path" at once, and what it does not know with 404.
class SetupZitadel final : public auth::HttpClient {
 public:
  static constexpr const char* kUrl = "https://zitadel.example";

  void send(auth::HttpRequest request, Done done) override {
    const std::string question =
        request.method + ' ' + request.url.substr(std::string(kUrl).size());
    const auto known = answers.find(question);
    auth::HttpResponse answer =
        known == answers.end() ? auth::HttpResponse{404, R"({"code":5})"} : known->second;
    asked.push_back(question);
    if (answer.status != 200) {
      answer.sent = std::make_shared<const auth::HttpRequest>(std::move(request));
    }
    done(std::move(answer));
  }

  [[nodiscard]] bool was_asked(const std::string& question) const {
    return std::count(asked.begin(), asked.end(), question) > 0;
  }

  std::map<std::string, auth::HttpResponse> answers{};
  std::vector<std::string> asked{};
};

class SetupFixture {
 public:
  SetupFixture() {
    options.domain = SetupZitadel::kUrl;
    context.state.domain = SetupZitadel::kUrl;
    if (!folder.make()) throw std::runtime_error("no folder");
  }

  [[nodiscard]] std::string text_of(const std::string& name) const {
    const auto file = folder.read(name);
    return file && *file ? std::string((*file)->reveal()) : "";
  }
  void write(const std::string& name, const std::string& text) {
    if (!folder.write(name, auth::SecretView(text), std::nullopt)) {
      throw std::runtime_error("not written");
    }
  }
  [[nodiscard]] cli::State saved() const {
    auto state = cli::parse_state(text_of(cli::kStateFile));
    if (!state) throw std::runtime_error(state.error().sentence);
    return *std::move(state);
  }

  TemporaryFolder temporary{};
  cli::SetupOptions options{};
  SetupZitadel http{};
  ManualClock clock{};
  auth::DiscoveryDocument instance{};
  cli::Management api{SetupZitadel::kUrl, auth::Secret("TOKEN"), "", http};
  cli::Resources resources{api};
  cli::Folder folder = opened();
  cli::Context context{options,   false,  instance, http,         clock,
                       resources, folder, {},       cli::State{}, ""};
  cli::Report report{true, false};

 private:
  [[nodiscard]] cli::Folder opened() const {
    auto there = cli::Folder::open((temporary.path() / "etc").string());
    if (!there) throw std::runtime_error(there.error().sentence);
    return *std::move(there);
  }
};

// A test with one of its own.
class SetupTest : public CppUnit::TestFixture {
 public:
  void setUp() override { set_up_ = std::make_unique<SetupFixture>(); }
  void tearDown() override { set_up_.reset(); }

 protected:
  std::unique_ptr<SetupFixture> set_up_{};
};

}  // namespace support
