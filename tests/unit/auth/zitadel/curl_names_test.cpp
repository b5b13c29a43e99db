// SPDX-License-Identifier: Apache-2.0
#include <cppunit/extensions/HelperMacros.h>

#include <chrono>
#include <functional>
#include <iostream>
#include <string>
#include <thread>

#include "auth/zitadel/curl_http_client.h"
#include "tests/unit/support/child.h"
#include "tests/unit/support/http_asker.h"
#include "tests/unit/support/loopback_server.h"
#include "tests/unit/support/own_names.h"
#include "tests/unit/support/sockets.h"

namespace {

using auth::CurlHttpClient;
using auth::HttpOptions;
using auth::Reason;
using std::chrono::milliseconds;
using std::chrono::seconds;
using std::chrono::steady_clock;
using support::ask;
using support::http_answer;
using support::HttpOutcome;
using support::LoopbackServer;
using support::OwnNames;

HttpOptions with_names_looked_up_often(HttpOptions options = {}) {
  options.name_interval = milliseconds(100);
  return options;
}

LoopbackServer::Behaviour says(const std::string& body) {
  return [body](LoopbackServer::Connection& connection) {
    while (!connection.read_request().empty()) connection.send(http_answer(200, body));
  };
}

bool is_answered(const HttpOutcome& outcome, const std::string& body) {
  if (!outcome) std::cerr << to_string(outcome.error()) << '\n';
  return outcome && outcome->body == body;
}

// Names, with the system's own resolver.
class CurlNamesTest : public CppUnit::TestFixture {
  CPPUNIT_TEST_SUITE(CurlNamesTest);
  CPPUNIT_TEST(waits_for_a_name_no_longer_than_for_a_connection);
  CPPUNIT_TEST(is_destroyed_without_waiting_for_a_name);
  CPPUNIT_TEST(follows_a_name_that_leads_elsewhere);
  CPPUNIT_TEST(keeps_a_connection_whose_name_still_leads_to_it);
  CPPUNIT_TEST(keeps_a_working_connection_while_its_name_is_not_resolved);
  CPPUNIT_TEST_SUITE_END();

  // In a child process with such names.
  static void with_names(const std::string& hosts, const std::function<bool(OwnNames&)>& run) {
    if (!OwnNames::can_be_had()) {
      std::cerr << "\nno network can be had here: names are not tested\n";
      return;
    }
    CPPUNIT_ASSERT_EQUAL(std::string(), support::run_in_child([&] {
                           OwnNames names(hosts);
                           return run(names);
                         }));
  }

  static std::string at(const std::string& host, const std::string& url) {
    return "http://" + host + url.substr(url.rfind(':'));
  }

  void waits_for_a_name_no_longer_than_for_a_connection() {
    with_names("", [](OwnNames&) {
      const LoopbackServer server(says("kept"));
      CurlHttpClient client(with_names_looked_up_often(support::quick()));
      if (!is_answered(ask(client, server.url()).wait(), "kept")) return false;
      const auto begin = steady_clock::now();
      const HttpOutcome outcome = ask(client, "http://issuer.example/").wait();
      if (outcome || outcome.error().reason != Reason::kTimedOut) return false;
      if (!is_answered(ask(client, server.url()).wait(), "kept")) return false;
      return steady_clock::now() - begin < seconds(3) && server.connections() == 1;
    });
  }

  void is_destroyed_without_waiting_for_a_name() {
    with_names("", [](OwnNames&) {
      const LoopbackServer server(says(""));
      const auto begin = steady_clock::now();
      for (int i = 0; i < 3; ++i) {
        CurlHttpClient client(with_names_looked_up_often(support::quick()));
        client.send({"http://issuer.example/"}, [](const HttpOutcome&) {});
        std::this_thread::sleep_for(milliseconds(100));  // the look-up has begun
      }
      return steady_clock::now() - begin < seconds(3);
    });
  }

  void follows_a_name_that_leads_elsewhere() {
    with_names("127.0.0.1 issuer.example\n", [](OwnNames& names) {
      const LoopbackServer before(says("before"));
      const LoopbackServer after(says("after"),
                                 support::listen_on_tcp_at("127.0.0.2", before.port()));
      CurlHttpClient client(with_names_looked_up_often());
      const std::string url = at("issuer.example", before.url());
      if (!is_answered(ask(client, url).wait(), "before")) return false;
      names.set("127.0.0.2 issuer.example\n");
      const auto end = steady_clock::now() + seconds(3);
      while (steady_clock::now() < end) {
        const HttpOutcome outcome = ask(client, url).wait();
        if (!outcome) return false;
        if (outcome->body == "after") return true;
        std::this_thread::sleep_for(milliseconds(20));
      }
      return false;
    });
  }

  void keeps_a_connection_whose_name_still_leads_to_it() {
    with_names("127.0.0.1 issuer.example\n", [](OwnNames& names) {
      const LoopbackServer server(says("here"));
      CurlHttpClient client(with_names_looked_up_often());
      const std::string url = at("issuer.example", server.url());
      if (!is_answered(ask(client, url).wait(), "here")) return false;
      names.set("127.0.0.2 issuer.example\n127.0.0.1 issuer.example\n");
      for (int i = 0; i < 40; ++i) {
        if (!is_answered(ask(client, url).wait(), "here")) return false;
        std::this_thread::sleep_for(milliseconds(20));
      }
      return server.connections() == 1;
    });
  }

  void keeps_a_working_connection_while_its_name_is_not_resolved() {
    with_names("127.0.0.1 issuer.example\n", [](OwnNames& names) {
      HttpOptions options = with_names_looked_up_often(support::quick());
      options.connection_life = seconds(4);
      const LoopbackServer server(says("here"));
      CurlHttpClient client(options);
      const std::string url = at("issuer.example", server.url());
      if (!is_answered(ask(client, url).wait(), "here")) return false;
      names.set("");
      for (int i = 0; i < 90; ++i) {
        if (!is_answered(ask(client, url).wait(), "here")) return false;
        std::this_thread::sleep_for(milliseconds(50));
      }
      return server.connections() == 1;
    });
  }
};

CPPUNIT_TEST_SUITE_REGISTRATION(CurlNamesTest);

}  // namespace
