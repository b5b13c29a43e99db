// SPDX-License-Identifier: Apache-2.0
#include "auth/sealing_context.h"

#include "auth/settings/settings.h"

namespace auth {

std::string sealing_context(const Settings& settings) {
  std::string context = settings.domain + '\n' + settings.introspection_url + '\n' +
                        settings.client_id + '\n' + settings.project_id + '\n' + settings.ca_file;
  if (!settings.section.empty()) context += "\n[" + settings.section + ']';
  for (const std::string& claim : settings.pass_claims) context += '\n' + claim;
  if (settings.ca_file.empty()) return context;
  return context.append("\n\n").append(settings.ca_certificates);
}

}  // namespace auth
