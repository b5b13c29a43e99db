// SPDX-License-Identifier: Apache-2.0
// An exchange without a web server. Thread-safe where its user is.
#pragma once

#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fcgi/http/exchange.h"
#include "tests/unit/support/gate.h"

namespace support {

// What became of one exchange.
class ExchangeRecord {
 public:
  void finish(const fcgi::Response& response) {
    {
      const std::lock_guard lock(mutex_);
      responses_.push_back(response);
    }
    finished_.add();
  }
  void die() { died_.add(); }

  // Waits until the exchange is over; nothing where it ended without a response, with more than
  // one, or not in time.
  [[nodiscard]] std::optional<fcgi::Response> response() {
    if (!died_.reaches(1) || finished_.count() != 1) return std::nullopt;
    const std::lock_guard lock(mutex_);
    return responses_.front();
  }
  [[nodiscard]] bool is_over() const { return died_.count() > 0; }

 private:
  std::mutex mutex_;
  std::vector<fcgi::Response> responses_;
  Counter finished_;
  Counter died_;
};

class FakeExchange final : public fcgi::Exchange {
 public:
  FakeExchange(std::vector<std::string> variables, std::shared_ptr<ExchangeRecord> record,
               fcgi::ClientWatch watch = {})
      : variables_(std::move(variables)),
        pointers_(pointers_to(variables_)),
        request_(pointers_.data()),
        record_(std::move(record)),
        watch_(watch) {}
  ~FakeExchange() override { record_->die(); }

  [[nodiscard]] const fcgi::Request& request() const noexcept override { return request_; }

  void when_body(std::function<void()> then) override { then(); }
  [[nodiscard]] fcgi::ClientWatch client_watch() const noexcept override { return watch_; }

  // Overwrites what it was asked with, as the real one wipes the token.
  void finish(const fcgi::Response& response) override {
    record_->finish(response);
    for (std::string& variable : variables_) std::fill(variable.begin(), variable.end(), '\0');
  }

  // Nobody who is tested with this one writes bit by bit.
  [[nodiscard]] std::unique_ptr<fcgi::AnswerStream> begin(const fcgi::Response& head) override {
    finish(head);
    return nullptr;
  }

 private:
  static std::vector<const char*> pointers_to(const std::vector<std::string>& variables) {
    std::vector<const char*> pointers;
    for (const std::string& variable : variables) pointers.push_back(variable.c_str());
    pointers.push_back(nullptr);
    return pointers;
  }

  std::vector<std::string> variables_;
  const std::vector<const char*> pointers_;
  const fcgi::Request request_;
  const std::shared_ptr<ExchangeRecord> record_;
  const fcgi::ClientWatch watch_;
};

}  // namespace support
