// SPDX-License-Identifier: Apache-2.0
#include "auth/base/file_access.h"

#include <grp.h>
#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <system_error>
#include <utility>

#include "auth/base/text.h"

namespace auth {
namespace {

constexpr uid_t kRoot = 0;
constexpr int kMostGroups = 1024;
constexpr std::size_t kMostLinks = 40;  // as Linux has it

// The bits of a mode that count for a user: those of the first class that it belongs to, also
// where a later one has more.
struct Class {
  char letter;    // as chmod names the class
  unsigned bits;  // 0 to 7
};
Class class_of(const struct stat& status, const Reader& reader) {
  if (status.st_uid == reader.uid) return {'u', (status.st_mode >> 6) & 7U};
  const bool is_member =
      std::find(reader.groups.begin(), reader.groups.end(), status.st_gid) != reader.groups.end();
  if (is_member) return {'g', (status.st_mode >> 3) & 7U};
  return {'o', status.st_mode & 7U};
}

bool may(const struct stat& status, const Reader& reader, unsigned bit) {
  return reader.uid == kRoot || (class_of(status, reader).bits & bit) != 0;
}
constexpr unsigned kRead = 4, kEnter = 1;

// Memory for one record of the system's tables of users and groups.
using Buffer = std::array<char, 16 << 10>;

std::string name_of_group(gid_t gid) {
  Buffer buffer;
  struct group record {};
  struct group* found = nullptr;
  static_cast<void>(::getgrgid_r(gid, &record, buffer.data(), buffer.size(), &found));
  return found == nullptr ? std::to_string(gid) : found->gr_name;
}

std::string name_of_user(uid_t uid) {
  Buffer buffer;
  struct passwd record {};
  struct passwd* found = nullptr;
  static_cast<void>(::getpwuid_r(uid, &record, buffer.data(), buffer.size(), &found));
  return found == nullptr ? std::to_string(uid) : found->pw_name;
}

// A group that bears the user's name has no other members, as a rule.
bool has_own_group(const Reader& reader) { return reader.group == reader.user; }

std::string hand_over(const std::string& path, const struct stat& status, const Reader& reader) {
  const std::string name = shell_word(path);
  if (status.st_uid == reader.uid) return "chmod 600 " + name;
  if (has_own_group(reader)) {
    return "chown root:" + shell_word(reader.group) + ' ' + name + " && chmod 640 " + name;
  }
  return "chown " + shell_word(reader.user) + ' ' + name + " && chmod 600 " + name;
}

std::string open_to(const std::string& path, const struct stat& status, const Reader& reader,
                    std::string_view permission) {
  return "chmod " + std::string(1, class_of(status, reader).letter) + '+' +
         std::string(permission) + ' ' + shell_word(path);
}

// Nobody else is let into a home, whatever lies in it.
bool is_home(const std::string& folder) {
  const std::filesystem::path path(folder);
  return folder == "/root" || path.parent_path() == "/home";
}

// Returns the command that lets the user enter the folder. If the folder's group is root's or has
// no permission there, the user's own group takes its place, so that others need not enter.
std::string way_into(const std::string& folder, const struct stat& status, const Reader& reader) {
  if (is_home(folder)) {
    return "move it to a folder that is nobody's home, such as /etc/zitadel-fcgi";
  }
  const bool may_regroup = class_of(status, reader).letter == 'o' && has_own_group(reader) &&
                           (status.st_gid == 0 || (status.st_mode & S_IRWXG) == 0);
  if (!may_regroup) return open_to(folder, status, reader, "x");
  const std::string name = shell_word(folder);
  return "chgrp " + shell_word(reader.group) + ' ' + name + " && chmod g+x " + name;
}

// The folders above a path, outermost first, those that links on the way lead through included.
void add_folders(const std::filesystem::path& path, std::vector<std::string>& folders) {
  std::filesystem::path folder;
  const std::filesystem::path parent = path.parent_path();
  for (const std::filesystem::path& part : parent) {
    folder /= part;
    const std::string name = folder.string();
    if (std::find(folders.begin(), folders.end(), name) == folders.end()) folders.push_back(name);
  }
}

std::vector<std::string> folders_above(const std::string& path) {
  std::error_code error;
  std::vector<std::string> folders;
  std::filesystem::path next = std::filesystem::absolute(path, error).lexically_normal();
  for (std::size_t links = 0; !error && links < kMostLinks; ++links) {
    add_folders(next, folders);
    const std::filesystem::path target = std::filesystem::read_symlink(next, error);
    if (error) break;
    next = (next.parent_path() / target).lexically_normal();
  }
  const std::filesystem::path real = std::filesystem::canonical(path, error);
  if (!error) add_folders(real, folders);
  return folders;
}

}  // namespace

Reader this_reader() {
  Reader reader{::geteuid(), ::getegid(), {}, {}, {}};
  std::array<gid_t, kMostGroups> groups{};
  const int count = ::getgroups(kMostGroups, groups.data());
  reader.groups.assign(groups.begin(), groups.begin() + std::max(count, 0));
  reader.groups.push_back(reader.gid);
  reader.user = name_of_user(reader.uid);
  reader.group = name_of_group(reader.gid);
  return reader;
}

std::optional<Reader> reader_named(const std::string& user) {
  Buffer buffer;
  struct passwd record {};
  struct passwd* found = nullptr;
  static_cast<void>(::getpwnam_r(user.c_str(), &record, buffer.data(), buffer.size(), &found));
  if (found == nullptr) return std::nullopt;
  Reader reader{found->pw_uid, found->pw_gid, {}, user, {}};
  reader.groups.resize(kMostGroups);
  int count = kMostGroups;
  if (::getgrouplist(user.c_str(), reader.gid, reader.groups.data(), &count) < 0) count = 0;
  reader.groups.resize(static_cast<std::size_t>(std::max(count, 0)));
  if (reader.groups.empty()) reader.groups.push_back(reader.gid);
  reader.group = name_of_group(reader.gid);
  return reader;
}

std::string privacy_remedy(const struct stat& status, const std::string& path,
                           const Reader& reader) {
  // Root gives a file to a group so that somebody else can read it.
  const bool is_own = status.st_uid == reader.uid && (reader.uid != kRoot || status.st_gid == 0);
  if ((status.st_mode & (is_own ? S_IRWXG | S_IRWXO : S_IRWXO)) == 0) return {};
  if (is_own) return "chmod 600 " + shell_word(path);
  struct stat closed = status;
  closed.st_mode &= ~static_cast<mode_t>(S_IRWXO);
  if (may(closed, reader, kRead)) return "chmod o= " + shell_word(path);
  return hand_over(path, status, reader);
}

std::vector<std::string> reading_obstacles(const std::string& path, const Reader& reader,
                                           bool holds_secret) {
  std::vector<std::string> obstacles;
  struct stat status {};
  for (const std::string& folder : folders_above(path)) {
    if (::stat(folder.c_str(), &status) != 0 || may(status, reader, kEnter)) continue;
    std::string obstacle = reader.user;
    obstacle.append(" may not enter ").append(folder).append(", where ").append(path);
    obstacles.push_back(obstacle.append(" lies: ").append(way_into(folder, status, reader)));
  }
  if (::stat(path.c_str(), &status) != 0 || may(status, reader, kRead)) return obstacles;
  obstacles.push_back(
      reader.user + " may not read " + path + ": " +
      (holds_secret ? hand_over(path, status, reader) : open_to(path, status, reader, "r")));
  return obstacles;
}

std::string shell_word(std::string_view text) {
  const auto is_plain = [](char byte) {
    return is_letter_or_digit(byte) ||
           std::string_view("/._-+,:@%").find(byte) != std::string_view::npos;
  };
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain)) return std::string(text);
  std::string word = "'";
  for (const char byte : text) word += byte == '\'' ? "'\\''" : std::string(1, byte);
  return word + '\'';
}

bool is_content_for_path(std::string_view text) noexcept {
  constexpr std::size_t kLongestPath = 1024;
  constexpr std::size_t kLongestName = 48;  // a personal access token has 71 bytes
  const auto holds = [text](std::string_view part) { return text.find(part) != text.npos; };
  return text.size() > kLongestPath || holds("{") || holds("-----") || holds("://") ||
         (text.size() > kLongestName && !holds("/"));
}

}  // namespace auth
