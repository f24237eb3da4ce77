# The front door.  make: all programs and the library;  make demo;  make check
.DEFAULT_GOAL := all
include make/Makefile.linux.ipsec
include make/tests.mk
