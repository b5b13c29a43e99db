# zitadel-fcgi: guards an API, or anything a web server serves, with ZITADEL access tokens.
# `make help` lists the targets. Variables a user may set: CXX, CXXFLAGS, LDFLAGS, PREFIX, DESTDIR,
# BUILD (where everything lands), SANITIZE (address,undefined or thread), DEBUG=1, COVERAGE=1.

CXX ?= g++
comma := ,
VARIANT := $(strip $(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),\
  $(if $(COVERAGE),coverage,$(if $(DEBUG),debug,release))))
BUILD ?= build$(if $(filter-out release,$(VARIANT)),/$(VARIANT))
OBJECTS := $(BUILD)/objects

CXXFLAGS ?= $(if $(filter release,$(VARIANT)),-O2 -g,$(if $(COVERAGE),-O0 -g,-O1 -g))
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
HARDENING := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer,\
  $(if $(COVERAGE),--coverage,\
    $(if $(DEBUG),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong))
PACKAGE_FLAGS = $(shell pkg-config --cflags libcurl libcrypto json-c)
COMPILE = $(CXX) -std=c++20 -I. $(WARNINGS) $(HARDENING) -fPIE -pthread $(PACKAGE_FLAGS) $(CXXFLAGS)
LINK = $(CXX) -pthread $(HARDENING) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

AUTH_SOURCES := \
  auth/aes_gcm.cpp \
  auth/bearer_token.cpp \
  auth/breaker.cpp \
  auth/cache/lmdb_check.cpp \
  auth/cache/lmdb_entries.cpp \
  auth/cache/lmdb_environment.cpp \
  auth/cache/lmdb_file.cpp \
  auth/cache/lmdb_generations.cpp \
  auth/cache/lmdb_page.cpp \
  auth/cache/lmdb_store.cpp \
  auth/cache/lmdb_turn.cpp \
  auth/cache/redis_connection.cpp \
  auth/cache/redis_resolver.cpp \
  auth/cache/redis_store.cpp \
  auth/cache/redis_url.cpp \
  auth/cache/sealed_entry.cpp \
  auth/cache/shared_cache.cpp \
  auth/cache/store_log.cpp \
  auth/cache/token_cache.cpp \
  auth/cache/token_key.cpp \
  auth/claims.cpp \
  auth/dotenv.cpp \
  auth/failure_log.cpp \
  auth/hmac.cpp \
  auth/jose/algorithm.cpp \
  auth/jose/base64url.cpp \
  auth/jose/jwk.cpp \
  auth/jose/jws.cpp \
  auth/jose/jwt.cpp \
  auth/jose/public_key.cpp \
  auth/jose/roca.cpp \
  auth/jose/verification_key.cpp \
  auth/json.cpp \
  auth/json_members.cpp \
  auth/json_tokens.cpp \
  auth/local_validation.cpp \
  auth/log.cpp \
  auth/log_file.cpp \
  auth/log_place.cpp \
  auth/percent.cpp \
  auth/private_file.cpp \
  auth/private_folder.cpp \
  auth/requirement.cpp \
  auth/result.cpp \
  auth/setting_sources.cpp \
  auth/setting_table.cpp \
  auth/settings.cpp \
  auth/timestamp.cpp \
  auth/token_validator.cpp \
  auth/utf8.cpp \
  auth/words.cpp \
  auth/worker_pool.cpp \
  auth/zitadel/basic.cpp \
  auth/zitadel/client_assertion.cpp \
  auth/zitadel/curl_http_client.cpp \
  auth/zitadel/curl_library.cpp \
  auth/zitadel/curl_transfer.cpp \
  auth/zitadel/discovery.cpp \
  auth/zitadel/form.cpp \
  auth/zitadel/introspection.cpp \
  auth/zitadel/introspection_answer.cpp \
  auth/zitadel/jwt_claims.cpp \
  auth/zitadel/jwt_validator.cpp \
  auth/zitadel/key_file.cpp \
  auth/zitadel/key_set.cpp \
  auth/zitadel/server_words.cpp \
  auth/zitadel/token_claims.cpp \
  auth/zitadel/url.cpp

FCGI_SOURCES := \
  fcgi/authorizer.cpp \
  fcgi/caller_variables.cpp \
  fcgi/cgi.cpp \
  fcgi/challenge.cpp \
  fcgi/codec.cpp \
  fcgi/connection.cpp \
  fcgi/cors.cpp \
  fcgi/demand.cpp \
  fcgi/dispatcher.cpp \
  fcgi/endpoints/private.cpp \
  fcgi/endpoints/private_scoped.cpp \
  fcgi/endpoints/public.cpp \
  fcgi/event_loop.cpp \
  fcgi/fastcgi_exchange.cpp \
  fcgi/gatekeeper.cpp \
  fcgi/inbox.cpp \
  fcgi/listener.cpp \
  fcgi/methods.cpp \
  fcgi/pair_reader.cpp \
  fcgi/path_segment.cpp \
  fcgi/record_reader.cpp \
  fcgi/request.cpp \
  fcgi/request_body.cpp \
  fcgi/request_head.cpp \
  fcgi/request_methods.cpp \
  fcgi/request_path.cpp \
  fcgi/request_target.cpp \
  fcgi/resource_metadata.cpp \
  fcgi/response.cpp \
  fcgi/router.cpp \
  fcgi/rule_line.cpp \
  fcgi/rules.cpp \
  fcgi/rules_file.cpp \
  fcgi/server.cpp \
  fcgi/webdav.cpp

PROGRAM_SOURCES := fcgi/main.cpp fcgi/routes.cpp

CLI_SOURCES := \
  cli/token_answer.cpp \
  cli/token_options.cpp \
  cli/token_request.cpp \
  cli/zitadel_token.cpp

UNIT_TEST_SOURCES := \
  tests/unit/authorizer_test.cpp \
  tests/unit/base64url_test.cpp \
  tests/unit/bearer_token_test.cpp \
  tests/unit/breaker_test.cpp \
  tests/unit/cgi_test.cpp \
  tests/unit/challenge_test.cpp \
  tests/unit/claims_test.cpp \
  tests/unit/client_assertion_test.cpp \
  tests/unit/codec_test.cpp \
  tests/unit/cors_test.cpp \
  tests/unit/curl_connections_test.cpp \
  tests/unit/curl_http_client_test.cpp \
  tests/unit/curl_places_test.cpp \
  tests/unit/demand_test.cpp \
  tests/unit/discovery_test.cpp \
  tests/unit/dispatcher_test.cpp \
  tests/unit/dotenv_test.cpp \
  tests/unit/env_example_test.cpp \
  tests/unit/failure_log_test.cpp \
  tests/unit/introspection_answer_test.cpp \
  tests/unit/introspection_test.cpp \
  tests/unit/jose_examples_test.cpp \
  tests/unit/json_members_test.cpp \
  tests/unit/json_test.cpp \
  tests/unit/jwk_test.cpp \
  tests/unit/jws_test.cpp \
  tests/unit/jwt_claims_test.cpp \
  tests/unit/jwt_signature_test.cpp \
  tests/unit/jwt_test.cpp \
  tests/unit/jwt_validator_test.cpp \
  tests/unit/key_file_test.cpp \
  tests/unit/key_set_test.cpp \
  tests/unit/listener_test.cpp \
  tests/unit/lmdb_damage_test.cpp \
  tests/unit/lmdb_processes_test.cpp \
  tests/unit/lmdb_store_test.cpp \
  tests/unit/local_validation_test.cpp \
  tests/unit/log_file_test.cpp \
  tests/unit/log_place_test.cpp \
  tests/unit/log_test.cpp \
  tests/unit/main.cpp \
  tests/unit/methods_test.cpp \
  tests/unit/path_readers_test.cpp \
  tests/unit/percent_test.cpp \
  tests/unit/private_file_test.cpp \
  tests/unit/recorded_discovery_test.cpp \
  tests/unit/recorded_introspection_test.cpp \
  tests/unit/recorded_jwt_test.cpp \
  tests/unit/redis_peer_test.cpp \
  tests/unit/redis_store_test.cpp \
  tests/unit/redis_url_test.cpp \
  tests/unit/request_head_fuzz_test.cpp \
  tests/unit/request_head_test.cpp \
  tests/unit/request_methods_test.cpp \
  tests/unit/request_path_test.cpp \
  tests/unit/request_target_test.cpp \
  tests/unit/request_test.cpp \
  tests/unit/requirement_test.cpp \
  tests/unit/resource_metadata_test.cpp \
  tests/unit/response_test.cpp \
  tests/unit/router_test.cpp \
  tests/unit/rules_file_test.cpp \
  tests/unit/rules_test.cpp \
  tests/unit/sealed_entry_test.cpp \
  tests/unit/secret_test.cpp \
  tests/unit/server_answers_test.cpp \
  tests/unit/server_bodies_test.cpp \
  tests/unit/server_hostile_test.cpp \
  tests/unit/server_parked_test.cpp \
  tests/unit/server_stop_test.cpp \
  tests/unit/server_test.cpp \
  tests/unit/server_timeouts_test.cpp \
  tests/unit/server_words_test.cpp \
  tests/unit/setting_sources_test.cpp \
  tests/unit/settings_test.cpp \
  tests/unit/sharded_lru_test.cpp \
  tests/unit/shared_cache_test.cpp \
  tests/unit/single_flight_test.cpp \
  tests/unit/support/answers.cpp \
  tests/unit/support/child.cpp \
  tests/unit/support/fastcgi_peer.cpp \
  tests/unit/support/fastcgi_records.cpp \
  tests/unit/support/jwts.cpp \
  tests/unit/support/keys.cpp \
  tests/unit/support/log_capture.cpp \
  tests/unit/support/loopback_server.cpp \
  tests/unit/support/recorded.cpp \
  tests/unit/support/redis_server.cpp \
  tests/unit/support/running_server.cpp \
  tests/unit/support/scripted_http_client.cpp \
  tests/unit/support/sockets.cpp \
  tests/unit/support/validator_fixture.cpp \
  tests/unit/timestamp_test.cpp \
  tests/unit/token_answer_test.cpp \
  tests/unit/token_cache_test.cpp \
  tests/unit/token_key_test.cpp \
  tests/unit/token_memory_test.cpp \
  tests/unit/token_questions_test.cpp \
  tests/unit/token_refresh_test.cpp \
  tests/unit/token_request_test.cpp \
  tests/unit/token_validator_test.cpp \
  tests/unit/url_test.cpp \
  tests/unit/utf8_test.cpp \
  tests/unit/webdav_test.cpp \
  tests/unit/worker_pool_test.cpp \
  tests/unit/wycheproof_test.cpp

# Each is tests/fuzz/NAME.cpp, with what it once was given in tests/fuzz/corpus/NAME.
FUZZ_TARGETS := bearer_token discovery dotenv introspection json_members jwt key_file key_set \
  lmdb_check redis_url request_head request_path rules sealed_entry server server_words url

BENCH_PROGRAMS := cache_memory cached_token first_answer floor nothing plain_cgi shared_hit

# libcurl is loaded when it is needed (auth/zitadel/curl_library.h).
AUTH_LIBS = $(shell pkg-config --libs libcrypto json-c) -llmdb -lhiredis
FCGI_LIBS = -lfcgi

objects_of = $(patsubst %.cpp,$(OBJECTS)/%.o,$(1))
ALL_SOURCES = $(AUTH_SOURCES) $(FCGI_SOURCES) $(PROGRAM_SOURCES) $(CLI_SOURCES) $(UNIT_TEST_SOURCES) \
  $(BENCH_PROGRAMS:%=tests/bench/%.cpp) tests/integration/programs/echo_routes.cpp \
  $(FUZZ_TARGETS:%=tests/fuzz/%.cpp) tests/fuzz/replay.cpp

.PHONY: all
all: $(BUILD)/api.fcgi $(BUILD)/zitadel-token $(BUILD)/libzitadel_auth.a compile_commands.json  ## Build the programs and the library

$(BUILD)/libzitadel_auth.a: $(call objects_of,$(AUTH_SOURCES))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/api.fcgi: $(call objects_of,$(PROGRAM_SOURCES) $(FCGI_SOURCES)) $(BUILD)/libzitadel_auth.a
	$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS)

# With what a shared host may lack inside it; libcurl is loaded, the OpenSSL is the host's. Without
# symbols: it is to be uploaded.
SHARED_LIBS = -lcrypto -lssl
PORTABLE_LIBS = -s -static-libstdc++ -static-libgcc \
  -Wl,-Bstatic $(filter-out $(SHARED_LIBS),$(FCGI_LIBS) $(AUTH_LIBS)) \
  -Wl,-Bdynamic $(filter $(SHARED_LIBS),$(AUTH_LIBS))

$(BUILD)/portable/api.fcgi: $(call objects_of,$(PROGRAM_SOURCES) $(FCGI_SOURCES)) $(BUILD)/libzitadel_auth.a
	@mkdir -p $(@D)
	$(LINK) -Wl,--gc-sections -o $@ $^ $(PORTABLE_LIBS)

# The same program with other endpoints, for the tests.
$(BUILD)/tests/echo.fcgi: $(call objects_of,fcgi/main.cpp tests/integration/programs/echo_routes.cpp \
  $(FCGI_SOURCES)) $(BUILD)/libzitadel_auth.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS)

$(BUILD)/zitadel-token: $(call objects_of,$(CLI_SOURCES)) $(BUILD)/libzitadel_auth.a
	$(LINK) -o $@ $^ $(AUTH_LIBS)

# Objects are linked directly: from an archive CppUnit's registrations would vanish.
$(BUILD)/unit_tests: $(call objects_of,$(UNIT_TEST_SOURCES) $(FCGI_SOURCES) $(AUTH_SOURCES) \
  $(filter-out cli/zitadel_token.cpp,$(CLI_SOURCES)))
	$(LINK) -o $@ $^ -lcppunit $(FCGI_LIBS) $(AUTH_LIBS)

# What calls a fuzz target: a driver of ours, or libFuzzer.
FUZZ_ENGINE ?= $(OBJECTS)/tests/fuzz/replay.o
FUZZ_SUPPORT := $(addprefix tests/unit/support/, \
  fastcgi_peer.cpp fastcgi_records.cpp running_server.cpp sockets.cpp)

$(BUILD)/fuzz/%: $(OBJECTS)/tests/fuzz/%.o $(filter %.o,$(FUZZ_ENGINE)) \
  $(call objects_of,$(FUZZ_SUPPORT) $(FCGI_SOURCES)) $(BUILD)/libzitadel_auth.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(filter-out %.o,$(FUZZ_ENGINE)) -lcurl $(FCGI_LIBS) $(AUTH_LIBS)

.PHONY: replayers
replayers: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)

# What `make bench` measures besides the program.
$(BUILD)/bench/floor: $(call objects_of,tests/bench/floor.cpp)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(FCGI_LIBS)

$(BUILD)/bench/nothing: $(call objects_of,tests/bench/nothing.cpp)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(FCGI_LIBS) $(shell pkg-config --libs libcrypto json-c)

$(BUILD)/bench/%: $(OBJECTS)/tests/bench/%.o $(BUILD)/libzitadel_auth.a
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(AUTH_LIBS)

$(OBJECTS)/%.o: %.cpp $(OBJECTS)/flags
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

# Changes only when the command does: other options mean other objects.
$(OBJECTS)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@

.PHONY: FORCE
FORCE:

-include $(patsubst %.o,%.d,$(call objects_of,$(ALL_SOURCES)))

.PHONY: portable
portable: $(BUILD)/portable/api.fcgi  ## Build the program for a host that has only libssl and libcurl

.PHONY: unit
unit: $(BUILD)/unit_tests  ## Build and run the unit tests
	$(BUILD)/unit_tests

.PHONY: deps
deps:  ## Install what building, the demo and the tests need, naming it first
	@tests/deps.sh

.PHONY: demo
demo:  ## Show it at work on this machine; ONCE=1 ends after the calls
	@tests/deps.sh build demo
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD_DIR='$(BUILD)' ONCE='$(ONCE)' tests/demo.sh

.PHONY: check
check:  ## Install what is missing and run every test
	@tests/deps.sh build demo check
	@BUILD_DIR='$(BUILD)' MAKE='$(MAKE) --no-print-directory' tests/check.sh

.PHONY: coverage
coverage:  ## Count the lines of each room that tests reach
	@$(MAKE) --no-print-directory -j$$(nproc) COVERAGE=1 SANITIZE= BUILD='$(BUILD)/coverage' \
	  $(BUILD)/coverage/unit_tests $(BUILD)/coverage/api.fcgi $(BUILD)/coverage/zitadel-token
	@BUILD_DIR='$(BUILD)/coverage' tests/coverage.sh

# Its own tree: libFuzzer needs objects that clang made.
.PHONY: fuzz
fuzz: SECONDS ?= 60
fuzz:  ## Look for inputs that break a promise: SECONDS=n for each target
	@tests/deps.sh build fuzz
	@$(MAKE) --no-print-directory -j$$(nproc) BUILD='$(BUILD)/clang' CXX=clang++ \
	  SANITIZE=fuzzer-no-link,address,undefined FUZZ_ENGINE=-fsanitize=fuzzer replayers
	@BUILD_DIR='$(BUILD)/clang' SECONDS_EACH='$(SECONDS)' tests/fuzz.sh $(FUZZ_TARGETS)

.PHONY: bench
bench:  ## Measure it against its floor, on this machine; BENCH_ONLY=api or guards
	@tests/deps.sh build demo bench
	@$(MAKE) --no-print-directory -j$$(nproc) all portable $(BENCH_PROGRAMS:%=$(BUILD)/bench/%)
	@ulimit -n $$(ulimit -Hn); BUILD_DIR='$(BUILD)' node tests/bench/main.mjs

# What the programs and the library are made of; for the tests the compiler's warnings must do. A
# source is looked at again only when it, a header of its, or the rules have changed.
LINTED = $(AUTH_SOURCES) $(FCGI_SOURCES) $(PROGRAM_SOURCES) $(CLI_SOURCES)

.PHONY: lint
lint: $(LINTED:%.cpp=$(BUILD)/lint/%.tidy) $(BUILD)/lint/cppcheck  ## Look for mistakes with clang-tidy and cppcheck

$(BUILD)/lint/%.tidy: $(OBJECTS)/%.o .clang-tidy | compile_commands.json
	@mkdir -p $(@D)
	@clang-tidy --quiet $*.cpp 2>$@.errors || { cat $@.errors; exit 1; }
	@touch $@

# passedByValue: a SecretView is two words, like a std::string_view.
# readdirCalled: glibc's is safe on a stream of one's own, and readdir_r is obsolete.
$(BUILD)/lint/cppcheck: $(call objects_of,$(LINTED))
	@mkdir -p $(@D)
	@cppcheck --quiet --enable=warning,performance,portability --std=c++20 --library=posix -I. \
	  --inline-suppr --suppress=missingIncludeSystem --suppress=passedByValue \
	  --suppress=readdirCalled --error-exitcode=1 $(LINTED)
	@touch $@

.PHONY: check-layers
check-layers:  ## Find includes that run against the layers
	@tests/check_layers.sh

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc

.PHONY: install
install: $(BUILD)/api.fcgi $(BUILD)/zitadel-token  ## Install under PREFIX (/usr/local), settings under SYSCONFDIR (/etc)
	install -d $(DESTDIR)$(PREFIX)/lib/zitadel-fcgi $(DESTDIR)$(PREFIX)/bin \
	  $(DESTDIR)$(PREFIX)/share/zitadel-fcgi $(DESTDIR)$(SYSCONFDIR)/zitadel-fcgi
	install -m 755 $(BUILD)/api.fcgi $(DESTDIR)$(PREFIX)/lib/zitadel-fcgi/api.fcgi
	install -m 755 $(BUILD)/zitadel-token $(DESTDIR)$(PREFIX)/bin/zitadel-token
	cp -R lighttpd nginx apache systemd $(DESTDIR)$(PREFIX)/share/zitadel-fcgi/
	find $(addprefix $(DESTDIR)$(PREFIX)/share/zitadel-fcgi/,lighttpd nginx apache systemd) -type f \
	  -exec sed -i 's|/usr/local/|$(PREFIX)/|g; s|/etc/zitadel-fcgi/|$(SYSCONFDIR)/zitadel-fcgi/|g' {} +
	test -e $(DESTDIR)$(SYSCONFDIR)/zitadel-fcgi/api.env || \
	  install -m 600 .env.example $(DESTDIR)$(SYSCONFDIR)/zitadel-fcgi/api.env

.PHONY: uninstall
uninstall:  ## Remove what install has put under PREFIX; settings stay
	rm -rf $(DESTDIR)$(PREFIX)/lib/zitadel-fcgi $(DESTDIR)$(PREFIX)/share/zitadel-fcgi
	rm -f $(DESTDIR)$(PREFIX)/bin/zitadel-token

.PHONY: format
format:  ## Format the C++ sources
	clang-format -i $$(git ls-files '*.h' '*.cpp')

compile_commands.json: Makefile
	@{ echo '['; separator=; for source in $(ALL_SOURCES); do \
	  printf '%s{"directory":"%s","file":"%s","command":"%s -c %s"}' "$$separator" \
	    "$(CURDIR)" "$$source" '$(COMPILE)' "$$source"; separator=','; done; echo ']'; } > $@

.PHONY: clean
clean:  ## Remove everything that was built
	rm -rf build compile_commands.json

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
