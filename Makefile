# SPDX-License-Identifier: Apache-2.0
# zitadel-fcgi: guards an API, or anything a web server serves, with ZITADEL access tokens.
# `make help` lists the targets. Variables a user may set: CXX, CXXFLAGS, LDFLAGS, PREFIX, DESTDIR,
# BUILD (where everything lands), SANITIZE (address,undefined or thread), DEBUG=1, COVERAGE=1, V=1 (show the
# commands), STRIP (what `make install` strips with; empty: nothing).

CXX ?= g++
comma := ,
VARIANT := $(strip $(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),\
  $(if $(COVERAGE),coverage,$(if $(DEBUG),debug,release))))
BUILD ?= build$(if $(filter-out release,$(VARIANT)),/$(VARIANT))
OBJECTS := $(BUILD)/objects
VERSION := $(shell sed -n 's/.*VERSION "\(.*\)".*/\1/p' auth/base/version.h)

# $(call run,WHAT FILE,COMMAND): a short line a file, and the command itself where it fails. V=1 shows the
# commands, make -s nothing.
Q := $(if $(filter-out 0,$(V)),,@)
SILENT := $(findstring s,$(firstword -$(MAKEFLAGS)))
SHOWN = $(subst ','\'',$(2))
run = $(if $(filter-out 0,$(V)),$(2),@$(if $(SILENT),,echo '  $(1)'; )$(2) || \
  { status=$$?; echo 'failed: $(SHOWN)' >&2; exit $$status; })

CXXFLAGS ?= $(if $(filter release,$(VARIANT)),-O2 -g,$(if $(COVERAGE),-O0,-O1 -g))
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
HARDENING := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer,\
  $(if $(COVERAGE),--coverage,\
    $(if $(DEBUG),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong))
PACKAGE_FLAGS = $(shell pkg-config --cflags libcurl libcrypto json-c)
compile_with = $(CXX) -std=c++20 -I. -Iinclude $(WARNINGS) $(1) -fPIE -pthread $(PACKAGE_FLAGS) $(2)
COMPILE = $(call compile_with,$(HARDENING),$(CXXFLAGS))
# The unit tests' own sources are half of the building, and on their speed little depends. Their lines are not
# counted: the build that counts takes the same objects. What most of them include is read once.
TEST_OBJECTS ?= $(OBJECTS)
TEST_HEADERS = $(TEST_OBJECTS)/tests/unit/common_headers.h
TEST_CXXFLAGS ?= -O0 -g1
COMPILE_TEST = $(call compile_with,$(if $(SANITIZE),$(HARDENING)),$(TEST_CXXFLAGS))
LINK = $(CXX) -pthread $(HARDENING) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

AUTH_SOURCES := $(sort $(wildcard auth/*.cpp auth/*/*.cpp))
# The library's, and of api.fcgi what a developer writes anew: its endpoints.
FCGI_SOURCES := $(filter-out fcgi/main.cpp fcgi/routes.cpp,$(sort $(wildcard fcgi/*.cpp))) $(filter-out fcgi/endpoints/%,$(sort $(wildcard fcgi/*/*.cpp)))
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
FUZZ_TARGETS := bearer_token bucket_store discovery dotenv event_reader introspection json_members jwt key_file \
  key_set redis_url request_head request_path rules sealed_entry server server_words url

BENCH_PROGRAMS := cache_memory cached_token first_answer floor io_pause nothing plain_cgi shared_hit

# libcurl is loaded when it is needed (auth/zitadel/curl_library.h).
AUTH_LIBS = $(shell pkg-config --libs libcrypto json-c) -lhiredis
FCGI_LIBS = -lfcgi

objects_of = $(patsubst %.cpp,$(OBJECTS)/%.o,$(filter-out tests/unit/%,$(1))) \
  $(patsubst %.cpp,$(TEST_OBJECTS)/%.o,$(filter tests/unit/%,$(1)))
ALL_SOURCES = $(AUTH_SOURCES) $(FCGI_SOURCES) $(PROGRAM_SOURCES) $(CLI_SOURCES) $(CHECK_SOURCES) $(CLI_MAINS) $(UNIT_TEST_SOURCES) \
  $(BENCH_PROGRAMS:%=tests/bench/%.cpp) tests/integration/programs/echo_routes.cpp \
  $(FUZZ_TARGETS:%=tests/fuzz/%.cpp) tests/fuzz/replay.cpp

.PHONY: all
all: $(BUILD)/api.fcgi $(COMMANDS:%=$(BUILD)/%) $(LIBRARIES) compile_commands.json  ## Build the programs and the libraries

$(BUILD)/libzitadel_auth.a: $(call objects_of,$(AUTH_SOURCES))
	@rm -f $@
	$(call run,AR $@,$(AR) rcs $@ $^)

$(BUILD)/libzitadel_fcgi.a: $(call objects_of,$(FCGI_SOURCES))
	@rm -f $@
	$(call run,AR $@,$(AR) rcs $@ $^)

$(BUILD)/api.fcgi: $(call objects_of,$(PROGRAM_SOURCES)) $(LIBRARIES)
	$(call run,LINK $@,$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS))

# With what a shared host may lack inside it; libcurl is loaded, the OpenSSL is the host's. Without
# symbols: it is to be uploaded.
SHARED_LIBS = -lcrypto -lssl
PORTABLE_FLAGS = -Wl,--gc-sections
PORTABLE_LIBS = -s -static-libstdc++ -static-libgcc \
  -Wl,-Bstatic $(filter-out $(SHARED_LIBS),$(FCGI_LIBS) $(AUTH_LIBS)) \
  -Wl,-Bdynamic $(filter $(SHARED_LIBS),$(AUTH_LIBS))

$(BUILD)/portable/api.fcgi: $(call objects_of,$(PROGRAM_SOURCES)) $(LIBRARIES)
	@mkdir -p $(@D)
	$(call run,LINK $@,$(LINK) $(PORTABLE_FLAGS) -o $@ $^ $(PORTABLE_LIBS))

# The same program with other endpoints, for the tests.
$(BUILD)/tests/echo.fcgi: $(call objects_of,fcgi/main.cpp tests/integration/programs/echo_routes.cpp) $(LIBRARIES)
	@mkdir -p $(@D)
	$(call run,LINK $@,$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS))

# Loaded by a test into a program whose clock it moves.
$(BUILD)/tests/moved_clock.so: tests/integration/programs/moved_clock.cpp $(OBJECTS)/flags
	@mkdir -p $(@D)
	$(call run,CXX $<,$(CXX) -std=c++20 $(WARNINGS) -fPIC -shared $(CXXFLAGS) -o $@ $<)

$(BUILD)/zitadel-%: $(OBJECTS)/cli/zitadel_%.o $(call objects_of,$(CLI_SOURCES)) $(BUILD)/libzitadel_auth.a
	$(call run,LINK $@,$(LINK) -o $@ $^ $(AUTH_LIBS))

$(BUILD)/zitadel-check: $(call objects_of,cli/zitadel_check.cpp $(CHECK_SOURCES) $(CLI_SOURCES) \
  $(ENDPOINT_SOURCES)) $(LIBRARIES)
	$(call run,LINK $@,$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS))

$(BUILD)/print_settings: $(call objects_of,cli/print_settings.cpp) $(BUILD)/libzitadel_auth.a
	$(call run,LINK $@,$(LINK) -o $@ $^ $(AUTH_LIBS))

.PHONY: settings
settings: $(BUILD)/print_settings  ## Write .env.example and the table of docs/settings.md
	$(BUILD)/print_settings

# Objects are linked directly: from an archive CppUnit's registrations would vanish.
$(BUILD)/unit_tests: $(call objects_of,$(ENDPOINT_SOURCES) $(FCGI_SOURCES) $(AUTH_SOURCES) $(CLI_SOURCES) \
  $(CHECK_SOURCES) $(UNIT_TEST_SOURCES))
	$(call run,LINK $@,$(LINK) -o $@ $^ -lcppunit $(FCGI_LIBS) $(AUTH_LIBS))

# What calls a fuzz target: a driver of ours, or libFuzzer.
FUZZ_ENGINE ?= $(OBJECTS)/tests/fuzz/replay.o
FUZZ_SUPPORT := $(addprefix tests/unit/support/, \
  fastcgi_peer.cpp fastcgi_records.cpp running_server.cpp sockets.cpp)

$(BUILD)/fuzz/%: $(OBJECTS)/tests/fuzz/%.o $(filter %.o,$(FUZZ_ENGINE)) \
  $(call objects_of,$(FUZZ_SUPPORT) $(FCGI_SOURCES)) $(BUILD)/libzitadel_auth.a
	@mkdir -p $(@D)
	$(call run,LINK $@,$(LINK) -o $@ $^ $(filter-out %.o,$(FUZZ_ENGINE)) -lcurl $(FCGI_LIBS) $(AUTH_LIBS))

.PHONY: replayers
replayers: $(FUZZ_TARGETS:%=$(BUILD)/fuzz/%)

# What `make bench` measures besides the program.
$(BUILD)/bench/floor: $(call objects_of,tests/bench/floor.cpp)
	@mkdir -p $(@D)
	$(call run,LINK $@,$(LINK) -o $@ $^ $(FCGI_LIBS))

$(BUILD)/bench/nothing: $(call objects_of,tests/bench/nothing.cpp)
	@mkdir -p $(@D)
	$(call run,LINK $@,$(LINK) -o $@ $^ $(FCGI_LIBS) $(shell pkg-config --libs libcrypto json-c))

$(BUILD)/bench/%: $(OBJECTS)/tests/bench/%.o $(BUILD)/libzitadel_auth.a
	@mkdir -p $(@D)
	$(call run,LINK $@,$(LINK) -o $@ $^ $(AUTH_LIBS))

$(OBJECTS)/%.o: %.cpp $(OBJECTS)/flags
	@mkdir -p $(@D)
	$(call run,CXX $<,$(COMPILE) -MMD -MP -c -o $@ $<)

$(TEST_OBJECTS)/tests/unit/%.o: tests/unit/%.cpp $(TEST_HEADERS).gch
	@mkdir -p $(@D)
	$(call run,CXX $<,$(COMPILE_TEST) -include $(TEST_HEADERS) -MMD -MP -c -o $@ $<)

$(TEST_HEADERS).gch: tests/unit/common_headers.h $(TEST_OBJECTS)/tests/unit/flags
	@mkdir -p $(@D)
	$(call run,CXX $<,$(COMPILE_TEST) -x c++-header -o $@ $<)

# Its assembler puts the page in (fcgi/monitor/status_html.cpp).
$(OBJECTS)/fcgi/monitor/status_html.o: fcgi/monitor/status.html

# Changes only when the command does: other options mean other objects.
$(OBJECTS)/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE)' | cmp -s - $@ || echo '$(COMPILE)' > $@

$(TEST_OBJECTS)/tests/unit/flags: FORCE
	@mkdir -p $(@D)
	@echo '$(COMPILE_TEST)' | cmp -s - $@ || echo '$(COMPILE_TEST)' > $@

.PHONY: FORCE
FORCE:

-include $(patsubst %.o,%.d,$(call objects_of,$(ALL_SOURCES)))

MAN_PAGES := $(patsubst docs/man/%.scd,$(BUILD)/man/%,$(wildcard docs/man/*.scd))

.PHONY: man
man: $(MAN_PAGES)  ## Write the man pages

$(BUILD)/man/%: docs/man/%.scd
	@mkdir -p $(@D)
	$(call run,MAN $@,scdoc < $< > $@)

.PHONY: portable
portable: $(BUILD)/portable/api.fcgi  ## Build the program for a host that has only libssl and libcurl

.PHONY: unit
unit: $(BUILD)/unit_tests  ## Build and run the unit tests
	$(BUILD)/unit_tests

.PHONY: deps
deps: FOR ?= build
deps:  ## Install what building needs, naming it first; FOR='demo check package bench fuzz': what these need
	@tests/deps.sh $(FOR)

.PHONY: build-deps
build-deps: deps  ## The same

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
	  TEST_OBJECTS='$(OBJECTS)' \
	  $(BUILD)/coverage/unit_tests $(BUILD)/coverage/tests/moved_clock.so $(BUILD)/coverage/tests/echo.fcgi \
	  $(BUILD)/coverage/api.fcgi $(COMMANDS:%=$(BUILD)/coverage/%)
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
bench:  ## Measure it against its floor, on this machine; BENCH_ONLY=api, guards, events, watched or redis
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
	@cppcheck --quiet --enable=warning,performance,portability --std=c++20 --library=posix -I. -Iinclude \
	  --inline-suppr --suppress=missingIncludeSystem --suppress=passedByValue \
	  --error-exitcode=1 $(LINTED)
	@touch $@

.PHONY: check-layers
check-layers:  ## Find includes that run against the layers, and failures that are no Result
	@tests/check_layers.sh

.PHONY: check-licences
check-licences:  ## Find source files that do not say their licence
	@tests/licences.sh

PREFIX ?= /usr/local
SYSCONFDIR ?= /etc
UNITDIR ?= $(PREFIX)/lib/systemd/system
STRIP ?= strip

INSTALLED := $(DESTDIR)$(PREFIX)
SHARED := $(INSTALLED)/share/zitadel-fcgi
COMPLETIONS := $(INSTALLED)/share/bash-completion/completions
DOCUMENTS := $(INSTALLED)/share/doc/zitadel-fcgi
SETTINGS := $(DESTDIR)$(SYSCONFDIR)/zitadel-fcgi

INSTALLED_PROGRAMS := $(INSTALLED)/lib/zitadel-fcgi/api.fcgi $(COMMANDS:%=$(INSTALLED)/bin/%)
INSTALLED_PAGES := $(foreach page,$(notdir $(MAN_PAGES)),$(INSTALLED)/share/man/man$(patsubst .%,%,$(suffix $(page)))/$(page))
SHARED_FILES := $(sort $(shell find apache lighttpd logrotate nginx systemd -type f))
DOCUMENT_FILES := $(sort $(wildcard *.md docs/*.md docs/*.json))
FIGURES := $(sort $(wildcard docs/*.png))

# Where Debian's systemd, web servers and logrotate look for what is in SHARED_FILES. The Debian package is
# made of these, too.
SYSTEM_FILES := \
  systemd/zitadel-fcgi.service:$(UNITDIR)/zitadel-fcgi.service \
  systemd/zitadel-fcgi.socket:$(UNITDIR)/zitadel-fcgi.socket \
  systemd/sysusers.conf:$(PREFIX)/lib/sysusers.d/zitadel-fcgi.conf \
  systemd/tmpfiles.conf:$(PREFIX)/lib/tmpfiles.d/zitadel-fcgi.conf
SITE_FILES := \
  apache/authnz_fcgi.conf:apache2/conf-available/zitadel-authorizer.conf \
  apache/cgi.conf:apache2/conf-available/zitadel-fcgi-cgi.conf \
  apache/fcgid_access_checker.conf:apache2/conf-available/zitadel-authorizer-fcgid.conf \
  apache/mod_fcgid.conf:apache2/conf-available/zitadel-fcgi.conf \
  apache/proxy_fcgi.conf:apache2/conf-available/zitadel-fcgi-socket.conf \
  lighttpd/authorizer.conf:lighttpd/conf-available/00-zitadel-authorizer.conf \
  lighttpd/fastcgi.conf:lighttpd/conf-available/50-zitadel-fcgi.conf \
  lighttpd/spawn-fcgi.conf:lighttpd/conf-available/50-zitadel-fcgi-socket.conf \
  logrotate/zitadel-fcgi.conf:logrotate.d/zitadel-fcgi \
  nginx/api.conf:nginx/snippets/zitadel-api.conf \
  nginx/auth_params.conf:nginx/snippets/zitadel-auth-params.conf \
  nginx/auth_request.conf:nginx/snippets/zitadel-auth-request.conf

# $(call each,LIST,COMMANDS): in the shell, for each FROM:TO; ends with the first failure.
each = for pair in $(1); do from=$${pair%%:*} to=$${pair\#*:}; $(2) || exit 1; done

.PHONY: install
install: $(BUILD)/api.fcgi $(COMMANDS:%=$(BUILD)/%) $(MAN_PAGES)  ## Install under PREFIX (/usr/local), settings under SYSCONFDIR (/etc)
	$(Q)$(foreach program,$(INSTALLED_PROGRAMS),install -D -m 755 $(BUILD)/$(notdir $(program)) $(program) && ) :
	$(Q)$(if $(STRIP),$(STRIP) $(INSTALLED_PROGRAMS))
	$(Q)$(foreach page,$(INSTALLED_PAGES),install -D -m 644 $(BUILD)/man/$(notdir $(page)) $(page) && ) :
	$(Q)$(foreach command,$(COMMANDS),install -D -m 644 cli/completion.bash $(COMPLETIONS)/$(command) && ) :
	$(Q)$(foreach file,$(SHARED_FILES),install -D -m 644 $(file) $(SHARED)/$(file) && ) :
	$(Q)$(foreach file,$(DOCUMENT_FILES) $(FIGURES),install -D -m 644 $(file) $(DOCUMENTS)/$(file) && ) :
	$(Q)sed -i 's|/usr/local/|$(PREFIX)/|g; s|/etc/zitadel-fcgi/|$(SYSCONFDIR)/zitadel-fcgi/|g' \
	  $(SHARED_FILES:%=$(SHARED)/%) $(DOCUMENT_FILES:%=$(DOCUMENTS)/%) $(INSTALLED_PAGES)
	$(Q)install -m 644 .env.example $(SHARED)/api.env.example
	$(Q)$(call each,$(SYSTEM_FILES),install -D -m 644 $(SHARED)/$$from $(DESTDIR)$$to)
	$(Q)$(call each,$(SITE_FILES),test -e $(DESTDIR)$(SYSCONFDIR)/$$to || \
	  install -D -m 644 $(SHARED)/$$from $(DESTDIR)$(SYSCONFDIR)/$$to)
	$(Q)test -e $(SETTINGS)/api.env || install -D -m 600 .env.example $(SETTINGS)/api.env
	@echo '  INSTALL $(INSTALLED), $(DESTDIR)$(SYSCONFDIR)'

# What has been changed in it since is a setting.
.PHONY: uninstall
uninstall:  ## Remove what install has put there; settings stay
	$(Q)$(call each,$(SITE_FILES),if cmp -s $(SHARED)/$$from $(DESTDIR)$(SYSCONFDIR)/$$to; then \
	  rm -f $(DESTDIR)$(SYSCONFDIR)/$$to; fi)
	$(Q)$(call each,$(SYSTEM_FILES),rm -f $(DESTDIR)$$to)
	$(Q)rm -rf $(INSTALLED)/lib/zitadel-fcgi $(SHARED) $(DOCUMENTS)
	$(Q)rm -f $(COMMANDS:%=$(INSTALLED)/bin/%) $(COMMANDS:%=$(COMPLETIONS)/%) $(INSTALLED_PAGES)

.PHONY: deb
deb:  ## Build Debian's packages into build/deb
	@tests/deps.sh build package
	@tests/deb.sh $(BUILD)/deb

.PHONY: dist
dist: $(BUILD)/portable/api.fcgi  ## Pack the portable program for shared hosts into build/dist, with its checksums
	@BUILD_DIR='$(BUILD)' VERSION='$(VERSION)' tests/dist.sh

.PHONY: check-packages
check-packages:  ## On a bare Debian, as root: install, use, upgrade, remove the packages
	@tests/packages.sh

# The libraries, for endpoints in a repository of one's own (docs/own-endpoints.md). Their version is the
# programs'. LIBDIR: where archives go (/usr/lib/TRIPLET on Debian).
LIBDIR ?= $(PREFIX)/lib
PUBLIC_HEADERS := $(sort $(wildcard include/*/*.h))
PC_FILES := zitadel-auth.pc zitadel-fcgi.pc
INSTALLED_INCLUDE = $(DESTDIR)$(PREFIX)/include/zitadel-fcgi
EXAMPLE_FILES := $(sort $(shell find examples -type f))
INSTALLED_EXAMPLES = $(DESTDIR)$(PREFIX)/share/doc/libzitadel-fcgi-dev

.PHONY: install-libraries
install: install-libraries
install-libraries: $(LIBRARIES)
	$(Q)install -d $(DESTDIR)$(LIBDIR)/pkgconfig $(INSTALLED_INCLUDE)/zitadel_auth $(INSTALLED_INCLUDE)/zitadel_fcgi
	$(Q)install -m 644 $(LIBRARIES) $(DESTDIR)$(LIBDIR)/
	$(Q)$(if $(STRIP),$(STRIP) --strip-debug $(LIBRARIES:$(BUILD)/%=$(DESTDIR)$(LIBDIR)/%))
	$(Q)$(foreach header,$(PUBLIC_HEADERS),install -m 644 $(header) $(INSTALLED_INCLUDE)/$(header:include/%=%) && ) :
	$(Q)install -m 644 auth/base/version.h $(INSTALLED_INCLUDE)/zitadel_auth/version.h
	$(Q)$(foreach file,$(PC_FILES),sed 's|@PREFIX@|$(PREFIX)|; s|@LIBDIR@|$(LIBDIR)|; s|@VERSION@|$(VERSION)|' \
	  include/$(file).in > $(DESTDIR)$(LIBDIR)/pkgconfig/$(file) && \
	  chmod 644 $(DESTDIR)$(LIBDIR)/pkgconfig/$(file) && ) :
	$(Q)$(foreach file,$(EXAMPLE_FILES),install -D -m 644 $(file) $(INSTALLED_EXAMPLES)/$(file) && ) :

.PHONY: doc
doc:  ## Write the reference of the public headers to build/doc/html
	@mkdir -p $(BUILD)/doc
	@VERSION='$(VERSION)' DOC_OUTPUT='$(BUILD)/doc' doxygen docs/Doxyfile

.PHONY: uninstall-libraries
uninstall: uninstall-libraries
uninstall-libraries:
	$(Q)rm -rf $(INSTALLED_INCLUDE) $(INSTALLED_EXAMPLES)
	$(Q)rm -f $(patsubst $(BUILD)/%,$(DESTDIR)$(LIBDIR)/%,$(LIBRARIES)) $(PC_FILES:%=$(DESTDIR)$(LIBDIR)/pkgconfig/%)

.PHONY: version
version:  ## Print the version
	@echo $(VERSION)

.PHONY: format
format:  ## Format the C++ sources
	clang-format -i $$(git ls-files '*.h' '*.cpp')

compile_commands.json: Makefile $(ALL_SOURCES)
	@{ echo '['; separator=; for source in $(ALL_SOURCES); do \
	  printf '%s{"directory":"%s","file":"%s","command":"%s -c %s"}' "$$separator" \
	    "$(CURDIR)" "$$source" '$(COMPILE)' "$$source"; separator=','; done; echo ']'; } > $@

.PHONY: clean
clean:  ## Remove everything that was built
	rm -rf build compile_commands.json

.PHONY: help
help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
