# The front door.
#	make		all programs and the library
#	make demo	two hosts, the five steps, real packets; under a minute
#	make check	every test; closes with "N passed, N failed"
#	make deps	apt-get install what building (or TEST=1: testing) needs
#	make bench	our tunnels, strongSwan's and bare wires, in turn; 15 minutes
#	make bench-quick, make bench-engine: a minute; the engine without I/O
#	make install	PREFIX=/usr/local DESTDIR=
.DEFAULT_GOAL := all
include make/Makefile.linux.ipsec
include make/tests.mk
include make/fuzz.mk
include make/install.mk
include make/bench.mk

.PHONY: demo check deps lint format
deps:
	@tools/deps.sh $(if $(TEST),test)

demo:
	@tools/deps.sh
	@$(MAKE) --no-print-directory all
	@BIN=$(BIN) tools/demo.sh

check:
	@tools/deps.sh test
	+@tests/run

check-%:
	+@tests/run build $*

lint:
	@tools/lint.sh

C_FILES = $(shell git ls-files '*.c' '*.h')
format:
	clang-format -i $(C_FILES)


# What a script asks: make -s show-BIN
show-%:
	@echo $($*)
