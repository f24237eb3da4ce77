#!/bin/bash
# SPDX-License-Identifier: Apache-2.0
# check-pure.sh ARCHIVE...: the pure layers call nothing that touches the world
# and own no writable variable. Reads compiled code, so macros hide nothing.
set -u
bad=0

# Ways to sockets, files, clocks, the environment, randomness and the end.
WORLD='socket|connect|bind|send|sendto|sendmsg|recv|recvfrom|recvmsg|poll'
WORLD+='|epoll_.*|open|open64|openat|read|write|close|ioctl|mmap|fopen(64)?'
WORLD+='|fread|fwrite|fprintf|printf|puts|putchar|perror|vfprintf|__f?printf_chk'
WORLD+='|__vfprintf_chk|std(out|err|in)|time|clock|clock_gettime|gettimeofday'
WORLD+='|localtime(_r)?|getenv|secure_getenv|rand|random|srand|getrandom'
WORLD+='|arc4random.*|exit|_exit|fork|exec.*|system|popen|sleep|usleep'
WORLD+='|nanosleep|pthread_.*|getaddrinfo|gethostbyname|syslog|log_line'

for a in "$@"; do
	while read -r sym; do
		echo "$a: uses $sym"
		bad=1
	done < <(nm -u "$a" 2>/dev/null | awk '$1 == "U" { print $2 }' |
		sed 's/@.*//' | sort -u | grep -Ex "($WORLD)")
	# .data.rel.ro is constant after relocation; .data and .bss are not.
	while read -r sec; do
		echo "$a: has a mutable variable ($sec)"
		bad=1
	done < <(objdump -h "$a" 2>/dev/null | awk '
		/file format/ { obj = $1 }
		$2 ~ /^\.(data|bss|tdata|tbss)(\.|$)/ && $2 !~ /rel\.ro/ &&
			$3 !~ /^0+$/ { print obj, $2 }')
done
exit $bad
