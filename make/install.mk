# make install puts programs, library, headers and manual pages in place.
PREFIX  ?= /usr/local
DESTDIR ?=
SBINDIR ?= $(PREFIX)/sbin
LIBDIR  ?= $(PREFIX)/lib
INCDIR  ?= $(PREFIX)/include
MANDIR  ?= $(PREFIX)/share/man

MAN_PAGES := $(wildcard man/*.[1-8])
HEADERS   := $(wildcard include/missiu/*.h)
man_dest   = $(DESTDIR)$(MANDIR)/man$(subst .,,$(suffix $(1)))/$(notdir $(1))

.PHONY: install uninstall
install: all
	install -d $(DESTDIR)$(SBINDIR) $(DESTDIR)$(LIBDIR)/pkgconfig \
		$(DESTDIR)$(INCDIR)/missiu
	install -m 755 $(patsubst %,$(BIN)/%,$(PROGRAMS)) $(DESTDIR)$(SBINDIR)
	install -m 644 $(LIB)/libmissiu.a $(DESTDIR)$(LIBDIR)
	install -m 755 $(LIB)/libmissiu.so.0 $(DESTDIR)$(LIBDIR)
	ln -sf libmissiu.so.0 $(DESTDIR)$(LIBDIR)/libmissiu.so
	install -m 644 $(LIB)/pkgconfig/missiu.pc $(DESTDIR)$(LIBDIR)/pkgconfig
	ln -sf missiu.pc $(DESTDIR)$(LIBDIR)/pkgconfig/libmissiu.pc
	install -m 644 $(HEADERS) $(DESTDIR)$(INCDIR)/missiu
	$(foreach m,$(MAN_PAGES),install -D -m 644 $(m) $(call man_dest,$(m)) &&) :

uninstall:
	rm -f $(patsubst %,$(DESTDIR)$(SBINDIR)/%,$(PROGRAMS)) \
		$(DESTDIR)$(LIBDIR)/libmissiu.a $(DESTDIR)$(LIBDIR)/libmissiu.so \
		$(DESTDIR)$(LIBDIR)/libmissiu.so.0 \
		$(DESTDIR)$(LIBDIR)/pkgconfig/missiu.pc \
		$(DESTDIR)$(LIBDIR)/pkgconfig/libmissiu.pc \
		$(foreach m,$(MAN_PAGES),$(call man_dest,$(m)))
	rm -rf $(DESTDIR)$(INCDIR)/missiu
