// Words of a line that somebody wrote.
#pragma once

#include <string_view>
#include <vector>

namespace auth {

// What stands between blanks and tabs, in order. The views are of the text.
[[nodiscard]] std::vector<std::string_view> words_of(std::string_view text);

}  // namespace auth
