# Fuzz targets: fuzz/<name>.c with LLVMFuzzerTestOneInput, fuzz/corpus/<name>/.
#   make SAN=fuzz fuzz-bins     libFuzzer programs, built with clang
#   make fuzz-replay            the same targets behind a plain main()
#   make fuzz RUNS=-1           fuzz without end; stop with Ctrl-C
FUZZ_SRCS  := $(filter-out fuzz/replay_main.c,$(wildcard fuzz/*.c))
FUZZ_NAMES := $(patsubst fuzz/%.c,%,$(FUZZ_SRCS))
FUZZ_ARCHS := $(call arch,missiu ike loadconfig ipseckey policy ctl ipsec crypto common)
LIBS_fuzz  := $(LIBS_missiu)

FUZZ_BINS   := $(patsubst %,$(O)/fuzz/%,$(FUZZ_NAMES))
REPLAY_BINS := $(patsubst %,$(O)/fuzz/%-replay,$(FUZZ_NAMES))

.PHONY: fuzz fuzz-bins fuzz-replay fuzz-smoke
fuzz-bins: $(FUZZ_BINS)
fuzz-replay: $(REPLAY_BINS)

$(FUZZ_BINS): $(O)/fuzz/%: $(O)/fuzz/%.o $(FUZZ_ARCHS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LIBS_fuzz)

$(REPLAY_BINS): $(O)/fuzz/%-replay: $(O)/fuzz/%.o $(O)/fuzz/replay_main.o \
		$(FUZZ_ARCHS)
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_fuzz)

fuzz-smoke:
	@tests/run build fuzz

RUNS ?= 1000000
fuzz:
	$(MAKE) SAN=fuzz fuzz-bins
	@set -e; for n in $(FUZZ_NAMES); do \
		mkdir -p $(BUILD)/fuzz/corpus/$$n; \
		echo "== $$n"; \
		$(BUILD)/fuzz/fuzz/$$n -runs=$(RUNS) -max_len=4096 -timeout=5 \
			-artifact_prefix=$(BUILD)/fuzz/$$n- \
			$(BUILD)/fuzz/corpus/$$n fuzz/corpus/$$n; \
	done

-include $(patsubst %.c,$(O)/%.d,$(FUZZ_SRCS)) $(O)/fuzz/replay_main.d
