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
COMPILE = $(CXX) -std=c++20 -I. -Iinclude $(WARNINGS) $(HARDENING) -fPIE -pthread $(PACKAGE_FLAGS) $(CXXFLAGS)
LINK = $(CXX) -pthread $(HARDENING) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

AUTH_SOURCES := $(sort $(wildcard auth/*.cpp auth/*/*.cpp))
# The library's, and of api.fcgi what a developer writes anew: its endpoints.
FCGI_SOURCES := fcgi/program.cpp $(filter-out fcgi/endpoints/%,$(sort $(wildcard fcgi/*/*.cpp)))
ENDPOINT_SOURCES := fcgi/routes.cpp $(sort $(wildcard fcgi/endpoints/*.cpp))
PROGRAM_SOURCES := fcgi/main.cpp $(ENDPOINT_SOURCES)
LIBRARIES = $(BUILD)/libzitadel_fcgi.a $(BUILD)/libzitadel_auth.a
# What the commands are made of; each command's main is cli/NAME.cpp. zitadel-check answers as the program
# does, so it is made of what that is made of as well.
CHECK_SOURCES := $(sort $(wildcard cli/check/*.cpp))
CLI_SOURCES := $(filter-out $(CHECK_SOURCES),$(sort $(wildcard cli/*/*.cpp)))
CLI_MAINS := $(sort $(wildcard cli/*.cpp))
COMMANDS := zitadel-check zitadel-setup zitadel-token
UNIT_TEST_SOURCES := $(sort $(shell find tests/unit -name "*.cpp"))

# Each is tests/fuzz/NAME.cpp, with what it once was given in tests/fuzz/corpus/NAME.
FUZZ_TARGETS := bearer_token bucket_store discovery dotenv introspection json_members jwt key_file \
  key_set redis_url request_head request_path rules sealed_entry server server_words url

BENCH_PROGRAMS := cache_memory cached_token first_answer floor io_pause nothing plain_cgi shared_hit

# libcurl is loaded when it is needed (auth/zitadel/curl_library.h).
AUTH_LIBS = $(shell pkg-config --libs libcrypto json-c) -lhiredis
FCGI_LIBS = -lfcgi

objects_of = $(patsubst %.cpp,$(OBJECTS)/%.o,$(1))
ALL_SOURCES = $(AUTH_SOURCES) $(FCGI_SOURCES) $(PROGRAM_SOURCES) $(CLI_SOURCES) $(CHECK_SOURCES) $(CLI_MAINS) $(UNIT_TEST_SOURCES) \
  $(BENCH_PROGRAMS:%=tests/bench/%.cpp) tests/integration/programs/echo_routes.cpp \
  $(FUZZ_TARGETS:%=tests/fuzz/%.cpp) tests/fuzz/replay.cpp

.PHONY: all
all: $(BUILD)/api.fcgi $(COMMANDS:%=$(BUILD)/%) $(LIBRARIES) compile_commands.json  ## Build the programs and the libraries

$(BUILD)/libzitadel_auth.a: $(call objects_of,$(AUTH_SOURCES))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/libzitadel_fcgi.a: $(call objects_of,$(FCGI_SOURCES))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/api.fcgi: $(call objects_of,$(PROGRAM_SOURCES)) $(LIBRARIES)
	$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS)

# With what a shared host may lack inside it; libcurl is loaded, the OpenSSL is the host's. Without
# symbols: it is to be uploaded.
SHARED_LIBS = -lcrypto -lssl
PORTABLE_LIBS = -s -static-libstdc++ -static-libgcc \
  -Wl,-Bstatic $(filter-out $(SHARED_LIBS),$(FCGI_LIBS) $(AUTH_LIBS)) \
  -Wl,-Bdynamic $(filter $(SHARED_LIBS),$(AUTH_LIBS))

$(BUILD)/portable/api.fcgi: $(call objects_of,$(PROGRAM_SOURCES)) $(LIBRARIES)
	@mkdir -p $(@D)
	$(LINK) -Wl,--gc-sections -o $@ $^ $(PORTABLE_LIBS)

# The same program with other endpoints, for the tests.
$(BUILD)/tests/echo.fcgi: $(call objects_of,fcgi/main.cpp tests/integration/programs/echo_routes.cpp) $(LIBRARIES)
	@mkdir -p $(@D)
	$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS)

# Loaded by a test into a program whose clock it moves.
$(BUILD)/tests/moved_clock.so: tests/integration/programs/moved_clock.cpp $(OBJECTS)/flags
	@mkdir -p $(@D)
	$(CXX) -std=c++20 $(WARNINGS) -fPIC -shared $(CXXFLAGS) -o $@ $<

$(BUILD)/zitadel-%: $(OBJECTS)/cli/zitadel_%.o $(call objects_of,$(CLI_SOURCES)) $(BUILD)/libzitadel_auth.a
	$(LINK) -o $@ $^ $(AUTH_LIBS)

$(BUILD)/zitadel-check: $(call objects_of,cli/zitadel_check.cpp $(CHECK_SOURCES) $(CLI_SOURCES) \
  $(ENDPOINT_SOURCES)) $(LIBRARIES)
	$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS)

$(BUILD)/print_settings: $(call objects_of,cli/print_settings.cpp) $(BUILD)/libzitadel_auth.a
	$(LINK) -o $@ $^ $(AUTH_LIBS)

.PHONY: settings
settings: $(BUILD)/print_settings  ## Write .env.example and the table of docs/settings.md
	$(BUILD)/print_settings

# Objects are linked directly: from an archive CppUnit's registrations would vanish.
$(BUILD)/unit_tests: $(call objects_of,$(UNIT_TEST_SOURCES) $(ENDPOINT_SOURCES) $(FCGI_SOURCES) $(AUTH_SOURCES) \
  $(CLI_SOURCES) $(CHECK_SOURCES))
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

MAN_PAGES := $(patsubst docs/man/%.scd,$(BUILD)/man/%,$(wildcard docs/man/*.scd))

.PHONY: man
man: $(MAN_PAGES)  ## Write the man pages

$(BUILD)/man/%: docs/man/%.scd
	@mkdir -p $(@D)
	scdoc < $< > $@

.PHONY: portable
portable: $(BUILD)/portable/api.fcgi  ## Build the program for a host that has only libssl and libcurl

.PHONY: unit
unit: $(BUILD)/unit_tests  ## Build and run the unit tests
	$(BUILD)/unit_tests

.PHONY: deps
deps:  ## Install what building, the demo and the tests need, naming it first
	@tests/deps.sh

.PHONY: build-deps
build-deps:  ## Install what building alone needs, naming it first
	@tests/deps.sh build

.PHONY: demo
demo:  ## Show it at work on this machine; ONCE=1 ends after the calls
	@tests/deps.sh build demo
	@$(MAKE) --no-print-directory -j$$(nproc) all
	@BUILD_DIR='$(BUILD)' ONCE='$(ONCE)' tests/demo.sh

.PHONY: test
test:  ## Install what is missing, run the unit tests and the guide's API behind real web servers
	@tests/deps.sh build demo check
	@$(MAKE) --no-print-directory -j$$(nproc) all $(BUILD)/unit_tests
	$(BUILD)/unit_tests
	BUILD_DIR='$(BUILD)' node --test tests/integration/guide.test.mjs

.PHONY: check
check:  ## Install what is missing and run every test
	@tests/deps.sh build demo check
	@BUILD_DIR='$(BUILD)' MAKE='$(MAKE) --no-print-directory' tests/check.sh

.PHONY: coverage
coverage:  ## Count the lines of each room that tests reach
	@$(MAKE) --no-print-directory -j$$(nproc) COVERAGE=1 SANITIZE= BUILD='$(BUILD)/coverage' \
	  $(BUILD)/coverage/unit_tests $(BUILD)/coverage/tests/moved_clock.so $(BUILD)/coverage/api.fcgi $(COMMANDS:%=$(BUILD)/coverage/%)
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
LINTED = $(AUTH_SOURCES) $(FCGI_SOURCES) $(PROGRAM_SOURCES) $(CLI_SOURCES) $(CHECK_SOURCES) $(CLI_MAINS)

.PHONY: lint
lint: $(LINTED:%.cpp=$(BUILD)/lint/%.tidy) $(BUILD)/lint/cppcheck  ## Look for mistakes with clang-tidy and cppcheck

$(BUILD)/lint/%.tidy: $(OBJECTS)/%.o .clang-tidy | compile_commands.json
	@mkdir -p $(@D)
	@clang-tidy --quiet $*.cpp 2>$@.errors || { cat $@.errors; exit 1; }
	@touch $@

# passedByValue: a SecretView is two words, like a std::string_view.
$(BUILD)/lint/cppcheck: $(call objects_of,$(LINTED))
	@mkdir -p $(@D)
	@cppcheck --quiet --enable=warning,performance,portability --std=c++20 --library=posix -I. \
	  --inline-suppr --suppress=missingIncludeSystem --suppress=passedByValue \
	  --error-exitcode=1 $(LINTED)
	@touch $@

.PHONY: check-layers
check-layers:  ## Find includes that run against the layers
	@tests/check_layers.sh

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
# Programs are installed without their symbols; empty: with them.
INSTALL_STRIP ?= -s

COMPLETIONS := $(DESTDIR)$(PREFIX)/share/bash-completion/completions
INSTALLED_PAGES := $(foreach page,$(notdir $(MAN_PAGES)),share/man/man$(patsubst .%,%,$(suffix $(page)))/$(page))

.PHONY: install
install: $(BUILD)/api.fcgi $(COMMANDS:%=$(BUILD)/%) $(MAN_PAGES)  ## Install under PREFIX (/usr/local), settings under SYSCONFDIR (/etc)
	install -d $(DESTDIR)$(PREFIX)/lib/zitadel-fcgi $(DESTDIR)$(PREFIX)/bin \
	  $(DESTDIR)$(PREFIX)/share/zitadel-fcgi $(DESTDIR)$(SYSCONFDIR)/zitadel-fcgi
	install $(INSTALL_STRIP) -m 755 $(BUILD)/api.fcgi $(DESTDIR)$(PREFIX)/lib/zitadel-fcgi/api.fcgi
	install $(INSTALL_STRIP) -m 755 $(COMMANDS:%=$(BUILD)/%) $(DESTDIR)$(PREFIX)/bin/
	install -d $(COMPLETIONS) $(sort $(dir $(INSTALLED_PAGES:%=$(DESTDIR)$(PREFIX)/%)))
	$(foreach page,$(INSTALLED_PAGES),install -m 644 $(BUILD)/man/$(notdir $(page)) \
	  $(DESTDIR)$(PREFIX)/$(page) && ) :
	$(foreach command,$(COMMANDS),install -m 644 cli/completion.bash $(COMPLETIONS)/$(command) && ) :
	cp -R lighttpd nginx apache systemd $(DESTDIR)$(PREFIX)/share/zitadel-fcgi/
	find $(addprefix $(DESTDIR)$(PREFIX)/share/zitadel-fcgi/,lighttpd nginx apache systemd) \
	  $(INSTALLED_PAGES:%=$(DESTDIR)$(PREFIX)/%) -type f \
	  -exec sed -i 's|/usr/local/|$(PREFIX)/|g; s|/etc/zitadel-fcgi/|$(SYSCONFDIR)/zitadel-fcgi/|g' {} +
	test -e $(DESTDIR)$(SYSCONFDIR)/zitadel-fcgi/api.env || \
	  install -m 600 .env.example $(DESTDIR)$(SYSCONFDIR)/zitadel-fcgi/api.env

.PHONY: uninstall
uninstall:  ## Remove what install has put under PREFIX; settings stay
	rm -rf $(DESTDIR)$(PREFIX)/lib/zitadel-fcgi $(DESTDIR)$(PREFIX)/share/zitadel-fcgi
	rm -f $(COMMANDS:%=$(DESTDIR)$(PREFIX)/bin/%) $(COMMANDS:%=$(COMPLETIONS)/%) \
	  $(INSTALLED_PAGES:%=$(DESTDIR)$(PREFIX)/%)

# The libraries, for endpoints in a repository of one's own (docs/own-endpoints.md). Their version is the
# programs'. LIBDIR: where archives go (/usr/lib/TRIPLET on Debian).
LIBDIR ?= $(PREFIX)/lib
VERSION := $(shell sed -n 's/^\#define ZITADEL_FCGI_VERSION "\(.*\)"/\1/p' auth/base/version.h)
PUBLIC_HEADERS := $(sort $(wildcard include/*/*.h))
PC_FILES := zitadel-auth.pc zitadel-fcgi.pc
INSTALLED_INCLUDE = $(DESTDIR)$(PREFIX)/include/zitadel-fcgi

.PHONY: install-libraries
install: install-libraries
install-libraries: $(LIBRARIES)
	install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(INSTALLED_INCLUDE)/zitadel_auth $(INSTALLED_INCLUDE)/zitadel_fcgi
	install -m 644 $(LIBRARIES) $(DESTDIR)$(LIBDIR)/
	strip --strip-debug $(patsubst $(BUILD)/%,$(DESTDIR)$(LIBDIR)/%,$(LIBRARIES))
	$(foreach header,$(PUBLIC_HEADERS),install -m 644 $(header) $(INSTALLED_INCLUDE)/$(header:include/%=%) && ) :
	install -m 644 auth/base/version.h $(INSTALLED_INCLUDE)/zitadel_auth/version.h
	$(foreach file,$(PC_FILES),sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' \
	  include/$(file).in > $(DESTDIR)$(LIBDIR)/pkgconfig/$(file) && \
	  chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/$(file) && ) :

.PHONY: uninstall-libraries
uninstall: uninstall-libraries
uninstall-libraries:
	rm -rf $(INSTALLED_INCLUDE)
	rm -f $(patsubst $(BUILD)/%,$(DESTDIR)$(LIBDIR)/%,$(LIBRARIES)) $(PC_FILES:%=$(DESTDIR)$(LIBDIR)/pkgconfig/%)

.PHONY: version
version:  ## Print the version
	@echo $(VERSION)

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
