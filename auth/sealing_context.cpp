#include "auth/sealing_context.h"

#include "auth/base/private_file.h"
#include "auth/settings/settings.h"

namespace auth {

Result<std::string> sealing_context(const Settings& settings) {
  std::string context = settings.domain + '\n' + settings.introspection_url + '\n' +
                        settings.client_id + '\n' + settings.project_id + '\n' + settings.ca_file;
  for (const std::string& claim : settings.pass_claims) context += '\n' + claim;
  if (settings.ca_file.empty()) return context;
  const auto file = read_private_file(settings.ca_file, kMaxCaFileBytes);
  if (!file) return Error{Reason::kInternal, settings.ca_file + ' ' + file.error().sentence};
  return context.append("\n\n").append(file->text.reveal());
}

}  // namespace auth
