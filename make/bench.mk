# Benchmarks: bench/engine.c is a program, bench/run.sh builds networks.
.PHONY: bench bench-quick bench-engine bench-plot bench-tools
UDPLOAD := $(O)/bench/udpload
bench-tools: $(UDPLOAD)
	@:
bench bench-quick:
	@tools/deps.sh bench || tools/deps.sh test
	@$(MAKE) --no-print-directory all bench-tools
	@BIN=$(BIN) OUT=$(abspath $(BUILD))/bench UDPLOAD=$(abspath $(UDPLOAD)) \
		$(if $(filter %-quick,$@),QUICK=1) bench/run.sh $(BENCH_PATHS)

# The picture of the README, from the values of the last run.
bench-plot:
	@PYTHONDONTWRITEBYTECODE=1 bench/plot.py $(BUILD)/bench/run.csv doc/bench.svg

$(UDPLOAD): $(O)/bench/udpload.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^
-include $(UDPLOAD).d

BENCH_ENGINE := $(O)/bench/engine
bench-engine: $(BENCH_ENGINE)
	@mkdir -p $(BUILD)/bench
	@$(BENCH_ENGINE) $(BUILD)/bench/engine.csv

$(BENCH_ENGINE): $(O)/bench/engine.o $(call arch,$(L_lib))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_crypto)
$(O)/bench/engine.o: ALL_CFLAGS += $(if $(HAVE_MB),-DHAVE_MB)
-include $(BENCH_ENGINE).d
