// SPDX-License-Identifier: Apache-2.0
#include "cli/setup/options.h"

namespace cli {

std::string_view setup_help() noexcept {
  return R"(Usage: zitadel-setup --domain URL --project NAME [--role KEY...] --service-user NAME --dir DIR
                     (--admin-token-file FILE | --admin-key FILE) [OPTION]...
Make, or find, all that the API needs in ZITADEL, and write the files that it starts with.

  --domain URL           ZITADEL's address: https://my-instance.zitadel.cloud
  --project NAME         the project
  --role KEY...          roles of the project, which the service user is granted
  --application NAME     the API application in the project (default: api)
  --service-user NAME    the service user that calls the API
  --access-token-type T  bearer (what a new service user gets, if nothing is said) or jwt
  --org ID               the organisation (default: the administrator's own)
  --dir DIR              where the files are written: api-key.json, api.env, user.json, and
                         zitadel-setup.json, which says what was made
  --owner USER           who may read api-key.json, api.env and events-key.json: the web server's
                         user, www-data. user.json stays with whoever runs this command
  --events               ask ZITADEL for its events, so that what they end is asked about again at
                         once: make a service user that may read them (IAM_OWNER_VIEWER), and its
                         key file, events-key.json. This needs an IAM_OWNER
  --events-user NAME     its name (default: zitadel-fcgi-events); several APIs may share it, each
                         with a key of its own
  --demo DIR             try it with the tests' issuer, which runs with --data DIR: it brings
                         --domain, --admin-token-file and a name for all that is not named
  --key-days N           the keys end after so many days (default: they do not end)
  --ca-file FILE         trust the certificate authorities in this PEM file instead of the system's

Whose rights are used, one of the two:
  --admin-token-file F   an administrator's personal access token; "-" is standard input
  --admin-key FILE       the key of a service user that is an administrator
ORG_OWNER of the organisation is enough for all but --events.

What else it does:
  --dry-run              print the plan and change nothing
  --yes                  do not ask
  --json                 say it in JSON; with --yes or --dry-run
  --new-key              replace keys whose file is lost, or that end within 30 days
  --rotate-key           replace all keys: make new ones, check that they work, write them. The old
                         ones work on, for what runs with them, until they are removed:
  --remove-old-keys      remove what was replaced; what runs must have the new keys by then:
                         reload it, or restart it where systemd starts it with the shipped unit
                         (systemctl restart zitadel-fcgi)
  --remove               take away what this command made, and nothing else
  --help                 show this text
  --version              show the version

It asks before it changes anything. A second run changes nothing, and completes a first one that
was cut off. The exit status is 0 or 1.
ZITADEL_ALLOW_HTTP=1 in the environment allows http:// to other than loopback addresses.

  sudo zitadel-setup --domain https://my-instance.zitadel.cloud --admin-token-file admin.pat \
    --project my-api --role read:messages --service-user my-caller \
    --dir /etc/zitadel-fcgi --owner www-data
)";
}

}  // namespace cli
