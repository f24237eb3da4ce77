# Build variants. SAN= picks one; each has its own output folder, so they live
# side by side: build/rel, build/asan, build/tsan, build/fuzz. BUILD= moves them all.
comma := ,
SAN   ?=

ifeq ($(SAN),)
VARIANT   := rel
else ifeq ($(SAN),address$(comma)undefined)
VARIANT   := asan
SAN_FLAGS := -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else ifeq ($(SAN),thread)
VARIANT   := tsan
SAN_FLAGS := -fsanitize=thread -fno-omit-frame-pointer
else ifeq ($(SAN),fuzz)
VARIANT   := fuzz
CC        := clang
SAN_FLAGS := -fsanitize=fuzzer-no-link,address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
else
$(error SAN=$(SAN) is not known; use address,undefined, thread or fuzz)
endif

BUILD ?= build
O     ?= $(BUILD)/$(VARIANT)
ifeq ($(O),build/rel)
BIN := bin
LIB := lib
else
BIN := $(O)/bin
LIB := $(O)/lib
endif

WARN := -Wall -Wextra -Wpedantic -Wshadow -Wvla -Wconversion \
	-Wsign-conversion -Wstrict-prototypes -Wmissing-prototypes \
	-Wmissing-declarations -Wpointer-arith -Wcast-align -Wcast-qual \
	-Wwrite-strings -Wundef -Wimplicit-fallthrough -Wformat=2 \
	-Wdouble-promotion
ifeq ($(VARIANT),fuzz)
# clang's opinion of code that is kept clean with gcc stops nothing.
WARN := -Wall
else ifneq ($(CI)$(WERROR),)
WARN += -Werror
endif

HARDEN := -fstack-protector-strong -fno-strict-aliasing -fPIC
ifeq ($(SAN),)
HARDEN += -D_FORTIFY_SOURCE=2
endif

# LEGACY=1 adds DES, Blowfish and MD5, which nobody should use. Everything is
# built again when it changes: $(O)/legacy holds what it was.
LEGACY_ON := $(if $(filter 1,$(LEGACY)),1,0)

VERSION := $(shell cat VERSION)

ALL_CFLAGS  = -std=gnu11 $(CFLAGS) $(WARN) $(HARDEN) $(SAN_FLAGS) \
	-D_GNU_SOURCE -DMISSIU_LEGACY=$(LEGACY_ON) -DMISSIU_VERSION='"$(VERSION)"' -Iinclude -Isrc -MMD -MP
ALL_LDFLAGS = $(LDFLAGS) $(SAN_FLAGS) -Wl,-z,relro,-z,now

# One short line a command; V=1 shows the commands.
Q   := $(if $(V),,@)
say  = $(if $(V),,@printf '  %-5s %s\n' $(1) $(2))
