# zitadel-fcgi: guards an API, or anything a web server serves, with ZITADEL access tokens.
# `make help` lists the targets. Variables a user may set: CXX, CXXFLAGS, LDFLAGS, PREFIX, DESTDIR,
# BUILD (where everything lands), SANITIZE (address,undefined or thread), DEBUG=1.

CXX ?= g++
comma := ,
VARIANT := $(if $(SANITIZE),$(subst $(comma),-,$(SANITIZE)),$(if $(DEBUG),debug,release))
BUILD ?= build$(if $(filter-out release,$(VARIANT)),/$(VARIANT))
OBJECTS := $(BUILD)/objects

CXXFLAGS ?= $(if $(filter release,$(VARIANT)),-O2 -g,-O1 -g)
WARNINGS := -Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror
HARDENING := $(if $(SANITIZE),-fsanitize=$(SANITIZE) -fno-sanitize-recover=all -fno-omit-frame-pointer,\
  $(if $(DEBUG),,-D_FORTIFY_SOURCE=2) -fstack-protector-strong)
PACKAGES := libcurl libcrypto json-c
PACKAGE_FLAGS = $(shell pkg-config --cflags $(PACKAGES))
COMPILE = $(CXX) -std=c++20 -I. $(WARNINGS) $(HARDENING) -fPIE -pthread $(PACKAGE_FLAGS) $(CXXFLAGS)
LINK = $(CXX) -pthread $(HARDENING) -pie -Wl,-z,relro,-z,now $(LDFLAGS)

AUTH_SOURCES := \
  auth/bearer_token.cpp \
  auth/claims.cpp \
  auth/json.cpp \
  auth/log.cpp \
  auth/requirement.cpp \
  auth/result.cpp \
  auth/zitadel/url.cpp

FCGI_SOURCES := \
  fcgi/challenge.cpp \
  fcgi/endpoints/private.cpp \
  fcgi/endpoints/private_scoped.cpp \
  fcgi/endpoints/public.cpp \
  fcgi/request.cpp \
  fcgi/response.cpp \
  fcgi/router.cpp

CLI_SOURCES :=

UNIT_TEST_SOURCES :=

AUTH_LIBS = $(shell pkg-config --libs $(PACKAGES))
FCGI_LIBS = -lfcgi

objects_of = $(patsubst %.cpp,$(OBJECTS)/%.o,$(1))
ALL_SOURCES = $(AUTH_SOURCES) $(FCGI_SOURCES) fcgi/main.cpp $(CLI_SOURCES) $(UNIT_TEST_SOURCES)

.PHONY: all
all: $(BUILD)/api.fcgi $(BUILD)/zitadel-token $(BUILD)/libzitadel_auth.a compile_commands.json  ## Build the programs and the library

$(BUILD)/libzitadel_auth.a: $(call objects_of,$(AUTH_SOURCES))
	@rm -f $@
	$(AR) rcs $@ $^

$(BUILD)/api.fcgi: $(call objects_of,fcgi/main.cpp $(FCGI_SOURCES)) $(BUILD)/libzitadel_auth.a
	$(LINK) -o $@ $^ $(FCGI_LIBS) $(AUTH_LIBS)

$(BUILD)/zitadel-token: $(call objects_of,$(CLI_SOURCES)) $(BUILD)/libzitadel_auth.a
	$(LINK) -o $@ $^ $(AUTH_LIBS)

# Objects are linked directly: from an archive CppUnit's registrations would vanish.
$(BUILD)/unit_tests: $(call objects_of,$(UNIT_TEST_SOURCES) $(FCGI_SOURCES) $(AUTH_SOURCES))
	$(LINK) -o $@ $^ -lcppunit $(FCGI_LIBS) $(AUTH_LIBS)

$(OBJECTS)/%.o: %.cpp Makefile
	@mkdir -p $(@D)
	$(COMPILE) -MMD -MP -c -o $@ $<

-include $(patsubst %.o,%.d,$(call objects_of,$(ALL_SOURCES)))

.PHONY: unit
unit: $(BUILD)/unit_tests  ## Build and run the unit tests
	$(BUILD)/unit_tests

.PHONY: deps
deps:  ## Install what building, the demo and the tests need, naming it first
	@tests/deps.sh

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
