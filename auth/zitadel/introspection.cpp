// SPDX-License-Identifier: Apache-2.0
#include "auth/zitadel/introspection.h"

#include <chrono>
#include <utility>

#include "auth/base/json.h"
#include "auth/zitadel/form.h"
#include "auth/zitadel/server_words.h"
#include "auth/zitadel/url.h"

namespace auth {
namespace {

constexpr std::size_t kFormOverhead = 4096;  // client assertion, names and encoding

// RFC 6749 §5.2; ZITADEL says unauthorized_client, others invalid_client, older versions of ZITADEL
// nothing but 401.
bool authentication_refused(const HttpResponse& response) {
  if (response.status == 401) return true;
  if (response.status != 400) return false;
  const std::optional<Json> body = Json::parse(response.body);
  const std::optional<std::string> code = body ? body->text_of("error") : std::nullopt;
  return code == "unauthorized_client" || code == "invalid_client";
}

// Returns why the endpoint may not be asked; empty if it may. It gets tokens and, with Basic, this
// API's secret.
std::string mistake_in(const DiscoveryDocument& document) {
  const std::string& endpoint = document.introspection_endpoint;
  if (endpoint.empty()) return "no introspection_endpoint";
  if (origin_of(endpoint) == origin_of(document.issuer)) return {};
  return "an introspection_endpoint of another server, " + origin_of(endpoint) +
         ", which ZITADEL never does; where it is meant, write it into ZITADEL_INTROSPECTION_URL";
}

// Returns what may be wrong if ZITADEL has refused a key. Only the clock can be checked here.
std::string advice(const std::string& clock) {
  if (clock.empty()) {
    return "is it deleted or expired in ZITADEL, of another instance, of an application or project "
           "that is deactivated, is ZITADEL_DOMAIN not the issuer to the letter, or is this "
           "machine's clock wrong?";
  }
  return "this machine's clock is " + clock +
         ": set it right; or is the key deleted or expired in ZITADEL, or of another instance?";
}

}  // namespace

struct Introspection::Question {
  SecretView token;
  Done done;
  bool retried = false;
};

Introspection::Introspection(std::string endpoint, Expectations expected, Discovery& discovery,
                             ClientAuthentication& authentication, HttpClient& http,
                             Workers& workers, const Clock& clock)
    : endpoint_(std::move(endpoint)),
      expected_(std::move(expected)),
      discovery_(discovery),
      authentication_(authentication),
      http_(http),
      workers_(workers),
      clock_(clock) {}

void Introspection::ask(SecretView token, Done done) {
  auto question = std::make_shared<Question>(Question{token, std::move(done)});
  endpoint_.empty() ? find_endpoint(question) : post(question, endpoint_);
}

void Introspection::find_endpoint(const std::shared_ptr<Question>& question) {
  using Found = Result<std::shared_ptr<const DiscoveryDocument>>;
  discovery_.get([this, question](const Found& found) {
    on_worker([this, question, found] {
      if (!found) return question->done(found.error());
      const std::string mistake = mistake_in(**found);
      if (mistake.empty()) return post(question, (*found)->introspection_endpoint);
      discovery_.note_incomplete();
      question->done(Error{Reason::kMalformedAnswer, "the discovery document names " + mistake});
    });
  });
}

void Introspection::on_worker(Workers::Task task) {
  workers_.is_here() ? task() : workers_.run(std::move(task));
}

void Introspection::post(const std::shared_ptr<Question>& question, const std::string& endpoint) {
  HttpRequest request{endpoint};
  std::string form;
  form.reserve(question->token.size() * 3 + kFormOverhead);  // no copy is left behind by growing
  append_form_field(form, "token", question->token.reveal());
  if (auto applied = authentication_.apply(form, request, question->retried); !applied) {
    static_cast<void>(Secret::take(form));
    question->done(std::move(applied).error());
    return;
  }
  request.form = Secret::take(form);
  http_.send(std::move(request), [this, question, endpoint](Result<HttpResponse> answer) {
    on_worker([this, question, endpoint, answer = std::move(answer)]() mutable {
      take_answer(question, endpoint, std::move(answer));
    });
  });
}

void Introspection::take_answer(const std::shared_ptr<Question>& question,
                                const std::string& endpoint, Result<HttpResponse> answer) {
  if (answer && endpoint_.empty()) discovery_.note_status(answer->status);
  if (!answer) {
    question->done(std::move(answer).error());
  } else if (answer->status == 200) {
    question->done(read(*answer));
  } else if (authentication_refused(*answer) && !question->retried && authentication_.can_renew()) {
    question->retried = true;
    post(question, endpoint);
  } else {
    question->done(refusal(*answer));
  }
}

// A token that ZITADEL calls active cannot be out of time: then a clock is wrong, not the token.
Result<Claims> Introspection::read(const HttpResponse& answer) const {
  Result<Claims> claims = parse_introspection(answer.body, expected_, clock_.wall());
  const bool out_of_time = !claims && (claims.error().reason == Reason::kExpired ||
                                       claims.error().reason == Reason::kNotYetValid);
  const std::string clock = out_of_time ? clock_error(answer, machine_time()) : "";
  if (!clock.empty()) return Error{Reason::kClockWrong, "it is " + clock + ": set it right"};
  return claims;
}

WallTime Introspection::machine_time() const {
  return std::chrono::floor<std::chrono::seconds>(clock_.wall_microseconds());
}

Error Introspection::refusal(const HttpResponse& response) const {
  if (authentication_refused(response)) {
    const std::string said = server_words(response);
    const std::string words = said.empty() ? "" : " (" + said + ")";
    return {Reason::kClientAuthenticationRefused,
            authentication_.describe() + " was refused" + words + ": " +
                advice(clock_error(response, machine_time(), kDateTolerance))};
  }
  if (response.status == 400) {
    return {Reason::kOurRequestRefused, answer_in_words(response, "introspection")};
  }
  return status_error(response, "introspection");
}

}  // namespace auth
