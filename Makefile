# The front door.
#	make		all programs and the library
#	make demo	two hosts, the five steps, real packets; under a minute
#	make check	every test; closes with "N passed, N failed"
#	make deps	apt-get install what building (TEST=1: testing, BENCH=1:
#			make bench) needs
#	make bench	our tunnels, other ones and bare wires, in turn; 15 minutes
#	make bench-quick, make bench-engine: a minute; the engine without I/O
#	make bench-ike	handshakes with many peers, beside strongSwan's
#	make bench-plot	doc/bench.svg from the values of the last make bench
#	make install	PREFIX=/usr/local DESTDIR=
.DEFAULT_GOAL := all
include make/Makefile.linux.ipsec
include make/tests.mk
include make/fuzz.mk
include make/install.mk
include make/bench.mk

.PHONY: demo check deps lint format
deps:
	@tools/deps.sh $(if $(BENCH),bench,$(if $(TEST),test))

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
