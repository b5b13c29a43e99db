// Input: a REQUEST_URI.
#include "fcgi/request_path.h"

#include "tests/fuzz/fuzz.h"

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::optional<std::string> path = fcgi::request_path(fuzz::text_of(data, size));
  if (!path) return 0;
  fuzz::require(path->starts_with('/') && path->size() <= size + 1);
  for (const char byte : *path) {
    fuzz::require(static_cast<unsigned char>(byte) >= 0x20 && byte != '\\');
  }
  const std::string closed = *path + "/";
  for (const char* unfolded : {"//", "/./", "/../"}) {
    fuzz::require(path->find(unfolded) == path->npos);
    const bool only_slash = unfolded == std::string_view("//");
    fuzz::require(only_slash || closed.find(unfolded) == closed.npos);
  }
  // What was decoded is not decoded again, so a path that holds a '%' would change.
  if (path->find_first_of("%?#") == path->npos) fuzz::require(fcgi::request_path(*path) == path);
  return 0;
}
