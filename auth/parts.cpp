#include "auth/parts.h"

#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <string_view>
#include <utility>

#include "auth/base/log.h"
#include "auth/known_tokens.h"
#include "auth/own_authentication.h"
#include "auth/sealing_context.h"
#include "auth/store/bucket_store.h"
#include "auth/store/redis_store.h"

namespace auth {
namespace {

constexpr unsigned kWorkers = 2;  // none where one request is all there is to do

std::unique_ptr<SharedStore> store_of(Settings& settings, const Clock& clock) {
  if (settings.cache_server) {
    return std::make_unique<RedisStore>(*std::move(settings.cache_server), clock);
  }
  return std::make_unique<BucketStore>(cache_folder(settings), clock);
}

// Null where nothing is to be kept or nothing is learned from ZITADEL, or OpenSSL fails: this
// process then learns alone.
std::unique_ptr<SharedCache> shared_cache_of(Settings& settings, const Clock& clock) {
  if (settings.cache_ttl.count() == 0) return nullptr;
  if (settings.validation == Validation::kJwt) return nullptr;
  const Result<Secret> secret = settings.application_key
                                    ? settings.application_key->key->derive("shared cache")
                                    : settings.client_secret.copy();
  Result<Sealer> sealer =
      secret ? Sealer::make(*secret, sealing_context(settings)) : Result<Sealer>(secret.error());
  if (!sealer) {
    log(LogLevel::kError, "no shared cache: " + to_string(sealer.error()));
    return nullptr;
  }
  return std::make_unique<SharedCache>(
      store_of(settings, clock), *std::move(sealer),
      SharedCache::Lifetimes{settings.cache_ttl, settings.grace, settings.timeout}, clock);
}

// Whether callers' roles in other projects than this API's are passed on.
bool passes_roles(const Settings& settings) {
  constexpr std::string_view kRoles = "urn:zitadel:iam:org:project";
  return std::any_of(settings.pass_claims.begin(), settings.pass_claims.end(),
                     [&](const std::string& claim) { return claim.starts_with(kRoles); });
}

bool is_fed(const Settings& settings) {
  return settings.events_token && settings.cache_ttl.count() > 0 &&
         settings.validation != Validation::kJwt;
}

}  // namespace

Parts::Parts(Settings& settings, Lifespan lifespan, const Clock& clock)
    : shared_(shared_cache_of(settings, clock)),
      workers_(lifespan == Lifespan::kManyRequests ? kWorkers : 0),
      authentication_(own_authentication(settings, clock)),
      http_({settings.connect_timeout, settings.timeout, settings.max_in_flight,
             settings.max_connections, settings.ca_file}),
      purges_(settings.project_id, passes_roles(settings)) {
  const bool is_alone = lifespan == Lifespan::kOneRequest;
  if (is_fed(settings)) {
    feeding_.emplace(settings, http_, shared_.get(), purges_, clock);
    // Who ends with the first request learns of purges from others only. Where nobody polls, all is
    // as without a feed.
    if (!feeding_->look() && is_alone) {
      feeding_.reset();
      settings.cache_ttl = std::min(settings.cache_ttl, kUnfedLife);
    }
  }
  validator_.emplace(settings, TokenValidator::Dependencies{http_, *authentication_, clock,
                                                            workers_, shared_.get(), !is_alone,
                                                            feeding_ ? &purges_ : nullptr});
}

Parts::~Parts() { stop(); }

void Parts::start() {
  if (feeding_) feeding_->start();
  validator_->warm_up();
}

// The feed first: it uses the store, which calls back into the validator.
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

void warn_of_settings(const Settings& settings, Lifespan lifespan) {
  for (const std::string& warning : settings.warnings) log(LogLevel::kWarn, warning);
  if (settings.events_token && settings.validation == Validation::kJwt) {
    log(LogLevel::kWarn,
        "ZITADEL_EVENTS_TOKEN_FILE counts for nothing with ZITADEL_VALIDATION=jwt: a revoked "
        "JWT is let in until it expires");
  } else if (settings.events_token && settings.cache_ttl.count() == 0) {
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
