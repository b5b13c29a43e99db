// SPDX-License-Identifier: Apache-2.0
#include "auth/settings/rows.h"

namespace auth {
namespace {

using namespace setting_kinds;
using Group = SettingGroup;
using Modes = SettingModes;
using Part = SettingPart;

// Room for some tokens with claims of the maximum length in each of the cache's parts.
constexpr std::uint64_t kLeastCacheBytes = 4 << 20;
constexpr std::uint64_t kMostCacheBytes = std::uint64_t{64} << 30;

// ZITADEL_ALLOW_HTTP stands before the URLs that it concerns.
constexpr SettingRow kRows[] = {
    {.setting = {"ZITADEL_ALLOW_HTTP"},
     .kind = choice<&Settings::allow_http, kSwitch>,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .meaning = "on: call `http://` URLs also where they do not name this machine.",
     .more = "Tokens and secrets then cross the network unprotected."},
    {.setting = {"ZITADEL_DOMAIN"},
     .kind = domain,
     .group = Group::kInstance,
     .modes = Modes::kAll,
     .fallback = "required",
     .meaning = "The instance's own URL, the issuer of its tokens; without a path.",
     .example = "https://my-instance.zitadel.cloud",
     .part = Part::kOfInstance},
    {.setting = {"ZITADEL_INTROSPECTION_URL"},
     .kind = introspection_url,
     .group = Group::kInstance,
     .modes = Modes::kAsking,
     .fallback = "what the instance's discovery document says",
     .meaning = "Where tokens are introspected.",
     .more = "For ZITADEL that is ZITADEL_DOMAIN/oauth/v2/introspect.",
     .part = Part::kOfInstance},
    {.setting = {"API_PRIVATE_KEY_FILE_PATH"},
     .kind = key_file,
     .group = Group::kAuthentication,
     .modes = Modes::kAll,
     .fallback = "required, or the next two",
     .meaning = "The key file that the console hands out for an API application with the method "
                "\"Private Key JWT\".",
     .more = "Others must not be able to read it (chmod 600).",
     .example = "api-key.json",
     .part = Part::kOfInstance},
    {.setting = {"ZITADEL_CLIENT_ID"},
     .kind = ascii<&Settings::client_id, '!'>,
     .group = Group::kAuthentication,
     .modes = Modes::kAll,
     .fallback = "that of the key file",
     .meaning = "The client id of an API application with the method \"Basic\".",
     .part = Part::kOfInstance},
    {.setting = {"ZITADEL_CLIENT_SECRET", true},
     .kind = client_secret,
     .group = Group::kAuthentication,
     .modes = Modes::kAll,
     .fallback = "none",
     .meaning = "The client secret of that application.",
     .part = Part::kOfInstance},
    {.setting = {"ZITADEL_PROJECT_ID"},
     .kind = project_id,
     .group = Group::kCallers,
     .modes = Modes::kAll,
     .fallback = "none: ZITADEL itself checks the audience and names the roles",
     .meaning = "The id of this API's project: a token must name it or the client id in its "
                "audience, and its roles alone count. Set it where JWTs are checked here: without "
                "it none of their roles counts.",
     .more =
         "Not set, ZITADEL itself checks the audience of a token that it is asked about, and "
         "names the roles that its user holds in the API's project. For a provider that is not "
         "ZITADEL, whose \"active\" need not mean that a token is meant for this API, set it to "
         "0: tokens must then name the client id.",
     .part = Part::kOfInstance},
    {.setting = {"ZITADEL_VALIDATION"},
     .kind = choice<&Settings::validation, kValidations>,
     .group = Group::kJudging,
     .modes = Modes::kAll,
     .meaning = "Who judges a token.",
     .more =
         "introspection: ZITADEL is asked about each token, whatever it is.\n"
         "jwt: a JWT access token is checked here with ZITADEL's key set, an opaque one is "
         "refused. "
         "ZITADEL is not asked, so a revoked token is let in until it expires, and it holds roles "
         "only if they were asked for (scope urn:zitadel:iam:org:projects:roles). No API "
         "application is needed then: either ZITADEL_PROJECT_ID or ZITADEL_CLIENT_ID, without a "
         "secret, says which tokens are meant for this API. Its roles count only with "
         "ZITADEL_PROJECT_ID. A person's JWT holds them only if the app has the switch "
         "accessTokenRoleAssertion on as well. Rules by \"scope:\", and AUTH_SCOPE, AUTH_USERNAME "
         "and AUTH_EMAIL, need introspection: no JWT holds these.\n"
         "jwt-or-introspection: a JWT is checked here, ZITADEL is asked about an opaque token."},
    {.setting = {"ZITADEL_JWT_SHIELD"},
     .kind = choice<&Settings::jwt_shield, kSwitch>,
     .group = Group::kJudging,
     .modes = Modes::kIntrospection,
     .meaning = "on: ZITADEL is not asked about a JWT that is proved bad: of another issuer, "
                "expired, or wrongly signed under a key that ZITADEL has published."},
    {.setting = {"ZITADEL_REALM"},
     .kind = ascii<&Settings::realm, ' '>,
     .group = Group::kCallers,
     .modes = Modes::kAll,
     .meaning = "What a refused caller is told to be in front of: the \"realm\" of "
                "WWW-Authenticate (RFC 6750)."},
    {.setting = {"ZITADEL_CA_FILE"},
     .kind = ca_file,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .fallback = "the system's",
     .meaning = "Certificates (PEM) to trust instead of the system's, for a ZITADEL behind a "
                "private certificate authority."},
    {.setting = {"ZITADEL_CONNECT_TIMEOUT_MS"},
     .kind = number<&Settings::connect_timeout, 10, 60000, kMilliseconds>,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .meaning = "Until a connection to ZITADEL must be there."},
    {.setting = {"ZITADEL_TIMEOUT_MS"},
     .kind = number<&Settings::timeout, 10, 60000, kMilliseconds>,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .meaning = "Until ZITADEL's answer must be there."},
    {.setting = {"ZITADEL_THREADS"},
     .kind = number<&Settings::threads, 1, 64>,
     .group = Group::kProgram,
     .modes = Modes::kAll,
     .meaning = "Threads that take requests. None of them ever waits for ZITADEL, so few are "
                "enough.",
     .more = "Plain CGI has one, whatever stands here.",
     .part = Part::kWholeProgram},
    {.setting = {"ZITADEL_LOG_LEVEL"},
     .kind = choice<&Settings::log_level, kLogLevels>,
     .group = Group::kProgram,
     .modes = Modes::kAll,
     .meaning = "How much is logged. No level shows a token or key.",
     .part = Part::kWholeProgram},
    {.setting = {"ZITADEL_LOG_FILE"},
     .kind = log_file,
     .group = Group::kProgram,
     .modes = Modes::kAll,
     .fallback = "none: standard error",
     .meaning = "A file to which log lines are appended instead of standard error.",
     .more = "The program makes it (mode 600), opens it anew on SIGHUP, and refuses one that seems "
             "to lie where the web server serves files from. Standard error is, with most web "
             "servers, their own log.",
     .part = Part::kWholeProgram},
    {.setting = {"ZITADEL_METRICS"},
     .kind = metrics,
     .group = Group::kProgram,
     .modes = Modes::kAll,
     .meaning =
         "Who may see what the program counts, for Prometheus at `/zitadel/metrics` and as a "
         "page at `/zitadel/status`. local: who calls from this machine, and through no "
         "proxy.",
     .more = "Or whose token meets a requirement, such as role:operator. docs/metrics.md tells "
             "what there is. The processes of a machine count together, in a file metrics-… in "
             "ZITADEL_CACHE_DIR."},
    {.setting = {"ZITADEL_LOG_FORMAT"},
     .kind = choice<&Settings::log_format, kLogFormats>,
     .group = Group::kProgram,
     .modes = Modes::kAll,
     .meaning = "How a line of the log is written: as text, or as an object of JSON, with time, "
                "level, pid, message, and the request that it is about.",
     .more = "docs/logging.md says what stands in each.",
     .part = Part::kWholeProgram},
    {.setting = {"ZITADEL_AUDIT_FILE"},
     .kind = audit_file,
     .group = Group::kProgram,
     .modes = Modes::kAll,
     .fallback = "off",
     .meaning = "Where a line of JSON is written about each decision: who wanted what, whether it "
                "was let in, and why not. The path of a file, or the systemd journal.",
     .more = "The program makes the file (mode 600), opens it anew on SIGHUP, and refuses one that "
             "seems to lie where the web server serves files from. docs/logging.md says what "
             "stands in a line."},
    {.setting = {"ZITADEL_CACHE_TTL"},
     .kind = number<&Settings::cache_ttl, 0, 3600, kSeconds>,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .meaning = "How long an answer of ZITADEL is used again: so long may a revoked token still be "
                "let in. 0: ZITADEL is asked every time."},
    {.setting = {"ZITADEL_CACHE_MAX_BYTES"},
     .kind = number<&Settings::cache_max_bytes, kLeastCacheBytes, kMostCacheBytes, kBytes>,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .meaning = "Memory that known tokens may take, at some 600 bytes each; those used longest "
                "ago are forgotten first."},
    {.setting = {"ZITADEL_CACHE_MAX_TOKENS"},
     .kind = cache_max_tokens,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .counts = false},
    {.setting = {"ZITADEL_CACHE_DIR"},
     .kind = cache_dir,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .fallback = "`$XDG_RUNTIME_DIR/zitadel-fcgi`, else `/tmp/zitadel-fcgi-UID`",
     .meaning = "The folder through which the processes of this machine tell each other what they "
                "have learned, sealed so that nobody else can read or forge it.",
     .more = "It is made when it is not there, and must belong to the program's user alone. The "
             "file in it, buckets-…, takes 64 MiB at most, and may be deleted at any time."},
    {.setting = {"ZITADEL_CACHE_URL", true},
     .kind = cache_url,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .fallback = "none",
     .meaning =
         "Instead of the folder, a Redis or Valkey server through which the processes of "
         "several machines tell each other, sealed in the same way: "
         "`redis://USER:PASSWORD@HOST:PORT/DATABASE`, of which all but HOST may be left out, "
         "or `unix:/PATH`.",
     .more = "With what the server asks for: unix:/PATH?db=DATABASE&user=USER&password=PASSWORD. "
             "Other characters than letters and digits in user and password as %XX. While the "
             "server fails, each process learns alone; it is waited for 50 ms at most for each "
             "question."},
    {.setting = {"ZITADEL_EVENTS_TOKEN_FILE"},
     .kind = events_token,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .fallback = "none: a remembered answer ends with its time only",
     .meaning = "A personal access token of a service user with the role IAM_OWNER_VIEWER, or that "
                "user's key file: ZITADEL is asked for its events, and what they end is asked "
                "about again at once. A JWT that is checked here is refused from then on.",
     .more =
         "Others must not be able to read it (chmod 600); it is read again when it has changed. "
         "ZITADEL_CACHE_TTL is 300 then where it is not set and ZITADEL is asked about tokens. "
         "While events cannot be had, no answer serves longer than 30 seconds, and no JWT is "
         "let in for longer by what is known here. One process of a machine asks for all. "
         "docs/events.md says which event ends what.",
     .part = Part::kOfInstance},
    {.setting = {"ZITADEL_EVENTS_INTERVAL_MS"},
     .kind = number<&Settings::events_interval, 100, 2000, kMilliseconds>,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .meaning = "How often ZITADEL is asked for its events."},
    {.setting = {"ZITADEL_GRACE"},
     .kind = number<&Settings::grace, 0, 86400, kSeconds>,
     .group = Group::kCache,
     .modes = Modes::kAll,
     .meaning = "How long a remembered answer that has run out is still used while ZITADEL cannot "
                "be reached, never beyond the token's own expiry.",
     .more =
         "Where JWTs are checked here beside ZITADEL_EVENTS_TOKEN_FILE: how much longer than 30 "
         "seconds they are let in while ZITADEL's events cannot be had."},
    {.setting = {"ZITADEL_GRACE_WHEN"},
     .kind = choice<&Settings::grace_when, kGraceWhen>,
     .group = Group::kCache,
     .modes = Modes::kAsking,
     .meaning =
         "unreachable: only then. failing: also while ZITADEL calls every token inactive, as "
         "it does where its database fails.",
     .more = "Until it calls a token active again callers are otherwise answered 503."},
    {.setting = {"ZITADEL_RULES"},
     .kind = rules_file,
     .group = Group::kProtection,
     .modes = Modes::kAll,
     .fallback = "none: a web server that asks is answered 503",
     .meaning = "A file of rules by which the web server lets requests through to what other "
                "programs serve; docs/rules.md says how it is written."},
    {.setting = {"ZITADEL_MODE"},
     .kind = choice<&Settings::mode, kModes>,
     .group = Group::kProtection,
     .modes = Modes::kAll,
     .meaning = "report: the rules refuse nobody, and the protected program is told in "
                "AUTH_WOULD_BE what would have been; to try them in front of a living site.",
     .more =
         "Everything is decided, logged and counted as with enforce. Who would be refused goes on "
         "without REMOTE_USER and AUTH_ variables. This program's own endpoints refuse as "
         "always."},
    {.setting = {"ZITADEL_PASS_CLAIMS"},
     .kind = pass_claims,
     .group = Group::kProtection,
     .modes = Modes::kAll,
     .fallback = "none",
     .meaning = "Claims that protected programs are given beyond the usual ones: \"email\" becomes "
                "AUTH_EMAIL, and every other character than letters and digits becomes \"_\"."},
    {.setting = {"ZITADEL_MAX_TOKEN_BYTES"},
     .kind = max_token_bytes,
     .group = Group::kCallers,
     .modes = Modes::kAll,
     .meaning = "The longest access token that is taken, the word Bearer before it included; 400 "
                "beyond. A JWT with many roles can be longer than the default.",
     .more =
         "The web server has a limit of its own, which its file tells how to raise. "
         "zitadel-token goes by the variable of this name in its environment. Each request that "
         "waits for ZITADEL holds its token in memory."},
    {.setting = {"ZITADEL_TOKEN_COOKIE"},
     .kind = token_cookie,
     .group = Group::kCallers,
     .modes = Modes::kAll,
     .fallback = "none: no cookie is looked at",
     .meaning = "The name of a cookie that may bring the access token instead of the Authorization "
                "header, such as `__Host-token`.",
     .more = "A request that may change something, or opens a WebSocket, must then come from this "
             "site itself or from one that ZITADEL_CORS_ORIGINS names (not \"*\"), as Origin and "
             "Sec-Fetch-Site say. A token in two places at once is answered 400. docs/browsers.md "
             "says more."},
    {.setting = {"ZITADEL_TOKEN_WEBSOCKET"},
     .kind = choice<&Settings::token_websocket, kSwitch>,
     .group = Group::kCallers,
     .modes = Modes::kAll,
     .meaning = "on: a WebSocket's handshake may bring the access token in Sec-WebSocket-Protocol, "
                "behind the word bearer: `new WebSocket(url, [\"bearer\", token, \"chat\"])`.",
     .more = "The web server has to take it out for the protected program: docs/browsers.md."},
    {.setting = {"ZITADEL_RESOURCE"},
     .kind = resource,
     .group = Group::kCallers,
     .modes = Modes::kAll,
     .fallback = "none: they are not",
     .meaning =
         "This API's own URL, as its callers know it, such as `https://api.example.org/api`: "
         "clients are told where to get a token (RFC 9728).",
     .more = "The program then answers /.well-known/oauth-protected-resource followed by the URL's "
             "path, and names that document in every challenge.",
     .part = Part::kOfInstance},
    {.setting = {"ZITADEL_CORS_ORIGINS"},
     .kind = cors_origins,
     .group = Group::kCallers,
     .modes = Modes::kAll,
     .fallback = "none",
     .meaning = "Origins whose scripts may call this API from a browser, such as "
                "`https://app.example.org`; or `*` for all.",
     .more = "Where there are none, browsers let no script of another origin read an answer."},
    {.setting = {"ZITADEL_MAX_IN_FLIGHT"},
     .kind = number<&Settings::max_in_flight, 1, 65536>,
     .group = Group::kWay,
     .modes = Modes::kAsking,
     .meaning = "Questions to ZITADEL that may be open at once. A quarter is kept for tokens that "
                "were good before; one client has half at most. Whoever has fewest under way is "
                "next; a question keeps its place until ZITADEL has answered or the deadline has "
                "passed, also where its caller has gone."},
    {.setting = {"ZITADEL_MAX_CONNECTIONS"},
     .kind = number<&Settings::max_connections, 1, 65536>,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .meaning = "Connections to ZITADEL at once; over HTTP/2 a few are enough for all questions."},
    {.setting = {"ZITADEL_MAX_PARKED"},
     .kind = number<&Settings::max_parked, 1, 65536>,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .meaning = "Requests that may wait for ZITADEL; beyond it 503. A quarter is kept for tokens "
                "that were good before; one client has half at most, and 429 beyond it. Where all "
                "places are taken, whoever holds most of them gives one up to a client that holds "
                "fewer, and that request is answered 429; who holds no more than all others, 503. "
                "Both say when to come again (`Retry-After`)."},
    {.setting = {"ZITADEL_CLIENT_ADDRESS_HEADER"},
     .kind = client_address_header,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .fallback = "none: the client is who calls the web server (`REMOTE_ADDR`)",
     .meaning = "Behind a proxy all requests come from its address: the header by which it tells "
                "the client's, such as X-Forwarded-For. Needs the next one.",
     .more = "The last address in the header that is no such proxy's is the client's."},
    {.setting = {"ZITADEL_TRUSTED_PROXIES"},
     .kind = trusted_proxies,
     .group = Group::kWay,
     .modes = Modes::kAll,
     .fallback = "none",
     .meaning = "The proxies that are believed when they send that header."},
};

}  // namespace

std::span<const SettingRow> setting_rows() { return kRows; }

}  // namespace auth
