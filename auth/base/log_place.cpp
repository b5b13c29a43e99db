// SPDX-License-Identifier: Apache-2.0
#include "auth/base/log_place.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <filesystem>
#include <string_view>
#include <system_error>

#include "auth/base/descriptor.h"

namespace auth {
namespace {

using std::filesystem::path;

// Names that hosts and distributions give to the folder that a web server serves.
constexpr std::array<std::string_view, 5> kServedFolders{"public_html", "htdocs", "httpdocs",
                                                         "html", "www"};
constexpr std::array<std::string_view, 4> kServedFiles{".htaccess", "index.html", "index.htm",
                                                       "index.php"};

bool is_there(const path& file) {
  struct stat status {};
  return ::lstat(file.c_str(), &status) == 0;
}

// is_parent: the log itself lies in this folder.
bool seems_served(const path& folder, bool is_parent) {
  // Further down in /var/www many hosts keep their customers' homes.
  const bool holds_homes = folder == "/var/www" && !is_parent;
  const auto is_named = [&](std::string_view name) { return folder.filename() == name; };
  const auto holds = [&](std::string_view name) { return is_there(folder / name); };
  return (!holds_homes && std::any_of(kServedFolders.begin(), kServedFolders.end(), is_named)) ||
         std::any_of(kServedFiles.begin(), kServedFiles.end(), holds);
}

// Returns the innermost folder above the file that seems to be served; empty if there is none.
path served_folder(const path& file, const path& document_root) {
  const path parent = file.parent_path();
  for (path folder = parent; folder.has_relative_path(); folder = folder.parent_path()) {
    if (folder == document_root || seems_served(folder, folder == parent)) return folder;
  }
  return {};
}

path without_slash(const path& name) { return name.has_filename() ? name : name.parent_path(); }

// Returns the name without links; as it is written if they cannot be resolved.
path resolved(const path& name) {
  std::error_code error;
  path found = std::filesystem::weakly_canonical(name, error);
  return error ? name : found;
}

// Lines of a log would spoil a key, the rules or a program. A file that cannot be read may be a log
// that only root reads: whether it can be written is another question.
bool holds_something_else(const std::string& file, Lines lines) {
  const Descriptor opened(
      ::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY));
  if (!opened.is_open()) return false;
  std::array<char, 4096> beginning;
  const ssize_t size = ::read(opened.get(), beginning.data(), beginning.size());
  if (size <= 0) return false;
  const std::string_view text(beginning.data(), static_cast<std::size_t>(size));
  const auto holds = [&](std::string_view part) { return text.find(part) != text.npos; };
  const bool is_audit = holds("\"program\":\"zitadel-fcgi\",\"decision\":");
  if (lines == Lines::kAudit) return !is_audit;
  return is_audit || !(holds("zitadel-fcgi[") || holds("\"program\":\"zitadel-fcgi\""));
}

}  // namespace

Result<void, Mistake> check_log_place(const std::string& file, const std::string& document_root,
                                      Lines lines) {
  struct stat status {};
  if (file.ends_with('/')) return Mistake{"names a folder: write the name of a file in it"};
  if (::lstat(file.c_str(), &status) != 0) {
    if (errno == ENAMETOOLONG) return Mistake{"is too long a name"};
  } else if (S_ISLNK(status.st_mode)) {
    return Mistake{"is a link: write the name of the file itself"};
  } else if (!S_ISREG(status.st_mode)) {
    return Mistake{"is not a regular file"};
  } else if (holds_something_else(file, lines)) {
    return Mistake{"holds something else than this program's " +
                   std::string(lines == Lines::kLog ? "log" : "audit") +
                   ": write the path of a file of its own"};
  }
  std::error_code error;
  const path written = std::filesystem::absolute(file, error).lexically_normal();
  const path root = without_slash(path(document_root).lexically_normal());
  // A link may lead into a document root, or out of one that the web server knows by the link's
  // name.
  path served = served_folder(written, root);
  if (served.empty()) served = served_folder(resolved(written), resolved(root));
  if (served.empty()) return {};
  return Mistake{"lies below " + served.string() +
                 ", which seems to be what the web server serves: write a path outside of it"};
}

}  // namespace auth
