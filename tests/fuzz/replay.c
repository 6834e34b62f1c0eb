/*
 * Runs a fuzz target over every file of a corpus folder, without libFuzzer, and prints TAP.  An empty or
 * missing corpus is a failure: a replay of nothing would prove nothing.
 */
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

int
main(int argc, char **argv)
{
	struct dirent *entry;
	unsigned n = 0;
	DIR *dir;

	if (argc != 2 || (dir = opendir(argv[1])) == NULL) {
		printf("not ok 1 - no corpus\n");
		return 1;
	}
	while ((entry = readdir(dir)) != NULL) {
		char path[4096];
		uint8_t *data = NULL;
		size_t len;

		if (entry->d_name[0] == '.')
			continue;
		if (el_path_join(path, sizeof path, argv[1], entry->d_name) != EL_OK ||
		    el_file_read(path, 1 << 20, &data, &len) != EL_OK) {
			printf("not ok %u - cannot read %s\n", ++n, entry->d_name);
			closedir(dir);
			return 1;
		}
		LLVMFuzzerTestOneInput(data, len);
		free(data);
		n++;
	}
	closedir(dir);
	printf("%s 1 - replays %u inputs\n", n > 0 ? "ok" : "not ok", n);
	return n > 0 ? 0 : 1;
}
