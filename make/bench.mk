# Benchmarks: bench/engine.c is a program, bench/run.sh builds networks.
.PHONY: bench bench-quick bench-engine
bench bench-quick:
	@tools/deps.sh test
	@$(MAKE) --no-print-directory all
	@BIN=$(BIN) $(if $(filter %-quick,$@),QUICK=1 ROUNDS=1 SECS=2 PINGS=200) \
		bench/run.sh

BENCH_ENGINE := $(O)/bench/engine
bench-engine: $(BENCH_ENGINE)
	@mkdir -p $(BUILD)/bench
	@$(BENCH_ENGINE) $(BUILD)/bench/engine.csv

$(BENCH_ENGINE): $(O)/bench/engine.o $(call arch,$(L_lib))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_crypto)
$(O)/bench/engine.o: ALL_CFLAGS += $(if $(HAVE_MB),-DHAVE_MB)
-include $(BENCH_ENGINE).d
