// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/judge.h"

#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <future>
#include <system_error>
#include <utility>

#include "auth/base/descriptor.h"
#include "auth/base/text.h"
#include "auth/base/worker_pool.h"
#include "auth/own_authentication.h"
#include "auth/token/bearer_token.h"

namespace fcgi {
namespace {

constexpr unsigned kWorkers = 1;
// Maximum size of a token's file, in bytes: the longest token, and what may stand around it.
constexpr std::size_t kMostFileBytes = auth::kMostAuthorizationBytes + 1024;

auth::Mistake system_mistake(const std::string& name) {
  return {"--token-file " + name + ": " + std::generic_category().message(errno)};
}

// Waits for a pipe: "--token-file <(zitadel-token …)".
auth::Result<auth::Secret, auth::Mistake> read_all(int file, const std::string& name) {
  std::string text(kMostFileBytes + 1, '\0');
  std::size_t size = 0;
  ssize_t count = 1;
  while (count != 0 && size < text.size()) {
    count = ::read(file, text.data() + size, text.size() - size);
    if (count < 0 && errno != EINTR) break;
    size += static_cast<std::size_t>(std::max<ssize_t>(count, 0));
    if (count < 0) count = 1;
  }
  const auth::Mistake mistake = system_mistake(name);
  auth::Secret content(auth::trimmed(std::string_view(text).substr(0, size), " \t\r\n"));
  auth::wipe(text.data(), text.size());
  if (count < 0) return mistake;
  return content;
}

}  // namespace

Judge::Judge(auth::Settings& settings)
    : settings_(settings),
      authentication_(auth::own_authentication(settings, clock_)),
      http_({settings.connect_timeout, settings.timeout, settings.max_in_flight,
             settings.max_connections, settings.ca_file}) {}

auth::TokenValidator::Answer Judge::ask(auth::SecretView token,
                                        const auth::Requirement& requirement,
                                        std::string_view client) {
  using Answer = auth::TokenValidator::Answer;
  auth::WorkerPool workers(kWorkers);
  auth::TokenValidator validator(settings_,
                                 {http_, *authentication_, clock_, workers, nullptr, false});
  // Shared: this function may return before set_value does.
  const auto promise = std::make_shared<std::promise<Answer>>();
  std::future<Answer> answer = promise->get_future();
  static_cast<void>(validator.authorize(
      token, requirement, [client] { return client; },
      [promise](Answer answered) { promise->set_value(std::move(answered)); }));
  return answer.get();
}

// Shared as above.
auth::Result<auth::HttpResponse> Judge::send(auth::HttpRequest request) {
  using Outcome = auth::Result<auth::HttpResponse>;
  const auto promise = std::make_shared<std::promise<Outcome>>();
  std::future<Outcome> outcome = promise->get_future();
  http_.send(std::move(request),
             [promise](Outcome answer) { promise->set_value(std::move(answer)); });
  return outcome.get();
}

auth::Result<auth::Secret, auth::Mistake> read_token_file(const std::string& path,
                                                          const auth::Settings& settings) {
  const bool is_input = path == "-";
  const auth::Descriptor file(is_input ? ::dup(STDIN_FILENO)
                                       : ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  if (!file.is_open()) return system_mistake(path);
  auto token = read_all(file.get(), path);
  if (!token) return token;
  const std::string_view text = token->reveal();
  if (const std::string_view wrong = auth::token_text_mistake(text); !wrong.empty()) {
    return auth::Mistake{"--token-file " + path + ' ' + std::string(wrong)};
  }
  if (!auth::is_bearer_token(text, settings.max_token_bytes)) {
    return auth::Mistake{"--token-file " + path + ": the token is " + std::to_string(text.size()) +
                         " bytes long, and ZITADEL_MAX_TOKEN_BYTES is " +
                         std::to_string(settings.max_token_bytes) + " with the word Bearer"};
  }
  return token;
}

}  // namespace fcgi
