/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Feeds files to a fuzz target without libFuzzer: each whole, then each of its
 * prefixes, always from an exact-size block so that sanitizers see one byte
 * over. Arguments: files and directories.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

/* Prefixes of longer files are tried up to here: the work is quadratic. */
#define PREFIX_MAX 2048u

static size_t n_files, n_inputs;

static void feed(const uint8_t *data, size_t len)
{
	uint8_t *p = malloc(len ? len : 1);

	if (!p) {
		perror("malloc");
		exit(1);
	}
	if (len)
		memcpy(p, data, len);
	(void)LLVMFuzzerTestOneInput(p, len);
	free(p);
	n_inputs++;
}

static void replay_file(const char *path, size_t size)
{
	FILE *f = fopen(path, "rb");
	uint8_t *data = malloc(size + 1);
	size_t len, i;

	if (!f || !data) {
		perror(path);
		exit(1);
	}
	len = fread(data, 1, size, f);
	fclose(f);
	if (len != size) {
		fprintf(stderr, "%s: cannot be read whole\n", path);
		exit(1);
	}
	for (i = 0; i < len && i < PREFIX_MAX; i++)
		feed(data, i);
	feed(data, len);
	free(data);
	n_files++;
}

static void replay_dir(const char *path);

static void replay(const char *path)
{
	struct stat st;

	if (stat(path, &st)) {
		perror(path);
		exit(1);
	}
	if (S_ISDIR(st.st_mode))
		replay_dir(path);
	else
		replay_file(path, (size_t)st.st_size);
}

static void replay_dir(const char *path)
{
	struct dirent **v = NULL;
	char name[4096];
	int i, n = scandir(path, &v, NULL, alphasort);

	if (n < 0) {
		perror(path);
		exit(1);
	}
	for (i = 0; i < n; i++) {
		if (v[i]->d_name[0] != '.') {
			snprintf(name, sizeof(name), "%s/%s", path,
				 v[i]->d_name);
			replay(name);
		}
		free(v[i]);
	}
	free(v);
}

int main(int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		replay(argv[i]);
	if (!n_files) {
		fprintf(stderr, "no files to replay\n");
		return 1;
	}
	printf("%zu files, %zu inputs replayed\n", n_files, n_inputs);
	return 0;
}
