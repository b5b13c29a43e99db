// SPDX-License-Identifier: Apache-2.0
// Reading a .env file: NAME=value lines, as the common readers (python-dotenv, dotenv of npm) and
// a shell take them.
//
//   # comment                        an empty line, or one that begins with '#'
//   NAME=value # comment             blanks around name and value are dropped
//   export NAME=value                "export" is ignored
//   NAME='va\'lue'                   as it stands; \' and \\ are escapes
//   NAME="va\nlue"                   \\ \' \" \a \b \f \n \r \t \v are escapes
//   NAME                             a name alone has an empty value
//   [heading] # comment              begins a section
//
// A quoted value may span lines. Lines end with LF, CR LF or CR; a byte order mark is ignored.
// Variables (${NAME}) are not expanded: a '$' is a '$'.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "auth/base/secret.h"

namespace auth {

constexpr std::size_t kMaxDotenvBytes = 64 << 10;
constexpr std::size_t kMaxDotenvMistakes = 20;  // the text after the last one is not read

struct DotenvEntry {
  std::string name;  // letters, digits, '_', '-' and '.'
  Secret value;
  unsigned line = 0;        // of the name, counted from 1
  std::size_t section = 0;  // number of headings before it
};

struct DotenvHeading {
  std::string text;  // between the brackets, without blanks around it; empty: a mistake
  unsigned line = 0;
};

struct DotenvMistake {
  unsigned line = 0;
  std::string name;     // empty if none was read
  std::string message;  // follows the line's number; contains nothing of the file
};

struct Dotenv {
  std::vector<DotenvEntry> entries;  // in order; names may repeat
  std::vector<DotenvHeading> headings{};
  std::vector<DotenvMistake> mistakes;
  bool is_incomplete = false;  // there are lines that were not read
};

// REQUIRES: at most kMaxDotenvBytes. Entries are given also where there are mistakes.
[[nodiscard]] Dotenv parse_dotenv(SecretView text);

}  // namespace auth
