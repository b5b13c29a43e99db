// SPDX-License-Identifier: Apache-2.0
#include "fcgi/command/other_user.h"

#include <grp.h>
#include <unistd.h>

#include <cstddef>

#include "auth/base/file_access.h"
#include "auth/settings/load.h"

namespace fcgi {
namespace {

using auth::Reader;

bool is(const Reader& reader) { return ::geteuid() == reader.uid && ::getuid() == reader.uid; }

// Acts as this user while the object lives, so that the system itself decides: access lists and the
// like count as well.
class ActingAs {
 public:
  explicit ActingAs(const Reader& reader) : former_(auth::this_reader()) {
    acts_ = ::setgroups(reader.groups.size(), reader.groups.data()) == 0 &&
            ::setegid(reader.gid) == 0 && ::seteuid(reader.uid) == 0;
  }
  ActingAs(const ActingAs&) = delete;
  ActingAs& operator=(const ActingAs&) = delete;
  ~ActingAs() {
    const bool is_back = ::seteuid(former_.uid) == 0 && ::setegid(former_.gid) == 0 &&
                         ::setgroups(former_.groups.size(), former_.groups.data()) == 0;
    if (!is_back) ::_exit(1);  // the user is not known any more
  }

  [[nodiscard]] bool acts() const noexcept { return acts_; }

 private:
  const Reader former_;
  bool acts_ = false;
};

bool can_read(const Reader& reader, const std::string& path) {
  if (::euidaccess(path.c_str(), F_OK) != 0) return true;  // missing for all: another mistake
  const ActingAs acting(reader);
  return acting.acts() && ::euidaccess(path.c_str(), R_OK) == 0;
}

bool become(const Reader& reader) {
  return ::setgroups(reader.groups.size(), reader.groups.data()) == 0 &&
         ::setgid(reader.gid) == 0 && ::setuid(reader.uid) == 0 && is(reader);
}

std::vector<std::string> report_unreadable(const Reader& reader,
                                           const std::vector<auth::SettingFile>& files,
                                           Report& report) {
  std::vector<std::string> subjects;
  for (const auth::SettingFile& file : files) {
    if (can_read(reader, file.path)) continue;
    subjects.push_back(file.subject);
    auto obstacles = auth::reading_obstacles(file.path, reader, file.holds_secret);
    if (obstacles.empty()) obstacles.push_back(reader.user + " may not read " + file.path);
    for (const std::string& obstacle : obstacles) {
      report.bad("as " + reader.user, file.subject + ": " + obstacle);
    }
  }
  return subjects;
}

}  // namespace

auth::Result<std::vector<std::string>, auth::Mistake> become_user(
    const std::string& user, const auth::Environment& environment, std::string_view program,
    Report& report) {
  const auto reader = auth::reader_named(user);
  if (!reader) return auth::Mistake{"--as " + user + ": there is no such user"};
  if (is(*reader)) return std::vector<std::string>();
  if (::geteuid() != 0) {
    return auth::Mistake{"--as " + user + " asks for root: put sudo before it"};
  }
  auto unreadable =
      report_unreadable(*reader, auth::find_setting_files(environment, program), report);
  if (!unreadable.empty()) return unreadable;
  if (!become(*reader)) return auth::Mistake{"--as " + user + ": the system refuses that"};
  report.good("as " + user, "can read all files of the settings");
  return unreadable;
}

}  // namespace fcgi
