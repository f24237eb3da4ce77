# Unit tests: tests/unit/<layer>_<what>_test.c, one program each, cmocka.
# They link only with what their layer may use.
UNIT_SRCS := $(wildcard tests/unit/*_test.c)
UNIT_BINS := $(patsubst %.c,$(O)/%,$(UNIT_SRCS))

U_common := common
U_crypto := crypto common
U_ipsec  := ipsec crypto common
U_policy := policy ipsec crypto common
U_ctl    := ctl policy ipsec crypto common
U_ike    := ike ctl policy ipsec crypto common
U_missiu := missiu ctl policy ipsec crypto common
U_loadconfig := loadconfig policy ctl crypto common
U_ipseckey := ipseckey loadconfig policy ctl crypto common
LIBS_unit := -lcmocka $(LIBS_missiu)

layer_of = $(firstword $(subst _, ,$(notdir $(1))))

define unit_rule
$(1): $(O)/tests/unit/$(notdir $(1)).o $(call arch,$(U_$(call layer_of,$(1))))
	@mkdir -p $$(@D)
	$$(call say,LINK,$$@)
	$$(Q)$$(CC) $$(ALL_LDFLAGS) -o $$@ $$^ $$(LIBS_unit)
endef
$(foreach t,$(UNIT_BINS),$(eval $(call unit_rule,$(t))))

# make unit-ipsec runs one layer's unit tests.
.PHONY: unit unit-bins $(patsubst %,unit-%,$(LAYERS))
unit-bins: $(UNIT_BINS)
unit: $(UNIT_BINS)
	@set -e; for t in $^; do $$t; done
define unit_layer
unit-$(1): $(filter $(O)/tests/unit/$(1)_%,$(UNIT_BINS))
	@set -e; for t in $$^; do $$$$t; done
endef
$(foreach l,$(LAYERS),$(eval $(call unit_layer,$(l))))

-include $(patsubst %.c,$(O)/%.d,$(UNIT_SRCS))

# The library behind standard input, for tests against other implementations.
ESP_TOOL := $(O)/tests/interop/esp_tool
# The kernel that libreswan talks to, as a library; never with sanitizers,
# which libreswan is built without.
XFRM_SHIM := $(O)/tests/interop/xfrm_shim.so
.PHONY: test-tools
test-tools: $(ESP_TOOL) $(XFRM_SHIM)
$(XFRM_SHIM): tests/interop/xfrm_shim.c
	$(call say,LINK,$@)
	$(Q)mkdir -p $(@D)
	$(Q)$(CC) -std=gnu11 -O1 -g -Wall -Wextra \
		$(filter -Werror,$(WARN)) -fPIC -shared -o $@ $<
$(ESP_TOOL): $(O)/tests/interop/esp_tool.o $(call arch,$(L_lib))
	$(call say,LINK,$@)
	$(Q)$(CC) $(ALL_LDFLAGS) -o $@ $^ $(LIBS_crypto)
-include $(ESP_TOOL).d
