#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check-pure.sh ARCHIVE...: the pure layers call nothing that touches the world
# and own no writable variable. Reads compiled code, so macros hide nothing.
set -u
bad=0
EXCEPT=compat.o

# Ways to sockets, files, clocks, the environment, randomness and the end.
WORLD='socket|connect|bind|send|sendto|sendmsg|recv|recvfrom|recvmsg|poll'
WORLD+='|epoll_.*|open|open64|openat|read|write|close|ioctl|mmap|fopen(64)?'
WORLD+='|fread|fwrite|fprintf|printf|puts|putchar|perror|vfprintf|__f?printf_chk'
WORLD+='|__vfprintf_chk|std(out|err|in)|time|clock|clock_gettime|gettimeofday'
WORLD+='|localtime(_r)?|getenv|secure_getenv|rand|random|srand|getrandom'
WORLD+='|arc4random.*|exit|_exit|fork|exec.*|system|popen|sleep|usleep'
WORLD+='|nanosleep|pthread_.*|getaddrinfo|gethostbyname|syslog|log_line'

for a in "$@"; do
	while read -r obj sym; do
		echo "$a: $obj uses $sym"
		bad=1
	done < <(nm -u "$a" 2>/dev/null | awk -v except=$EXCEPT '
		/:$/ { obj = substr($1, 1, length($1) - 1) }
		$1 == "U" && obj != except {
			sub(/@.*/, "", $2)
			print obj, $2
		}' | sort -u | grep -E " ($WORLD)\$")
	# .data.rel.ro is constant after relocation; .data and .bss are not.
	while read -r sec; do
		echo "$a: has a mutable variable ($sec)"
		bad=1
	done < <(objdump -h "$a" 2>/dev/null | awk -v except=$EXCEPT '
		/file format/ { obj = substr($1, 1, length($1) - 1) }
		obj != except && $2 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $2 !~ /rel\.ro/ &&
			$3 !~ /^0+$/ { print obj, $2 }')
done
exit $bad
