# Benchmarks: bench/engine.c is a program, bench/run.sh builds networks.
.PHONY: bench bench-quick bench-engine bench-scale bench-plot bench-tools
UDPLOAD := $(O)/bench/udpload
RELAY := $(O)/bench/relay
bench-tools: $(UDPLOAD) $(RELAY)
	@:
bench bench-quick:
	@tools/deps.sh bench || tools/deps.sh test
	@$(MAKE) --no-print-directory all bench-tools
	@BIN=$(BIN) OUT=$(abspath $(BUILD))/bench UDPLOAD=$(abspath $(UDPLOAD)) RELAY=$(abspath $(RELAY)) \
		$(if $(filter %-quick,$@),QUICK=1) bench/run.sh $(BENCH_PATHS)

# Ten thousand policies and SAs in the real programs, and in the engine.
bench-scale: all
	@BIN=$(BIN) CSV=$(abspath $(BUILD))/bench/scale.csv bench/scale.sh
	@$(MAKE) --no-print-directory bench-engine

# The picture of the README, from the values of the last run.
bench-plot:
	@PYTHONDONTWRITEBYTECODE=1 bench/plot.py $(BUILD)/bench/run.csv doc/bench.svg

$(UDPLOAD) $(RELAY): %: %.o
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^
-include $(UDPLOAD).d $(RELAY).d

BENCH_ENGINE := $(O)/bench/engine
bench-engine: $(BENCH_ENGINE)
	@mkdir -p $(BUILD)/bench
	@$(BENCH_ENGINE) $(BUILD)/bench/engine.csv
	@PYTHONDONTWRITEBYTECODE=1 bench/engine_report.py $(BUILD)/bench/engine.csv

ENGINE_OBJS := $(patsubst %,$(O)/bench/%.o,engine engine_rig engine_libs)
$(BENCH_ENGINE): $(ENGINE_OBJS) $(call arch,$(L_lib))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_crypto)
$(O)/bench/engine_libs.o: ALL_CFLAGS += $(if $(HAVE_MB),-DHAVE_MB)
-include $(ENGINE_OBJS:.o=.d)

# Handshakes a second, beside strongSwan's.
.PHONY: bench-ike
IKE_LOAD := $(O)/bench/ike_load
bench-ike: $(IKE_LOAD)
	@tools/deps.sh test
	@$(MAKE) --no-print-directory all
	@BIN=$(BIN) IKE_LOAD=$(abspath $(IKE_LOAD)) bench/ike.sh

$(IKE_LOAD): $(O)/bench/ike_load.o $(call arch,$(L_ike))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_ike)
-include $(IKE_LOAD).d

# What a handshake and thousands of peer statements cost the core alone.
.PHONY: bench-ike-core
IKE_CORE := $(O)/bench/ike_core
bench-ike-core: $(IKE_CORE)
	@$(IKE_CORE) 100 100 1000 10000

$(IKE_CORE): $(O)/bench/ike_core.o $(call arch,$(L_ike))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_ike)
-include $(IKE_CORE).d

# What make check builds, so that no change of an interface is missed here.
.PHONY: bench-bins
bench-bins: $(BENCH_ENGINE) $(UDPLOAD) $(RELAY) $(IKE_LOAD) $(IKE_CORE)
