// SPDX-License-Identifier: Apache-2.0
// libcurl, loaded when the first question is asked.
//
// Loading it and the thirty-odd libraries behind it takes several times as long as all the rest of
// a plain CGI process, and a process that finds its answer in a cache never needs it.
#pragma once

#include <curl/curl.h>

namespace auth {

struct CurlLibrary {
  decltype(&curl_easy_init) easy_init;
  decltype(&curl_easy_cleanup) easy_cleanup;
  decltype(&curl_easy_reset) easy_reset;
  decltype(&curl_easy_setopt) easy_setopt;
  decltype(&curl_easy_getinfo) easy_getinfo;
  decltype(&curl_easy_strerror) easy_strerror;
  decltype(&curl_easy_header) easy_header;
  decltype(&curl_multi_init) multi_init;
  decltype(&curl_multi_cleanup) multi_cleanup;
  decltype(&curl_multi_setopt) multi_setopt;
  decltype(&curl_multi_add_handle) multi_add_handle;
  decltype(&curl_multi_remove_handle) multi_remove_handle;
  decltype(&curl_multi_socket_action) multi_socket_action;
  decltype(&curl_multi_info_read) multi_info_read;
  decltype(&curl_getdate) getdate;
  decltype(&curl_slist_append) slist_append;
  decltype(&curl_slist_free_all) slist_free_all;
};

// Returns the library, which the first call loads and initialises; null, with an error line in the
// log, if it cannot be used. Thread-safe.
[[nodiscard]] const CurlLibrary* curl_library();

}  // namespace auth
