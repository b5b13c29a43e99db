// SPDX-License-Identifier: Apache-2.0
#include "auth/parts.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string>
#include <string_view>
#include <utility>

#include "auth/base/log.h"
#include "auth/base/log_section.h"
#include "auth/known_tokens.h"
#include "auth/own_authentication.h"
#include "auth/sealing_context.h"
#include "auth/store/bucket_store.h"
#include "auth/store/redis_store.h"

namespace auth {
namespace {

constexpr unsigned kWorkers = 2;  // none if the process serves one request

std::unique_ptr<SharedStore> store_of(Settings& settings, const Clock& clock, Metrics& metrics) {
  if (settings.cache_server) {
    return std::make_unique<RedisStore>(*std::move(settings.cache_server), clock,
                                        redis::kRedisDeadline, metrics);
  }
  return std::make_unique<BucketStore>(cache_folder(settings), clock, kBucketStoreBytes, metrics);
}

bool shares_answers(const Settings& settings) {
  return settings.cache_ttl.count() > 0 && settings.validation != Validation::kJwt;
}

// Returns the secret by which processes that share a store know each other: from what this API
// authenticates with, or, if it needs nothing, from what it asks for events with.
Result<Secret> sealing_secret(const Settings& settings) {
  constexpr std::string_view kPurpose = "shared cache";
  if (settings.application_key) return settings.application_key->key->derive(kPurpose);
  if (!settings.client_secret.empty()) return settings.client_secret.copy();
  if (const auto* const token = std::get_if<Secret>(&*settings.events_token)) {
    return token->copy();
  }
  return std::get<ServiceUserKey>(*settings.events_token).key->derive(kPurpose);
}

}  // namespace

bool shares_anything(const Settings& settings) {
  return shares_answers(settings) || follows_jwts(settings);
}

std::unique_ptr<SharedCache> shared_cache_of(Settings& settings, const Clock& clock,
                                             Metrics& metrics) {
  if (!shares_anything(settings)) return nullptr;
  const Result<Secret> secret = sealing_secret(settings);
  Result<Sealer> sealer =
      secret ? Sealer::make(*secret, sealing_context(settings)) : Result<Sealer>(secret.error());
  if (!sealer) {
    log(LogLevel::kError, "no shared cache: " + to_string(sealer.error()));
    return nullptr;
  }
  return std::make_unique<SharedCache>(
      store_of(settings, clock, metrics), *std::move(sealer),
      SharedCache::Lifetimes{std::max(settings.cache_ttl, std::chrono::seconds(1)), settings.grace,
                             settings.timeout},
      clock);
}

namespace {

std::shared_ptr<Knowledge> knowledge_of(const Settings& settings, const Clock& clock,
                                        const std::shared_ptr<Metrics>& metrics,
                                        const std::shared_ptr<Knowledge>& before) {
  const bool goes_on = before != nullptr && before->metrics == metrics;
  if (goes_on && before->meaning == meaning_of(settings)) return before;
  return std::make_shared<Knowledge>(settings, clock, metrics);
}

}  // namespace

Parts::Parts(Settings& settings, Lifespan lifespan, const Clock& clock,
             const std::shared_ptr<Metrics>& metrics, const Parts* before)
    : limits_(cache_limits(settings)),
      knowledge_(
          knowledge_of(settings, clock, metrics, before != nullptr ? before->knowledge_ : nullptr)),
      shared_(shared_cache_of(settings, clock, *metrics)),
      workers_(lifespan == Lifespan::kManyRequests ? kWorkers : 0),
      authentication_(own_authentication(settings, clock)),
      http_({settings.connect_timeout, settings.timeout, settings.max_in_flight,
             settings.max_connections, settings.ca_file, settings.sections}) {
  if (is_fed(settings)) feed(settings, lifespan, clock, goes_on(before));
  validator_.emplace(
      settings, TokenValidator::Dependencies{http_, *authentication_, clock, workers_,
                                             shares_answers(settings) ? shared_.get() : nullptr,
                                             lifespan == Lifespan::kManyRequests,
                                             feeding_ ? &knowledge_->purges : nullptr, denials(),
                                             *metrics, &knowledge_->answers,
                                             goes_on(before) ? &*before->validator_ : nullptr});
}

// If a feed is under way, only that one changes what is known, until start.
void Parts::feed(Settings& settings, Lifespan lifespan, const Clock& clock, bool is_under_way) {
  feeding_.emplace(settings, http_, shared_.get(), knowledge_->purges, denials(), clock,
                   *knowledge_->metrics);
  if (is_under_way) return;
  const bool others_know = feeding_->look();
  if (lifespan == Lifespan::kOneRequest) use_once(others_know, settings, clock);
}

// A process that ends with its first request learns of purges from others. If no process polls, all
// is as without a feed; but if JWTs are checked here, it asks itself when what is known is too old.
void Parts::use_once(bool others_know, Settings& settings, const Clock& clock) {
  if (denials() != nullptr) {
    if (!others_know || clock.steady() - knowledge_->purges.fed() >= kUnfedLife) feeding_->ask();
  } else if (!others_know) {
    feeding_.reset();
    settings.cache_ttl = std::min(settings.cache_ttl, kUnfedLife);
    knowledge_->answers.limit(cache_limits(settings));
  }
}

Parts::~Parts() { stop(); }

void Parts::start(Parts* before) {
  if (goes_on(before)) {
    knowledge_->answers.limit(limits_);
    if (feeding_) feeding_->go_on_from(*before->feeding_);
  }
  if (feeding_) feeding_->start();
  validator_->warm_up();
}

// Stops the feed first: it uses the store, which calls back into the validator.
void Parts::stop() {
  if (feeding_) feeding_->stop();
  if (shared_) shared_->stop();
  validator_->stop();
}

std::string cache_folder(const Settings& settings) {
  if (!settings.cache_dir.empty()) return settings.cache_dir;
  const char* runtime = std::getenv("XDG_RUNTIME_DIR");
  if (runtime != nullptr && *runtime == '/') return std::string(runtime) + "/zitadel-fcgi";
  return "/tmp/zitadel-fcgi-" + std::to_string(::getuid());
}

std::string in_words(const Settings& settings) {
  const auto store = [&]() -> std::string {
    if (!shares_anything(settings)) return "none";
    return settings.cache_server ? settings.cache_server->name() : cache_folder(settings);
  };
  return "domain " + settings.domain + ", project " +
         (settings.project_id.empty() ? "not set" : settings.project_id) + ", store " + store();
}

void warn_of_settings(const Settings& settings, Lifespan lifespan) {
  const LogSection about(LogSection::name_of(settings.section));
  for (const std::string& warning : settings.warnings) log(LogLevel::kWarn, warning);
  if (settings.events_token && !is_fed(settings)) {
    log(LogLevel::kWarn,
        "ZITADEL_EVENTS_TOKEN_FILE counts for nothing with ZITADEL_CACHE_TTL=0: ZITADEL is "
        "asked about each request");
  }
  if (!settings.project_id.empty()) return;
  if (settings.validation != Validation::kIntrospection) {
    log(LogLevel::kWarn,
        "ZITADEL_PROJECT_ID is not set: no role of a JWT that is checked here counts, and its "
        "audience must name this API's client id; set it to the id of the API's project");
  } else if (lifespan ==
             Lifespan::kManyRequests) {  // not for each request of plain CGI: all is well
    log(LogLevel::kInfo,
        "ZITADEL_PROJECT_ID is not set: ZITADEL itself checks that a token is meant for this "
        "API, and the roles that it names for the API's own project count");
  }
}

}  // namespace auth
